/** A page: one STS convolution and its filter gradient with the bundled package, shown as JSON. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as sts from 'tfjs-sts';
import 'tfjs-sts/cpu';

await tf.setBackend('cpu');
const {xShape, x, filterShape, filter} = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const input = tf.tensor5d(x, xShape);
const weights = tf.tensor5d(filter, filterShape);
const convolution = (w) => sts.stsConv3d(input, w, 1, 'same');
const output = convolution(weights);
const gradient = tf.grad(convolution)(weights);
document.querySelector('#result').textContent = JSON.stringify({
  shape: output.shape,
  values: Array.from(output.dataSync()),
  gradient: Array.from(gradient.dataSync()),
  coverage: sts.kernelCoverage(),
});
