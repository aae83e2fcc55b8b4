/**
 * Whether the tensorflow backend works on the Node that runs this: one op, its gradients, and a frozen network, of the built package,
 * beside the same on wasm. `npm test` runs it on the Nodes that its other tests do not run on; it ends with 1 where they differ.
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

const random = (shape, seed) => tf.randomUniform(shape, -1, 1, 'float32', seed);

/** All values that the backend gives. */
async function answers(backend) {
  await tf.setBackend(backend);
  const [x, filter] = [random([1, 4, 6, 6, 8], 1), random([3, 3, 3, 8, 8], 2)];
  const convolve = (a, b) => sts.conv3d(a, b, 1, 'same');
  const model = createNetwork('x3d_tiny_sts', {frames: 4, height: 32, width: 32, classes: 5, seed: 3});
  const frozen = sts.freeze(model);
  const results = [
    convolve(x, filter),
    ...tf.grads(convolve)([x, filter], random([1, 4, 6, 6, 8], 5)),
    frozen.predict(random([1, 4, 32, 32, 3], 4)),
  ];
  const kernel = sts.kernelCoverage(backend).IndirectConv3D;
  return {kernel, values: await Promise.all(results.map((result) => result.data()))};
}

const expected = await answers('wasm');
const given = await answers('tensorflow');
/** How far two lists are apart, by the largest value of one. */
function relativeDifference(values, right) {
  if (values.length !== right.length) return Number.NaN;
  const largest = Math.max(...right.map(Math.abs));
  return Math.max(...values.map((value, at) => Math.abs(value - right[at]))) / largest;
}

const worst = given.values.map((values, i) => relativeDifference(values, expected.values[i]));
// Sums of some hundreds of products, rounded in another order.
const isRight = given.kernel === 'kernel' && worst.every((difference) => difference < 1e-5);
console.log(
  `tensorflow on Node ${process.versions.node}: ${given.kernel}, differs from wasm by ${worst.join(', ')} of the largest`,
);
process.exit(isRight ? 0 : 1);
