/**
 * Teaching from few clips against plain arithmetic on the features that the host computes; that nothing else of a network changes, that
 * known features are taken, and that what comes out is a model for everything else.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import '../../../src/entries/backends/cpu';
import '../../../src/entries/backends/wasm';
import '../../../src/entries/index';
import {type Checkpoint, read} from '../../../src/entries/checkpoints';
import {convertCheckpoint, torchCheckpoint} from '../../../src/entries/convert';
import {createNetwork} from '../../../src/entries/networks';
import {toOnnx} from '../../../src/entries/onnx';
import {evaluate, type FeatureCache, generated, teach} from '../../../src/entries/train';
import {loadModel, modelFile} from '../../../src/entries/zoo';
import {seededRandom} from '../../../src/util/seeded_random';
import {backendNames, startBackend} from '../../support/backends';

const NETWORK = 'efficientnet_lite_tiny_sts';
const CLIP = [4, 32, 32, 3];

/** Noise around the level of a class. */
function clip(level: number, seed: number): tf.Tensor {
  const random = seededRandom(seed);
  return tf.tensor(
    Float32Array.from({length: 4 * 32 * 32 * 3}, () => level + random() - 0.5),
    CLIP,
  );
}
const clips = () => ({
  dark: [clip(-0.8, 1), clip(-0.7, 2), clip(-0.9, 3)],
  middle: [clip(0, 4)],
  bright: [clip(0.8, 5), clip(0.7, 6)],
});
const network = () => createNetwork(NETWORK, {seed: 4});
/** One that has names in PyTorch. */
const AUTHORS = 'x3d_tiny_sts';
const weightsOf = (model: tfl.LayersModel) =>
  new Map(model.weights.map((weight) => [weight.originalName, [...weight.read().dataSync()]]));

describe.each(backendNames)('on %s', (backend) => {
  beforeAll(() => startBackend(backend));

  it('the first update of the classifier is that of the formula on the features of the host', async () => {
    const model = network();
    const before = weightsOf(model);
    const classes = clips();
    const tensors = tf.memory().numTensors;
    const recipe = {epochs: 1, batchSize: 6, learningRate: 0.5, optimizer: {name: 'sgd'}} as const;
    const {model: taught, labels} = await teach(model, {
      classes,
      recipe: {...recipe, schedule: {name: 'constant'}},
    });
    expect(labels).toEqual(['dark', 'middle', 'bright']);
    expect(weightsOf(model)).toEqual(before);

    const body = tfl.model({
      inputs: model.inputs,
      outputs: model.getLayer('classifier').input as tfl.SymbolicTensor,
    });
    // Of softmax cross entropy from zeros, where every answer is 1/3: x (1/3 - y) times the weight of the class.
    const [counts, gradient, ofBias] = [[3, 1, 2], new Map<number, number[]>(), [0, 0, 0]];
    for (const [c, list] of Object.values(classes).entries()) {
      for (const one of list) {
        const features = tf.tidy(() => (body.apply(tf.expandDims(one, 0)) as tf.Tensor).dataSync());
        const weight = 6 / (3 * counts[c]!);
        for (const i of [0, 1, 2]) {
          const off = (weight * (1 / 3 - (i === c ? 1 : 0))) / 6;
          ofBias[i]! += off;
          features.forEach((value, k) => {
            const row = gradient.get(k) ?? [0, 0, 0];
            row[i]! += value * off;
            gradient.set(k, row);
          });
        }
      }
    }
    const after = weightsOf(taught);
    const expected = [...gradient.values()].flat();
    expect(expected.some((value) => Math.abs(value) > 0.01)).toBe(true);
    for (const [i, value] of after.get('classifier/kernel')!.entries())
      expect(value).toBeCloseTo(-0.5 * expected[i]!, 4);
    for (const [i, value] of after.get('classifier/bias')!.entries())
      expect(value).toBeCloseTo(-0.5 * ofBias[i]!, 5);
    for (const name of before.keys())
      if (!name.startsWith('classifier/')) expect(after.get(name), name).toEqual(before.get(name));

    taught.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
    tf.dispose(Object.values(classes).flat());
    model.dispose();
  });
});

