/**
 * Whether the tensorflow backend works on the Node that runs this: every kernel of the built package for it, forward and in gradients,
 * a frozen network, layers saved and loaded and a step of training beside the same on wasm, and a network of the authors against their
 * logits on both. `npm test` runs it on the Nodes that its other tests do not run on, 22 and newer, which take a file in
 * TypeScript; it ends with 1 where values differ or a kernel was not tried.
 */
import {readFileSync} from 'node:fs';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {loadLayersModel, sequential} from '@tensorflow/tfjs-layers';
import * as sts from 'tfjs-sts';
import {names} from 'tfjs-sts/checkpoints';
import {createNetwork} from 'tfjs-sts/networks';
import 'tfjs-sts/wasm';
// Before tfjs-node, which calls functions that newer Nodes lack.
import 'tfjs-sts/node';
import {fill, fillInput} from '../../support/fill.ts';

process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
await import('@tensorflow/tfjs-node');
tf.enableProdMode();

const random = (shape, seed, least = -1) => tf.randomUniform(shape, least, 1, 'float32', seed);

/** The value of a function and its gradients by all of its inputs. */
function withGradients(f, inputs) {
  const y = f(...inputs);
  return [y, ...tf.grads(f)(inputs, random(y.shape, 9))];
}

const x = () => random([1, 4, 6, 6, 8], 1);
const statistics = () => [random([8], 2), random([8], 3, 0.5), random([8], 4), random([8], 5, 0.5)];
const op = (name, options, filter) =>
  withGradients(
    (input, weights) => sts.fused[name]({x: input, filter: weights, strides: 1, pad: 'same', ...options}),
    [x(), random(filter, 2)],
  );

/** What a step is for a weight. */
const STEP = {gradientFactor: 0.7, learningRate: 0.1, weightDecay: 0.03};

/** A kernel of optimizers on so many tensors of positive values. */
const update = (kernel, inputs, attrs) =>
  [
    tf.engine().runKernel(
      kernel,
      Array.from({length: inputs}, (_, i) => random([40], i + 1, 0.1)),
      attrs,
    ),
  ].flat();

/** A small network of the authors with their weights: what it says, and what its frozen form says. */
function authorsNetwork({input_shape: [batch, channels, frames, height, width]}) {
  const map = names.mmaction2.x3d();
  const model = createNetwork('x3d_tiny_sts', {frames, height, width, classes: 7, weightless: true});
  for (const weight of model.weights) {
    const {name, axes} = map.toTorch(weight.originalName);
    const shape = axes.map((axis) => weight.shape[axis]);
    weight.write(tf.tensor(fill(name, shape, [...map.fromTorch(name).axes]), weight.shape));
  }
  const values = fillInput([batch, channels, frames, height, width], [0, 2, 3, 4, 1]);
  const clip = tf.tensor(values, [batch, frames, height, width, channels]);
  return [model.predict(clip), sts.freeze(model).predict(clip)];
}

/** A model as it comes back from where it was saved. */
async function savedAndLoaded(model) {
  let saved;
  const keep = tf.io.withSaveHandler(async (artifacts) => {
    saved = artifacts;
    return {modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}};
  });
  await model.save(keep);
  return loadLayersModel(tf.io.fromMemory(saved));
}

const {cases: tiny} = JSON.parse(
  readFileSync(new URL('../../golden/tiny/tiny.json', import.meta.url), 'utf8'),
);
const golden = tiny.find(({name}) => name === 'tiny_x3d_sts_eval');

