// Inflation: a video network born from an image network, and what each rule keeps of it.
// The image network is EfficientNet-Lite0 with its ImageNet weights; the video network has every depthwise
// convolution in STS form, 3 x k x k. Both look at a clip of moving stripes, frame by frame.
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as sts from 'tfjs-sts';
import {read} from 'tfjs-sts/checkpoints';
import {createNetwork} from 'tfjs-sts/networks';

const [frames, height, width] = [4, 96, 128];

/** Stripes that move to the right, `[1, count, height, width, 3]`; every frame the same with `speed` 0. */
function stripes(count, speed) {
  const clip = tf.buffer([1, count, height, width, 3]);
  for (let t = 0; t < count; t++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < 3; c++) clip.set(Math.sin((x - speed * t + y / 3) / (4 + c)), 0, t, y, x, c);
      }
    }
  }
  return clip.toTensor();
}

/** Largest difference of any of the 1000 logits, frame by frame. */
function differences(videoNetwork, imageNetwork, clip) {
  return tf.tidy(() => {
    const found = videoNetwork.predict(clip);
    const expected = tf.concat(
      tf.split(clip, clip.shape[1], 1).map((frame) => imageNetwork.predict(frame)),
      1,
    );
    return tf.max(tf.abs(tf.sub(found, expected)), [0, 2]).dataSync();
  });
}

await tf.setBackend('wasm');

const packageFolder = join(createRequire(import.meta.url).resolve('tfjs-sts/package.json'), '..');
const weights = read(await readFile(join(packageFolder, 'models/efficientnet_lite0.safetensors')));

// 1. The image network takes clips of one frame. Its kernels [kh, kw, in, out] become [1, kh, kw, in, out].
const size = {height, width, pool: 'frame', weightless: true};
const image = createNetwork('efficientnet_lite0', {...size, frames: 1});
sts.inflate(weights, image, {rule: 'center'});

// 2. The video network, by each rule. 'sts' and 'center' keep every frame of any clip; 'mean' does not (its promise
//    is for plain convolutions on still clips), and is a start for training.
const video = createNetwork('efficientnet_lite0_sts', {...size, frames});
for (const rule of ['sts', 'center', 'mean']) {
  const {copied, inflated} = sts.inflate(weights, video, {rule});
  console.log(`rule '${rule}': ${inflated.length} kernels inflated, ${copied.length} weights copied`);
  for (const [what, speed] of Object.entries({moving: 5, still: 0})) {
    const found = [...differences(video, image, stripes(frames, speed))].map((value) => value.toFixed(3));
    console.log(`  ${what} clip, largest difference of a logit in each frame: ${found.join(' ')}`);
  }
}