describe('teach', () => {
  beforeAll(() => startBackend('wasm'));

  it('tells clips apart that it has not seen, and what it makes is saved, loaded and exported', async () => {
    const model = createNetwork(AUTHORS, {frames: 4, height: 32, width: 32, seed: 4});
    const classes = clips();
    const stages = new Set<string>();
    const {model: taught, labels} = await teach(model, {
      classes,
      onProgress: (stage, done, total) => {
        stages.add(stage);
        expect(done).toBeLessThanOrEqual(total);
      },
    });
    expect([...stages]).toEqual(['features', 'classifier']);
    const test = {
      size: 9,
      classes: labels,
      async *batches() {
        const targets = Array.from({length: 9}, (_, i) => [0, 1, 2].map((c) => (i % 3 === c ? 1 : 0)));
        const made = targets.map((_, i) => clip([-0.8, 0, 0.8][i % 3]!, 100 + i));
        yield {x: tf.stack(made), y: tf.tensor2d(targets)};
        tf.dispose(made);
      },
    };
    expect((await evaluate(taught, test)).top1).toBe(1);

    const bytes = await modelFile(taught, {mean: 127, std: 128, labels, network: AUTHORS});
    const file: Checkpoint = read(bytes);
    // By its name, so that it loads for clips of other lengths too.
    expect(file.metadata.get('network')).toBe(AUTHORS);
    expect(file.metadata.has('topology')).toBe(false);
    const loaded = await loadModel(file);
    expect(loaded.info).toMatchObject({labels, network: AUTHORS, output: 'logits'});
    const x = tf.expandDims(classes.bright[0]!, 0);
    const answers = [taught, loaded.model].map((one) => [
      ...tf.tidy(() => (one.predict(x) as tf.Tensor).dataSync()),
    ]);
    expect(answers[1]).toEqual(answers[0]);
    // For PyTorch and back, strictly.
    const back = await convertCheckpoint(await torchCheckpoint(loaded), AUTHORS);
    for (const [name, entry] of file)
      expect([...back.checkpoint.tensors.get(name)!.toFloat32()], name).toEqual([...entry.toFloat32()]);
    expect((await toOnnx(loaded.model)).length).toBeGreaterThan(1000);
    x.dispose();
    tf.dispose(Object.values(classes).flat());
    for (const one of [model, taught, loaded.model]) one.dispose();
  });

  it('takes features that it knows, and computes those of new clips alone', async () => {
    const model = network();
    const {dark, bright} = clips();
    const cache: FeatureCache = new WeakMap();
    const recipe = {epochs: 3};
    const first = await teach(model, {recipe, classes: {dark, bright}, cache});
    const width = cache.get(dark[0]!)!.values().next().value!.length;
    expect(width).toBe(24);
    // What the cache says of the first clip counts, not the clip: here, that it is dark.
    const liar = clip(0.8, 9);
    cache.set(liar, new Map(cache.get(dark[1]!)!));
    const honest = await teach(model, {recipe, classes: {dark, bright}});
    const fooled = await teach(model, {recipe, classes: {dark: [...dark, liar], bright}, cache});
    const told = await teach(model, {recipe, classes: {dark: [...dark, dark[1]!], bright}});
    expect(weightsOf(honest.model)).toEqual(weightsOf(first.model));
    expect(weightsOf(fooled.model)).toEqual(weightsOf(told.model));
    expect(weightsOf(fooled.model)).not.toEqual(weightsOf(honest.model));
  });

  it('with lastStage the layers since the last smaller picture learn, and nothing else', async () => {
    const model = network();
    const before = weightsOf(model);
    const classes = clips();
    const {model: taught} = await teach(model, {classes, lastStage: {epochs: 2}});
    const after = weightsOf(taught);
    const changed = [...before.keys()].filter((name) => `${before.get(name)}` !== `${after.get(name)}`);
    const layers = new Set(changed.map((name) => name.split('/')[0]));
    // The depthwise convolution of the second of three blocks halves the picture for the last time.
    const convolutions = ['1_depthwise', '1_project', '2_expand', '2_depthwise', '2_project'].map(
      (name) => `blocks_${name}_conv`,
    );
    expect([...layers].sort()).toEqual([...convolutions, 'classifier', 'head_conv'].sort());
    taught.dispose();
    tf.dispose(Object.values(classes).flat());
    model.dispose();
  });

  it('reads a data set as often as it has views', async () => {
    const seen: number[] = [];
    const data = generated({
      classes: ['dark', 'bright'],
      labels: [0, 1, 0],
      make: (index, random) => {
        seen.push(index);
        const data = new Uint8Array(4 * 32 * 32 * 3).fill(index % 2 === 0 ? 20 : 200 + random.uniform());
        return {data, frames: 4, height: 32, width: 32};
      },
      mean: 127,
      std: 128,
    });
    const model = network();
    const {model: taught, labels} = await teach(model, {classes: data, views: 3});
    expect(seen).toHaveLength(9);
    expect(labels).toEqual(['dark', 'bright']);
    expect((await evaluate(taught, data)).top1).toBe(1);
  });

  it('refuses what it cannot teach, and says what to do', async () => {
    const model = network();
    const {dark, bright} = clips();
    const small = tf.zeros([2, 32, 32, 3]);
    const classes = {dark, bright};
    await expect(teach(model, {classes: {dark}})).rejects.toThrow(/there is one class; give at least two/);
    await expect(teach(model, {classes: {dark, none: []}})).rejects.toThrow(/"none" has no clips/);
    await expect(teach(model, {classes: {dark, small: [small]}})).rejects.toThrow(
      /"small" is \[2, 32, 32, 3\], the model takes \[4, 32, 32, 3\]/,
    );
    await expect(teach(model, {classes, view: 2} as never)).rejects.toThrow(/did you mean views/);
    await expect(teach(model, {classes, recipe: {epoch: 2} as never})).rejects.toThrow(/did you mean epochs/);
    const softmax = createNetwork(NETWORK, {activation: 'softmax'});
    await expect(teach(softmax, {classes})).rejects.toThrow(/ends in probabilities/);
    const perFrame = createNetwork(NETWORK, {pool: 'frame'});
    await expect(teach(perFrame, {classes})).rejects.toThrow(/answers \[, 4, 5\].*\[batch, classes\]/);
    const paths = createNetwork('slowfast_tiny_sts');
    const clipOf = tf.zeros(paths.inputs[0]!.shape.slice(1) as number[]);
    await expect(teach(paths, {classes: {a: [clipOf], b: [clipOf]}, lastStage: true})).rejects.toThrow(
      /several paths/,
    );
    const stop = new AbortController();
    const abort = () => stop.abort(new Error('enough'));
    const tensors = tf.memory().numTensors;
    await expect(teach(model, {classes, signal: stop.signal, onProgress: abort})).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
