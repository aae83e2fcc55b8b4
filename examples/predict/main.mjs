// Predict a clip: from a video file to labels with probabilities. Usage: node main.mjs VIDEO
import '@tensorflow/tfjs-backend-wasm';
import {readFile} from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import {ffmpegSource} from 'tfjs-sts/node';
import {readClip} from 'tfjs-sts/video';
import {loadModel} from 'tfjs-sts/zoo';
import 'tfjs-sts/wasm';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: node main.mjs VIDEO');

await tf.setBackend('wasm');

// 1. A model of the zoo; `info` says how its input is made.
const {model, info} = await loadModel('efficientnet_lite0_sts', {readFile});

// 2. Frames through ffmpeg, spread over the whole video: [1, frames, crop, crop, 3].
const source = await ffmpegSource(path, {size: info.size});
const clip = await readClip(source, info);
await source.close();
console.log(`${path}: ${source.info.duration?.toFixed(1)} s, clip of [${clip.shape}]`);

// 3. The answer: logits of one clip, made probabilities.
const probabilities = await tf.tidy(() => tf.softmax(model.predict(clip))).data();
const ranked = [...probabilities.entries()].sort(([, a], [, b]) => b - a);
for (const [index, probability] of ranked.slice(0, 5))
  console.log(probability.toFixed(3), info.labels[index]);
