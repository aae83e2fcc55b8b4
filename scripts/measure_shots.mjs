/**
 * How well shots are found at which threshold: precision, recall and F1 over films whose transitions are known. Build first.
 *
 *   node scripts/measure_shots.mjs [FOLDER...]      default: examples/timeline
 *
 * Each folder has the films and a truth.json: {NAME: {file, transitions: [{last, first}]}}, the last frame before a transition and the
 * first one behind it. Found and true transitions are hits when they overlap, each widened by half a frame on both sides, as the
 * evaluation of TransNetV2's authors counts; both lists are walked in order and each is used once.
 */
import {readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import '../dist/wasm.js';
import {ffmpegSource} from '../dist/node.js';
import {detectShots} from '../dist/timeline.js';
import {loadModel} from '../dist/zoo.js';

const THRESHOLDS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

await tf.setBackend('wasm');
const {model} = await loadModel('transnet_v2');

/** The model, whose answers are kept for the next time that the same film is seen. */
function remembering() {
  const answers = [];
  let next = 0;
  const network = (frames) => {
    const at = next++;
    answers[at] ??= tf.tidy(() => model.predict(frames).map((logits) => tf.sigmoid(logits).dataSync()));
    const [single, many] = answers[at].map((values) => tf.tensor1d(values));
    return {single, many};
  };
  return {
    network,
    again() {
      next = 0;
    },
  };
}

/** Found transitions that are true, true ones that were missed, found ones that are not there. */
function compare(truth, shots) {
  const found = shots.slice(1).map(({startFrame}, i) => ({last: shots[i].endFrame, first: startFrame}));
  const count = {hits: 0, missed: 0, wrong: 0};
  let [i, j] = [0, 0];
  while (i < truth.length || j < found.length) {
    // Widened: from last - 0.5 to first + 0.5.
    const isMissed = j === found.length || (i < truth.length && found[j].last - 0.5 > truth[i].first + 0.5);
    const isWrong = i === truth.length || (j < found.length && found[j].first + 0.5 < truth[i].last - 0.5);
    count[isMissed ? 'missed' : isWrong ? 'wrong' : 'hits']++;
    if (isMissed || !isWrong) i++;
    if (!isMissed) j++;
  }
  return count;
}

const folders = process.argv.slice(2);
const counts = THRESHOLDS.map(() => ({hits: 0, missed: 0, wrong: 0}));
let frames = 0;
for (const folder of folders.length > 0 ? folders : ['examples/timeline']) {
  const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8'));
  for (const {file, transitions} of Object.values(truth)) {
    const video = await ffmpegSource(join(folder, basename(file)));
    const {network, again} = remembering();
    for (const [at, threshold] of THRESHOLDS.entries()) {
      again();
      const shots = await detectShots(video, {model: network, threshold});
      const count = compare(transitions, shots);
      for (const [key, value] of Object.entries(count)) counts[at][key] += value;
      if (threshold === 0.5) {
        frames += shots.at(-1).endFrame + 1;
        console.log(`${file}: ${transitions.length} transitions, at 0.5 ${JSON.stringify(count)}`);
      }
    }
    await video.close();
  }
}
console.log(
  `${frames} frames\n\n| threshold | found | wrong | missed | precision | recall | F1 |\n|---|---|---|---|---|---|---|`,
);
for (const [at, {hits, missed, wrong}] of counts.entries()) {
  const [precision, recall] = [hits / (hits + wrong), hits / (hits + missed)];
  const f1 = (2 * precision * recall) / (precision + recall);
  const figures = [precision, recall, f1].map((value) => value.toFixed(3)).join(' | ');
  console.log(`| ${THRESHOLDS[at]} | ${hits} | ${wrong} | ${missed} | ${figures} |`);
}
