/**
 * A case as a tfjs model with weights and a clip that every process makes alike: pseudo-random numbers of the size that
 * trained weights have, so that no value of the network explodes or becomes a denormal number.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import * as sts from 'tfjs-sts';
import {createNetwork} from 'tfjs-sts/networks';
import {meshNet} from '../networks.mjs';

/** Numbers from -1 to 1 (Park and Miller 1988). */
function randomNumbers(count, seed) {
  let state = seed;
  return Float32Array.from({length: count}, () => {
    state = (state * 48271) % 2147483647;
    return state / 1073741823.5 - 1;
  });
}

/** `[time, height, width, channels]` */
export function clipShape({frames, side, size, channels}) {
  return size === undefined ? [frames, side, side, 3] : [...size, channels];
}

/** The values of the clip, channels first, as PyTorch and ONNX take it: from -1 to 1, or bytes. */
export function clipValues(given) {
  const size = clipShape(given).reduce((product, length) => product * length, 1);
  const numbers = randomNumbers(size, 1);
  return given.bytes ? numbers.map((number) => Math.floor(128 * (number + 1))) : numbers;
}

/** The clip `[1, time, height, width, channels]`. */
export function clipTensor(given) {
  const [time, height, width, channels] = clipShape(given);
  return tf.tidy(() =>
    tf.transpose(tf.tensor(clipValues(given), [1, channels, time, height, width]), [0, 2, 3, 4, 1]),
  );
}

function convolution({filters, kernel, strides, dilation = 1, depthwise}, stock) {
  const args = {kernelSize: kernel, strides, dilationRate: dilation, useBias: false, name: 'op'};
  // The same size of output everywhere; stock TensorFlow.js knows no other padding that gives it.
  if (stock) return tfl.layers.conv3d({...args, filters, padding: 'same'});
  const padding = kernel.map((taps) => ((taps - 1) / 2) * dilation);
  if (depthwise) return sts.layers.depthwiseConv3d({...args, padding});
  return sts.layers.conv3d({...args, filters, padding});
}

/** The model of a case on the live backend. `stock`: an op as the layer of TensorFlow.js. */
export function buildModel(given, {stock = false} = {}) {
  const {network} = given;
  let model;
  if (network === undefined) {
    const clip = tfl.input({shape: clipShape(given), name: 'clip'});
    model = tfl.model({inputs: clip, outputs: convolution(given, stock).apply(clip)});
  } else if (network === 'meshnet') {
    model = meshNet(given);
  } else {
    const [frames, height, width] = clipShape(given);
    model = createNetwork(network, {frames, height, width, weightless: true});
  }
  for (const [i, weight] of model.weights.entries()) weight.write(tf.tidy(() => weightTensor(weight, i + 2)));
  return model;
}

function weightTensor({originalName, shape}, seed) {
  const name = originalName.slice(originalName.lastIndexOf('/') + 1);
  const numbers = tf.tensor(randomNumbers(tf.util.sizeFromShape(shape), seed), shape);
  if (name === 'gamma' || name === 'moving_variance') return tf.add(tf.mul(numbers, 0.5), 1);
  if (shape.length === 1) return tf.mul(numbers, 0.25);
  const fanIn = shape.slice(0, name === 'depthwise_kernel' ? 3 : -1).reduce((product, n) => product * n, 1);
  return tf.mul(numbers, Math.sqrt(3 / fanIn));
}

/** Some values of an output, evenly spread, in PyTorch's order: what the rivals have to agree in. */
export function sample(values) {
  return Array.from({length: 64}, (_, i) => values[Math.floor((i * values.length) / 64)]);
}
