/**
 * What holds for every network of the registry; a new one is tested by being listed. Large networks are built and
 * looked at, small ones (named ..._tiny...) also run, train and go through a file.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {registerKernels} from '../../src/kernels/registry';
import {kernelConfigs} from '../../src/kernels/wasm';
import {registerLayers} from '../../src/layers';
import {LAYER_CLASSES} from '../../src/models/onnx/rules/layers';
import {
  createNetwork,
  type LengthRule,
  listNetworks,
  type NetworkDefinition,
  networkDefinition,
} from '../../src/networks';
import {registerGradients} from '../../src/ops/grads/register';
import {startBackend} from '../support/backends';

beforeAll(async () => {
  await startBackend('wasm');
  registerLayers();
  registerGradients();
  registerKernels(kernelConfigs);
});

const all = listNetworks({tiny: true}).map((definition) => [definition.name, definition] as const);
const classifiers = all.filter(([, {task}]) => task === 'classification');
const isTiny = (name: string) => name.includes('_tiny');
const tiny = classifiers.filter(([name]) => isTiny(name));

let model: tfl.LayersModel | undefined;
afterEach(() => {
  model?.dispose();
  model = undefined;
});

/** The network as it is by default, for tests that look and change nothing. The last one is kept. */
let asItIs: tfl.LayersModel | undefined;
function defaultNetwork(name: string): tfl.LayersModel {
  if (asItIs?.name === name) return asItIs;
  asItIs?.dispose();
  asItIs = createNetwork(name, {weightless: true});
  return asItIs;
}
afterAll(() => asItIs?.dispose());

/** Of a network that classifies; beside the tests of every network, which look at the same model. */
function testsOfClassifier(name: string, config: NetworkDefinition['config']): void {
  it('takes a clip and gives one answer, or one for each frame', () => {
    const shape = [null, config.frames, config.height, config.width, 3];
    const {inputs, outputs} = defaultNetwork(name);
    expect(defaultNetwork(name).name).toBe(name);
    expect(inputs.map((input) => input.shape)).toEqual([shape]);
    expect(outputs.map((output) => output.shape)).toEqual([[null, config.classes]]);
    // Large ones have the heads of the small ones of their family.
    if (!isTiny(name)) return;
    model = createNetwork(name, {weightless: true, classes: 7, pool: 'frame'});
    expect(model.outputs.map((output) => output.shape)).toEqual([[null, config.frames, 7]]);
  });

  it('has the same weights at other clip lengths and frame sizes, but for the classes', () => {
    const shapes = (network: tfl.LayersModel) =>
      network.weights.map(({originalName, shape}) => [originalName, shape] as const);
    const sizes = {frames: config.frames * 8, height: 95, width: 127};
    model = createNetwork(name, {weightless: true, ...sizes, classes: 7});
    const expected = shapes(defaultNetwork(name)).map(([weight, shape]) => [
      weight,
      weight.startsWith('classifier/') ? [...shape.slice(0, -1), 7] : shape,
    ]);
    expect(shapes(model)).toEqual(expected);
    expect(model.outputs.map((output) => output.shape)).toEqual([[null, 7]]);
  });

  it('refuses classes that are no count', () => {
    expect(() => createNetwork(name, {classes: Number.NaN})).toThrow(/classes must be a whole number/);
  });

  it('refuses options that it does not have, or values out of a list', () => {
    expect(() => createNetwork(name, {clases: 5})).toThrow(
      /unknown option clases; did you mean classes\? It has .*classes/,
    );
    expect(() => createNetwork(name, {pool: 'max' as 'clip'})).toThrow(/pool must be one of clip, frame/);
    expect(() => createNetwork(name, {activation: 'relu' as 'linear'})).toThrow(/activation must be one of/);
  });
}

