// The paper's pipeline at the smallest size: a network learns from pictures, becomes a video network with STS convolutions, and
// learns from clips what no picture shows. Pictures and clips are drawn here; a folder of files is `datasets` of tfjs-sts/node.
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {inflate, inflationPlans, weightsOf} from 'tfjs-sts';
import {createNetwork} from 'tfjs-sts/networks';
import {evaluate, generated, recipes, train} from 'tfjs-sts/train';
import {loadModel, saveModel} from 'tfjs-sts/zoo';
import 'tfjs-sts/wasm';

const [frames, side] = [4, 32];
// Two stages are enough for this task; any network of `listNetworks` is trained in the same way.
const stages = {stages: [1, 1], path: {channels: 8, stemTaps: 1, taps: [3, 3]}};
const normalization = {mean: 64, std: 64};
const SHAPES = {
  disc: (x, y) => x * x + y * y < 36,
  cross: (x, y) => Math.abs(Math.abs(x) - Math.abs(y)) < 2.5 && Math.abs(x) < 7,
};

/** A shape on a grey ground that moves `speed` pixels a frame: `count` frames of bytes. `random` decides place and colour. */
function draw(shape, count, speed, random) {
  const data = new Uint8Array(count * side * side * 3).fill(random.uniform() * 60);
  const [left, top] = [side / 2 + random.uniform() * 6 - 3, side / 2 + random.uniform() * 6 - 3];
  const colour = [0, 1, 2].map(() => 120 + random.uniform() * 135);
  for (let t = 0; t < count; t++) {
    const centre = left + speed * (t - (count - 1) / 2);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        if (SHAPES[shape](x - centre, y - top)) data.set(colour, ((t * side + y) * side + x) * 3);
  }
  return {data, frames: count, height: side, width: side};
}

/** As many samples of each class; `classOf` says what a class looks like. */
const drawn = (classes, count, classOf, options) =>
  generated({
    classes,
    labels: Array.from({length: count}, (_, i) => i % classes.length),
    make: (index, random) => draw(...classOf(classes[index % classes.length], random), random),
    ...normalization,
    ...options,
  });

await tf.setBackend('wasm');
const folder = process.argv[2] ?? (await mkdtemp(join(tmpdir(), 'tfjs-sts-train-')));

// 1. Pictures. The network in its image form sees one frame; RandAugment, mixup and CutMix come with the recipe.
const names = Object.keys(SHAPES);
const pictures = drawn(names, 48, (shape) => [shape, 1, 0], {pictures: true});
const image = createNetwork('slowonly_tiny', {
  ...stages,
  frames: 1,
  height: side,
  width: side,
  classes: 2,
  seed: 1,
});
const pretraining = recipes.imagePretraining('slowonly', {
  batchSize: 16,
  epochs: 8,
  repeats: 1,
  learningRate: 0.02,
  schedule: {name: 'cosine', warmup: {epochs: 1}},
});
await train(image, pictures, {recipe: pretraining, directory: join(folder, 'pictures')});
const unseenPictures = drawn(names, 16, (shape) => [shape, 1, 0], {pictures: true, training: false});
console.log(`pictures: top-1 ${(await evaluate(image, unseenPictures)).top1.toFixed(2)}`);

// 2. The video network begins with what the image network learnt, frame by frame; the slices for motion begin with zeros.
const labels = ['to the left', 'to the right'];
const size = {...stages, frames, height: side, width: side, classes: labels.length};
const video = createNetwork('slowonly_tiny_sts', {...size, seed: 2});
const {inflated} = inflate(inflationPlans.middleSlices(weightsOf(image)), video, {
  rule: 'sts',
  plan: inflationPlans.imageModePlan(),
});
console.log(`inflated: ${inflated.length} kernels`);

// 3. Clips, with the recipe for data in which left and right are told apart: nothing is flipped.
const classOf = (label, random) => [
  names[Math.floor(random.uniform() * 2)],
  frames,
  label.endsWith('left') ? -3 : 3,
];
const clips = drawn(labels, 64, classOf);
const unseen = drawn(labels, 16, classOf, {training: false});
const finetuning = recipes.finetuneSomething('slowonly', {
  batchSize: 16,
  epochs: 8,
  learningRate: 0.2,
  schedule: {name: 'cosine', warmup: {epochs: 1}},
  augmentation: {area: [0.7, 1], flip: 0},
});
const directory = join(folder, 'clips');

// Whatever ends a run, the same call goes on with it: here after 10 updates, as Ctrl-C would.
const stop = new AbortController();
let updates = 0;
const options = {recipe: finetuning, validation: unseen, directory, resume: true};
const first = train(video, clips, {
  ...options,
  signal: stop.signal,
  onProgress: () => ++updates === 10 && stop.abort(),
});
await first.catch(({name}) => console.log(`${name} after ${updates} updates`));
const run = await train(video, clips, options);
console.log(`clips: ${run.updates} updates, top-1 ${run.epochs.at(-1).validation.top1.toFixed(2)}`);
const log = (await readFile(join(directory, 'log.jsonl'), 'utf8')).trimEnd().split('\n');
console.log(`log: ${log.map(JSON.parse).filter(({kind}) => kind === 'update').length} updates`);

// 4. A file for loadModel, predict, eval and export.
const file = join(folder, 'moving_shapes.safetensors');
await saveModel(video, file, {frames, size: side, ...normalization, labels});
const {model, info} = await loadModel(file);
console.log(
  `${info.labels.length} classes: ${info.labels.join(', ')}; top-1 ${(await evaluate(model, unseen)).top1.toFixed(2)}`,
);
if (process.argv[2] === undefined) await rm(folder, {recursive: true});
