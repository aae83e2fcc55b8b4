/**
 * `npm run bench:storage`: what storing kernels in half precision or in bytes does to the answers of two networks, on
 * inputs that are all different: EfficientNet-Lite0 with its weights for ImageNet on photographs, and X3D-S with STS on
 * views of clips, with the weights of the golden vectors, which are random. No accuracy is measured: what is counted is
 * how often the first answer is that of the float32 weights.
 *
 * Usage: node benchmarks/storage.mjs --weights FILE.safetensors --photographs FOLDER --clips FOLDER
 */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-wasm';
import * as sts from 'tfjs-sts';
import {
  Checkpoint,
  entryOf,
  expanded,
  names,
  read,
  STORAGE_TYPES,
  safetensors,
  storedAs,
} from 'tfjs-sts/checkpoints';
import {createNetwork} from 'tfjs-sts/networks';
import {ffmpegSource} from 'tfjs-sts/node';
import {readClip, readViews, TEST_VIEWS} from 'tfjs-sts/video';
import 'tfjs-sts/wasm';
import {runnerImport} from 'vite';

const VIDEO_NETWORK = 'x3d_s_sts';

const {values: options} = parseArgs({
  options: {weights: {type: 'string'}, photographs: {type: 'string'}, clips: {type: 'string'}},
});
for (const name of ['weights', 'photographs', 'clips']) {
  if (options[name] === undefined)
    throw new Error(`--${name} is needed; benchmarks/README.md says where it is from`);
}

const filesIn = (folder) =>
  readdirSync(folder)
    .filter((name) => /\.(png|jpg|webp|mkv|mp4)$/.test(name))
    .sort()
    .map((name) => join(folder, name));

/** The inputs that `make` makes of a file, which is closed behind the last. */
async function* inputsOf(path, size, make) {
  const source = await ffmpegSource(path, {size});
  try {
    yield* make(source);
  } finally {
    await source.close();
  }
}

/** The central 224/256 square of a photograph, and the two square ends of its longer side. */
async function* photographs() {
  const normalization = {frames: 1, mean: 127, std: 128};
  for (const path of filesIn(options.photographs)) {
    for (const [size, positions] of [
      [256, ['center']],
      [224, ['start', 'end']],
    ]) {
      yield* inputsOf(path, size, async function* (source) {
        for (const cropPosition of positions)
          yield await readClip(source, {...normalization, size, crop: 224, cropPosition});
      });
    }
  }
}

/** Ten clips of 13 frames, 2 apart, and three crops of each. */
async function* clips() {
  const input = {frames: 13, interval: 2, size: 160, crop: 160};
  const normalization = {mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375]};
  for (const path of filesIn(options.clips)) {
    yield* inputsOf(path, 160, (source) =>
      readViews(source, {...TEST_VIEWS.kinetics400, ...input, ...normalization}),
    );
  }
}

/** The weights that the golden vectors were made with, by the rule that the tests have. */
async function goldenWeights(network) {
  const {module} = await runnerImport('./test/support/fill.ts');
  const model = createNetwork(network, {weightless: true});
  const map = names.mmaction2.x3d();
  const entries = model.weights.map(({originalName, shape}) => {
    const {name, axes} = map.toTorch(originalName);
    const values = module.fill(
      name,
      axes.map((axis) => shape[axis]),
      map.fromTorch(name).axes,
    );
    return [originalName, entryOf(values, shape)];
  });
  model.dispose();
  return new Checkpoint(entries);
}

/** The model with weights that went through a file of a type, and the size of that file. */
function modelOf(network, overrides, checkpoint, type) {
  const stored = storedAs(checkpoint, type);
  const file = safetensors.write(stored, stored.metadata);
  const model = createNetwork(network, {...overrides, weightless: true});
  sts.inflate(expanded(read(file)), model, {rule: 'center'});
  return {type, model, bytes: file.length};
}

const ranked = (values) => [...values.keys()].sort((a, b) => values[b] - values[a]);
const largestDifference = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

/** Logits and probabilities of one input. */
function ask(model, input) {
  return tf.tidy(() => {
    const logits = tf.reshape(model.predict(input), [-1]);
    return {logits: logits.dataSync(), probabilities: tf.softmax(logits).dataSync()};
  });
}

/** How much a class's logit varies over the inputs: the standard deviation, in the mean over the classes. */
class Spread {
  count = 0;
  sums = [];
  squares = [];

  add(logits) {
    this.count++;
    logits.forEach((value, i) => {
      this.sums[i] = (this.sums[i] ?? 0) + value;
      this.squares[i] = (this.squares[i] ?? 0) + value * value;
    });
  }

  deviation() {
    const deviations = this.sums.map((sum, i) =>
      Math.sqrt(Math.max(this.squares[i] / this.count - (sum / this.count) ** 2, 0)),
    );
    return deviations.reduce((sum, value) => sum + value, 0) / deviations.length;
  }
}

async function compare(title, network, overrides, checkpoint, inputs) {
  const [exact, ...others] = STORAGE_TYPES.map((type) => modelOf(network, overrides, checkpoint, type));
  const tallies = others.map(({type, bytes}) => ({type, bytes, first: 0, five: 0, logit: 0, probability: 0}));
  const answers = new Set();
  const spread = new Spread();
  let count = 0;
  for await (const input of inputs) {
    const expected = ask(exact.model, input);
    const order = ranked(expected.logits);
    answers.add(order[0]);
    spread.add(expected.logits);
    others.forEach(({model}, i) => {
      const found = ask(model, input);
      const foundOrder = ranked(found.logits);
      const tally = tallies[i];
      tally.first += foundOrder[0] === order[0] ? 1 : 0;
      tally.five += foundOrder.slice(0, 5).every((label) => order.slice(0, 5).includes(label)) ? 1 : 0;
      tally.logit = Math.max(tally.logit, largestDifference(found.logits, expected.logits));
      tally.probability = Math.max(
        tally.probability,
        largestDifference(found.probabilities, expected.probabilities),
      );
    });
    input.dispose();
    count++;
  }
  console.log(
    `${title}: ${count} inputs, ${answers.size} different first answers, a logit varies by ` +
      `${spread.deviation().toFixed(4)} from input to input; float32 ${exact.bytes} bytes`,
  );
  for (const {type, bytes, first, five, logit, probability} of tallies) {
    console.log(
      `  ${type}: ${bytes} bytes, first answer the same ${first}, first five the same set ${five}, ` +
        `largest change of a logit ${logit.toFixed(4)}, of a probability ${probability.toFixed(4)}`,
    );
  }
  for (const {model} of [exact, ...others]) model.dispose();
}

await tf.setBackend('wasm');
const published = read(readFileSync(options.weights));
await compare('EfficientNet-Lite0', 'efficientnet_lite0', {frames: 1}, published, photographs());
const video = {frames: 13, height: 160, width: 160};
await compare(VIDEO_NETWORK, VIDEO_NETWORK, video, await goldenWeights(VIDEO_NETWORK), clips());