/** Each a list of tensors. */
const cases = {
  conv3d: () => op('conv3d', {}, [3, 3, 3, 8, 8]),
  'conv3d in the frame': () => op('conv3d', {strides: [1, 2, 2]}, [1, 3, 3, 8, 8]),
  'conv3d pointwise': () => op('conv3d', {activation: 'swish'}, [1, 1, 1, 8, 4]),
  'conv3d in groups': () => op('conv3d', {groups: 2, pad: 1}, [3, 3, 3, 4, 8]),
  'conv3d dilated': () => op('conv3d', {dilations: [1, 2, 2]}, [3, 3, 3, 8, 4]),
  depthwiseConv3d: () => op('depthwiseConv3d', {strides: 2}, [3, 3, 3, 8, 1]),
  stsConv3d: () => op('stsConv3d', {}, [3, 1, 1, 8, 8]),
  stsDepthwiseConv3d: () => op('stsDepthwiseConv3d', {}, [3, 3, 3, 8, 1]),
  'tf.conv3d': () => withGradients((a, b) => tf.conv3d(a, b, 2, 'same'), [x(), random([3, 3, 3, 8, 4], 2)]),
  'tf.maxPool3d': () => withGradients((a) => tf.maxPool3d(a, 3, 2, 'same'), [x()]),
  'tf.avgPool3d': () => withGradients((a) => tf.avgPool3d(a, 3, 2, 'same'), [x()]),
  'tf.batchNorm': () =>
    withGradients(
      (a, mean, variance, offset, scale) => tf.batchNorm(a, mean, variance, offset, scale, 0.1),
      [tf.reshape(x(), [4, 6, 6, 8]), ...statistics()],
    ),
  'layers.batchNorm3d in training': () => {
    const layer = sts.layers.batchNorm3d();
    return withGradients((a) => layer.apply(a, {training: true}), [x()]);
  },
  'layers.colorHistogram': () => [
    sts.layers.colorHistogram({levels: 4}).apply(random([1, 2, 4, 4, 3], 1, 0)),
  ],
  'a frozen network': () => {
    const model = createNetwork('x3d_tiny_sts', {frames: 4, height: 32, width: 32, classes: 5, seed: 3});
    return [sts.freeze(model).predict(random([1, 4, 32, 32, 3], 4))];
  },
  'layers saved and loaded': async () => {
    const model = sequential({
      layers: [
        sts.layers.stsConv3d({filters: 4, kernelSize: [3, 1, 1], inputShape: [4, 6, 6, 3]}),
        sts.layers.batchNorm3d(),
        sts.layers.depthwiseConv3d({kernelSize: 3, padding: 'same', activation: 'relu'}),
        sts.layers.globalAveragePooling3d(),
      ],
    });
    for (const [i, weight] of model.weights.entries()) weight.write(random(weight.shape, i + 1, 0.1));
    const loaded = await savedAndLoaded(model);
    return [model, loaded].map((one) => one.predict(random([2, 4, 6, 6, 3], 5)));
  },
  'a step of training': async () => {
    const model = createNetwork('x3d_tiny', {
      frames: 4,
      height: 32,
      width: 32,
      classes: 5,
      dropout: 0,
      seed: 3,
    });
    const loss = (labels, logits) => tf.losses.softmaxCrossEntropy(labels, logits);
    model.compile({optimizer: tf.train.sgd(0.05), loss});
    const losses = [];
    for (let step = 0; step < 2; step++)
      losses.push(await model.trainOnBatch(random([2, 4, 32, 32, 3], 6), tf.oneHot([1, 3], 5)));
    return losses.map((value) => tf.scalar(value));
  },
  'a step of gradient descent': () =>
    update('SgdUpdate', 6, {weights: [STEP, STEP], momentumFactor: 0.9, nesterov: true}),
  'a step of LAMB': () =>
    update('AdamUpdate', 4, {
      weights: [{...STEP, trusts: true}],
      ...{beta1: 0.9, beta2: 0.999, epsilon: 1e-6, step: 3},
    }),
  'the norm of gradients': () => update('GlobalNorm', 2, {}),
  'a network of the authors': () => authorsNetwork(golden),
};

/** All values that the backend gives, by case, and the kernels that it called. */
async function answers(backend) {
  await tf.setBackend(backend);
  const values = {};
  const called = new Set();
  for (const [name, run] of Object.entries(cases)) {
    let results;
    const {kernelNames} = await tf.profile(async () => {
      results = await run();
    });
    for (const kernel of kernelNames) called.add(kernel);
    values[name] = await Promise.all(results.map((result) => result.data()));
  }
  return {values, called};
}

/** How far two lists are apart, by the largest value of one, or by 1. */
function relativeDifference(values, right) {
  if (values.length !== right.length) return Number.NaN;
  const largest = Math.max(1, ...right.map(Math.abs));
  return Math.max(...values.map((value, at) => Math.abs(value - right[at]))) / largest;
}

const expected = await answers('wasm');
const given = await answers('tensorflow');
const faults = [];
for (const [name, lists] of Object.entries(given.values)) {
  const right = expected.values[name];
  const worst = lists.map((values, i) => relativeDifference(values, right[i]));
  // Sums of some hundreds of products, rounded in another order.
  if (lists.length !== right.length || !worst.every((difference) => difference < 1e-5))
    faults.push(`${name} differs from wasm by ${worst.join(', ')}`);
}
// float32 against their float64, as in test/networks/golden_tiny.shared.test.ts.
const logits = golden.logits.flat();
for (const [backend, {values}] of Object.entries({wasm: expected, tensorflow: given})) {
  for (const answer of values['a network of the authors']) {
    const worst = Math.max(...logits.map((value, i) => Math.abs(answer[i] - value))) / Math.hypot(...logits);
    if (!(worst < 2e-5)) faults.push(`${backend} differs from the authors by ${worst}`);
  }
  const [kept, loaded] = values['layers saved and loaded'];
  if (!kept.every((value, i) => value === loaded[i]))
    faults.push(`${backend}: other values after saving and loading`);
}
const ours = Object.entries(sts.kernelCoverage('tensorflow')).filter(([, what]) => what === 'kernel');
for (const [name] of ours) if (!given.called.has(name)) faults.push(`${name} was not tried`);
const found = faults.length === 0 ? 'all as on wasm' : faults.join('; ');
console.log(`tensorflow on Node ${process.versions.node}: ${ours.length} kernels, ${found}`);
process.exit(faults.length === 0 && ours.length > 0 ? 0 : 1);
