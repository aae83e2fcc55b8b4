/** How well a model does on synthetic clips of photographs that no training saw, and the file that figures are kept in. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {loadModel} from 'tfjs-sts/zoo';
import {shareInterval} from '../claims/analysis/statistics.mjs';
import {settingsDigest, THRESHOLD} from './settings.mjs';
import {movementNames} from './task/movements.mjs';
import {groupedMovement, STANDS} from './task/turns.mjs';

/**
 * Of answers `{label, said, score}`: all of them, those from the threshold on, and what was said of what.
 *
 * @returns plain data, without the answers
 */
export function counted(answers) {
  const confusion = movementNames.map(() => movementNames.map(() => 0));
  for (const {label, said} of answers) confusion[movementNames.indexOf(label)][movementNames.indexOf(said)]++;
  return {
    ...shareOf(answers),
    spoken: spokenAt(answers, THRESHOLD),
    spokenStanding: spokenAt(
      answers.filter(({label}) => label === STANDS),
      THRESHOLD,
    ),
    movements: movementNames,
    confusion,
  };
}

function shareOf(answers) {
  const clips = answers.length;
  const right = answers.filter(({label, said}) => label === said).length;
  return {clips, right, accuracy: right / clips, interval: shareInterval(right, clips)};
}

/** How many answers there are from a threshold on, and how many of them are right. */
export const spokenAt = (answers, threshold) => ({
  threshold,
  ...shareOf(answers.filter(({score}) => score >= threshold)),
});

/** Both kinds of synthetic clips: as the movements come, and groups before ground that has little to see. */
export async function testSynthetic(path, task, settings, {results, machine}) {
  const {model} = await loadModel(path);
  const {testClips, grouped} = settings.task;
  const asked = {
    synthetic: Array.from({length: testClips}, (_, index) => ({
      label: movementNames[index % movementNames.length],
      clip: () => task.testClip(index),
    })),
    grouped: Array.from({length: grouped.testClips}, (_, index) => ({
      label: groupedMovement(index, grouped),
      clip: () => task.groupedTestClip(index),
    })),
  };
  for (const [name, clips] of Object.entries(asked)) {
    const answers = clips.map(({label, clip}) => ({label, ...answerTo(model, clip(), settings)}));
    const figures = {settings: settingsDigest(settings), ...counted(answers), node: machine.node};
    keep(results, name, figures);
    console.log(table(figures));
  }
  model.dispose();
}

function answerTo(model, {data}, {clip, normalization: {mean, std}}) {
  const {frames, height, width} = clip;
  const probabilities = tf.tidy(() => {
    const values = Float32Array.from(data, (value) => (value - mean) / std);
    return tf.softmax(model.predict(tf.tensor(values, [1, frames, height, width, 3]))).dataSync();
  });
  const score = Math.max(...probabilities);
  return {said: movementNames[probabilities.indexOf(score)], score};
}

/** JSON in which lists of numbers and objects of plain values stay on a line of their own. */
function text(value, indent = '') {
  const isFlat = (one) => Object.values(one).every((each) => each === null || typeof each !== 'object');
  if (value === null || typeof value !== 'object' || isFlat(value)) return JSON.stringify(value);
  const inner = `${indent} `;
  const parts = Object.entries(value).map(([key, one]) =>
    Array.isArray(value) ? text(one, inner) : `${JSON.stringify(key)}: ${text(one, inner)}`,
  );
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** Writes figures under a name of the file. */
export function keep(path, name, figures) {
  if (path === undefined) return;
  const known = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  writeFileSync(path, `${text({...known, [name]: figures})}\n`);
}

const percent = (share) => `${(100 * share).toFixed(1)}%`;

/** As Markdown: rows are what it was, columns what was said. */
export function table({clips, right, accuracy, interval: [low, high], spoken, movements, confusion}) {
  const rows = confusion.map((row, at) => `| ${movements[at]} | ${row.join(' | ')} |`);
  return [
    `${right} of ${clips} clips: ${percent(accuracy)} (95%: ${percent(low)} to ${percent(high)})`,
    ...(spoken === undefined
      ? []
      : [
          `From a score of ${spoken.threshold}: something said of ${spoken.clips}, ${spoken.right} right, ${percent(spoken.accuracy)}`,
        ]),
    '',
    `| | ${movements.join(' | ')} |`,
    `|---|${movements.map(() => '--:|').join('')}`,
    ...rows,
  ].join('\n');
}
