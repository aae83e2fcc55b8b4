// SlowFast-R50 with STS on a clip: what each stage makes of it, and the likeliest classes.
// Usage: node main.mjs VIDEO [--weights FILE.safetensors|URL] [--size 224]
import '@tensorflow/tfjs-backend-wasm';
import {readFile} from 'node:fs/promises';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {createNetwork, summarize} from 'tfjs-sts/networks';
import {ffmpegSource} from 'tfjs-sts/node';
import {readClip, recognize} from 'tfjs-sts/video';
import {loadModel} from 'tfjs-sts/zoo';
import 'tfjs-sts/wasm';

const {values: options, positionals} = parseArgs({
  allowPositionals: true,
  options: {weights: {type: 'string'}, size: {type: 'string', default: '224'}},
});
const [path] = positionals;
if (path === undefined)
  throw new Error('usage: node main.mjs VIDEO [--weights FILE.safetensors|URL] [--size 224]');

await tf.setBackend('wasm');

// 1. The network: from a file that `tfjs-sts convert` wrote, or with random weights, the same in every run.
const {model, info} = options.weights ? await trained(options.weights) : random(Number(options.size));
const [, frames, size] = model.inputs[0].shape;

function trained(file) {
  return loadModel(file, {readFile});
}

function random(size) {
  console.log('No --weights: the weights are random and the labels below mean nothing.');
  const model = createNetwork('slowfast_r50_4x16_sts', {height: size, width: size, weightless: true});
  let state = 1;
  const uniform = () => {
    state = (state * 48271) % 2147483647;
    return state / 1073741823.5 - 1;
  };
  for (const weight of model.weights) {
    if (!weight.originalName.endsWith('kernel')) continue;
    const count = weight.shape.reduce((product, length) => product * length, 1);
    const scale = Math.sqrt(3 / (count / weight.shape.at(-1)));
    const value = tf.tensor(
      Float32Array.from({length: count}, () => scale * uniform()),
      weight.shape,
    );
    weight.write(value);
    value.dispose();
  }
  const normalization = {mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375]};
  return {model, info: {interval: 2, ...normalization, labels: []}};
}

// 2. The clip: frames as far apart as the network is trained on, two without a file, as on Kinetics-400.
const source = await ffmpegSource(path, {size});
const clip = await readClip(source, {...info, frames, size, crop: size, shortVideo: 'loop'});
await source.close();
console.log(`${path}: clip of [${clip.shape}]`);

// 3. What the stages give: the slow path sees every eighth frame with many channels, the fast path all with few.
const {parameters, macs, layers} = summarize(model);
console.log(`${(parameters / 1e6).toFixed(1)} M parameters, ${(macs / 1e9).toFixed(1)} GMAC`);
for (const {name, outputShape} of layers) {
  if (/^(slow|fast)_(conv1|layer\d_0)$|^pool$|^classifier$/.test(name))
    console.log(`${name}: ${outputShape.slice(1).join(' x ')}`);
}

// 4. The answer.
for (const {label, probability} of await recognize(model, clip, {labels: info.labels}))
  console.log(probability.toFixed(3), label);
