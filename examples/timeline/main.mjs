// A film over its time: its shots, what is in each, files for an editor and a page to look through. Usage: node main.mjs FILM
import '@tensorflow/tfjs-backend-wasm';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {basename, join, parse, relative} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {ffmpegSource} from 'tfjs-sts/node';
import {analyze, exportTimeline, shotThumbnails} from 'tfjs-sts/timeline';
import {loadModel} from 'tfjs-sts/zoo';
import 'tfjs-sts/wasm';

const [path, folder = 'timeline'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: node main.mjs FILM [FOLDER]');

await tf.setBackend('wasm');

// 1. Two models: one finds where shots end, the other says what is to be seen.
const shots = await loadModel('transnet_v2', {readFile});
const model = await loadModel('efficientnet_lite0_sts', {readFile});

// 2. One pass over the film, whatever its length. Times are those at which its frames are shown.
const video = await ffmpegSource(path);
const timeline = await analyze(video, {model, shots: {model: shots}, name: basename(path)});
await video.close();
for (const {start, end, labels} of timeline.segments)
  console.log(`${start.toFixed(2)} to ${end.toFixed(2)} s: ${labels[0].label} ${labels[0].score.toFixed(2)}`);

// 3. A picture of each shot, for the page.
const small = await ffmpegSource(path, {size: 120});
const thumbnails = await shotThumbnails(small, timeline.shots);
await small.close();

// 4. Files: for an editor, for a page's <track>, for people.
await mkdir(folder, {recursive: true});
const videoPath = relative(folder, path);
const files = {
  edl: exportTimeline(timeline, 'edl', {startTimecode: '01:00:00:00'}),
  vtt: exportTimeline(timeline, 'webvtt'),
  html: exportTimeline(timeline, 'html', {thumbnails, videoPath}),
};
for (const [ending, text] of Object.entries(files)) {
  const name = join(folder, `${parse(path).name}.${ending}`);
  await writeFile(name, text);
  console.log(`wrote ${name}`);
}
