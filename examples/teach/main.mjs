// Own classes from few clips: EfficientNet-Lite0, which knows photographs, is taught "cup" and "cat" by seconds of two videos, and asked
// about two shots of a film. `teach` with a folder of videos is `tfjs-sts teach`; clips may come from anywhere, such as a camera.
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {inflate} from 'tfjs-sts';
import {read} from 'tfjs-sts/checkpoints';
import {createNetwork} from 'tfjs-sts/networks';
import {ffmpegSource} from 'tfjs-sts/node';
import {teach} from 'tfjs-sts/train';
import {readClip} from 'tfjs-sts/video';
import {loadModel, saveModel} from 'tfjs-sts/zoo';
import 'tfjs-sts/wasm';

const example = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

await tf.setBackend('wasm');

// 1. A network that has learnt something. `loadModel('efficientnet_lite0_sts')` has 8 x 224 x 224; smaller clips are quicker.
const packageFolder = join(createRequire(import.meta.url).resolve('tfjs-sts/package.json'), '..');
const weights = read(await readFile(join(packageFolder, 'models/efficientnet_lite0.safetensors')));
const model = createNetwork('efficientnet_lite0_sts', {frames: 4, height: 96, width: 96, weightless: true});
inflate(weights, model, {rule: 'sts'});
const info = {frames: 4, size: 96, crop: 96, mean: 127, std: 128};

// 2. Clips by class: two of each.
const classes = {};
for (const [label, path] of Object.entries({cup: 'clips/coffee.mp4', cat: 'clips/tabby_cat.mp4'})) {
  const video = await ffmpegSource(example(path), {size: info.size});
  classes[label] = [await readClip(video, {...info, end: 2}), await readClip(video, {...info, start: 2})];
  await video.close();
}

// 3. Each clip passes through the network once, and the new classifier learns on what came out. With the cache, clips that are taught
//    again beside new ones are not computed again.
const cache = new WeakMap();
const taught = await teach(model, {classes, cache});

// 4. A file for predict, analyze, eval and export.
const folder = await mkdtemp(join(tmpdir(), 'tfjs-sts-teach-'));
const file = join(folder, 'cups_and_cats.safetensors');
await saveModel(taught.model, file, {...info, labels: taught.labels});
const mine = await loadModel(file, {readFile});
await rm(folder, {recursive: true});

// 5. Asked about the first two shots of a film.
const film = await ffmpegSource(example('timeline/film.mp4'), {size: info.size});
for (const [start, end] of [
  [0, 3.9],
  [4, 7.4],
]) {
  const clip = await readClip(film, {...mine.info, start, end});
  const probabilities = await tf.tidy(() => tf.softmax(mine.model.predict(clip))).data();
  const best = probabilities.indexOf(Math.max(...probabilities));
  console.log(`${start} to ${end} s: ${mine.info.labels[best]} ${probabilities[best].toFixed(2)}`);
}
await film.close();
