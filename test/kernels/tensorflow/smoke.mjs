/**
 * Whether the tensorflow backend works on the Node that runs this: every kernel of the built package for it, forward and in gradients,
 * and a frozen network, beside the same on wasm. `npm test` runs it on the Nodes that its other tests do not run on; it ends with 1
 * where values differ or a kernel was not tried.
 */
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as sts from 'tfjs-sts';
import {createNetwork} from 'tfjs-sts/networks';
import 'tfjs-sts/wasm';
// Before tfjs-node, which calls functions that newer Nodes lack.
import 'tfjs-sts/node';

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
};

/** All values that the backend gives, by case, and the kernels that it called. */
async function answers(backend) {
  await tf.setBackend(backend);
  const values = {};
  const called = new Set();
  for (const [name, run] of Object.entries(cases)) {
    let results;
    const {kernelNames} = await tf.profile(() => {
      results = run();
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
const ours = Object.entries(sts.kernelCoverage('tensorflow')).filter(([, what]) => what === 'kernel');
for (const [name] of ours) if (!given.called.has(name)) faults.push(`${name} was not tried`);
const found = faults.length === 0 ? 'all as on wasm' : faults.join('; ');
console.log(`tensorflow on Node ${process.versions.node}: ${ours.length} kernels, ${found}`);
process.exit(faults.length === 0 && ours.length > 0 ? 0 : 1);