describe.each(all)('%s', (name, {family, task, description, config}) => {
  it('has a description and a family that lists it', () => {
    expect(description.length).toBeGreaterThan(20);
    expect(listNetworks({family, tiny: true}).map((definition) => definition.name)).toContain(name);
    expect(listNetworks({task, tiny: true}).map((definition) => definition.name)).toContain(name);
  });

  it('takes the lengths that it says, and refuses others with those that it says', () => {
    // Networks take time to build, and large ones differ from small ones in numbers alone.
    const built = (taken: number[], axis: string) => {
      if (isTiny(name)) return [taken[0]!, taken[1]!, taken.at(-1)!];
      return axis === 'height' ? [taken[0]!] : [];
    };
    for (const axis of ['frames', 'height', 'width'] as const) {
      const {takes, text, reason} = networkDefinition(name).sizes()[axis];
      expect(reason).toMatch(/^[A-Z].*\.$/);
      const others = {frames: config.frames, height: config.height, width: config.width};
      const lengths = [1, 2, 3, 7, 8, 12, 28, 29, 31, 32, 33, 48, 61, 63, 64];
      const create = (length: number) => createNetwork(name, {...others, [axis]: length, weightless: true});
      for (const length of lengths.filter((one) => !takes(one)))
        expect(() => create(length)).toThrow(`${name}: ${axis} must be ${text}; got ${length}. ${reason}`);
      for (const length of built(lengths.filter(takes), axis)) create(length).dispose();
    }
  });

  it('names every layer itself', () => {
    const {layers} = defaultNetwork(name);
    for (const layer of layers) expect(layer.name).not.toMatch(/^[a-z_0-9]+_[A-Z]\w*\d+$/);
    expect(new Set(layers.map((layer) => layer.name)).size).toBe(layers.length);
  });

  it('has no layer without a form in ONNX', () => {
    const classes = defaultNetwork(name).layers.map((layer) => layer.getClassName());
    expect(classes.filter((cls) => cls !== 'InputLayer' && !LAYER_CLASSES.includes(cls))).toEqual([]);
  });

  it.each([
    ['frames', 0],
    ['height', 2.5],
    ['width', -1],
  ])('refuses %s %d', (key, value) => {
    expect(() => createNetwork(name, {[key]: value})).toThrow(new RegExp(`${key} must be a whole number`));
  });

  if (task === 'classification') testsOfClassifier(name, config);
});

describe.each(tiny)('%s, running', (name, {config}) => {
  const clipOf = (batch: number) =>
    tf.randomUniform<tf.Rank.R5>(
      [batch, config.frames, config.height, config.width, 3],
      -1,
      1,
      'float32',
      11,
    );

  it('predicts; with softmax the answers are probabilities; nothing leaks', () => {
    model = createNetwork(name, {activation: 'softmax'});
    const clip = clipOf(2);
    const before = tf.memory().numTensors;
    const answer = model.predict(clip) as tf.Tensor;
    const sums = tf.tidy(() => tf.sum(answer, 1).dataSync());
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
    answer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    clip.dispose();
  });

  it('starts with zeros in the kernels of just those layers that are named', () => {
    const kernels = (network: tfl.LayersModel) =>
      network.weights.filter(({originalName}) => originalName.endsWith('kernel'));
    model = createNetwork(name, {weightless: true});
    const layers = kernels(model).map(({originalName}) => originalName.split('/')[0]!);
    model.dispose();
    const zeros = layers.filter((_, i) => i % 2 === 0);
    model = createNetwork(name, {weightless: (layer: string) => zeros.includes(layer)});
    const found = kernels(model).filter((kernel) =>
      tf.tidy(() =>
        kernel
          .read()
          .dataSync()
          .every((v) => v === 0),
      ),
    );
    expect(found.map(({originalName}) => originalName.split('/')[0])).toEqual(zeros);
  });

  it('answers on the smallest clip that it takes', () => {
    const {frames, height, width} = networkDefinition(name).sizes();
    const least = ({takes}: LengthRule) => Array.from({length: 64}, (_, i) => i + 1).find(takes)!;
    const size = {frames: least(frames), height: least(height), width: least(width)};
    model = createNetwork(name, size);
    const clip = tf.ones([1, size.frames, size.height, size.width, 3]);
    const answer = model.predict(clip) as tf.Tensor;
    expect(answer.dataSync().every(Number.isFinite)).toBe(true);
    tf.dispose([clip, answer]);
  });

  it('comes back from a saved model with the same answers', async () => {
    model = createNetwork(name);
    const clip = clipOf(1);
    const expected = (model.predict(clip) as tf.Tensor).dataSync();
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
      }),
    );
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved!));
    expect((loaded.predict(clip) as tf.Tensor).dataSync()).toEqual(expected);
    loaded.dispose();
  });

  it('trains: two classes of clips are told apart', async () => {
    // Dropout would make the few losses here noisier than they fall, and of some random weights the first steps are too long.
    model = createNetwork(name, {classes: 2, dropout: 0, seed: 1});
    const logits = (y: tf.Tensor, p: tf.Tensor) => tf.losses.softmaxCrossEntropy(y, p) as tf.Tensor;
    model.compile({optimizer: tf.train.sgd(0.05), loss: logits});
    const clips = tf.concat([tf.mul(clipOf(2), 0.5), tf.add(tf.mul(clipOf(2), 0.5), 0.5)], 0);
    const classes = tf.oneHot(tf.tensor1d([0, 0, 1, 1], 'int32'), 2);
    const {history} = await model.fit(clips, classes, {epochs: 4, batchSize: 4, shuffle: false, verbose: 0});
    const losses = history.loss as number[];
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  });
});
