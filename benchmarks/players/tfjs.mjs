/**
 * TensorFlow.js in Node: on its wasm backend with the kernels of tfjs-sts/wasm, without them (the composed form: stock 2D
 * convolutions on views), or with the host's own conv3d; or on libtensorflow. Options: backend, kernels, frozen, stock, fromArray.
 */
import * as tf from '@tensorflow/tfjs-core';
import {freeze} from 'tfjs-sts';
import {loadBackend} from './backends.mjs';
import {buildModel, clipTensor, sample} from './model.mjs';
import {given, serve, versionOf} from './serve.mjs';

const {backend = 'wasm', kernels, frozen: freezes, stock, fromArray, threads} = given;
const packageName = await loadBackend({backend, kernels, threads});
tf.enableProdMode();
await tf.setBackend(backend);

const model = buildModel(given.case, {stock});
const frozen = freezes ? freeze(model) : undefined;
if (freezes) model.dispose();
const clip = clipTensor(given.case);
const [shape, values] = [clip.shape, clip.dataSync().slice()];
// A single op is called as it is between the layers of a network: predict of a model would copy the clip.
const predict =
  given.case.network === undefined
    ? (x) => tf.tidy(() => model.layers[1].apply(x))
    : (x) => firstOf((frozen ?? model).predict(x));

/** The first of several outputs; the others are freed. */
function firstOf(outputs) {
  const [first, ...others] = [outputs].flat();
  tf.dispose(others);
  return first;
}

let output;
/** On tensors of the backend. Both backends have computed them when a call returns. */
function runOnTensors() {
  output?.dispose();
  output = predict(clip);
}

/** As other runtimes are called: numbers go into the backend's memory, and come out of it. */
function runOnArrays() {
  output?.dispose();
  const x = tf.tensor(values, shape);
  output = predict(x);
  x.dispose();
  output.dataSync();
}

const onArrays = fromArray || given.case.network !== undefined;
await serve(versionOf(packageName), onArrays ? runOnArrays : runOnTensors, () => {
  const inOrder = tf.tidy(() => (output.rank === 5 ? tf.transpose(output, [0, 4, 1, 2, 3]) : output));
  return sample(inOrder.dataSync());
});
