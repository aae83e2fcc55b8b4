/** An ESM program: one STS convolution and its filter gradient with the packed package, printed as JSON. */
import {createRequire} from 'node:module';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as sts from 'tfjs-sts';
import 'tfjs-sts/cpu';

// Its CommonJS twin as well, as happens when a dependency of the program still uses `require`.
createRequire(import.meta.url)('tfjs-sts');

await tf.setBackend('cpu');
const {xShape, x, filterShape, filter} = JSON.parse(process.argv[2]);
const input = tf.tensor5d(x, xShape);
const weights = tf.tensor5d(filter, filterShape);
const convolution = (w) => sts.stsConv3d(input, w, 1, 'same');
const output = convolution(weights);
const gradient = tf.grad(convolution)(weights);
console.log(
  JSON.stringify({
    shape: output.shape,
    values: Array.from(output.dataSync()),
    gradient: Array.from(gradient.dataSync()),
    coverage: sts.kernelCoverage(),
  }),
);
