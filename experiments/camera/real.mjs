/**
 * The model on films of other people's, as `analyze` asks it: shots that are labelled by hand in footage.json, and films through which ffmpeg
 * moves a window. Some of the windows are for choices, such as the threshold; the others and all labelled shots were not looked at for any.
 */
import * as tf from '@tensorflow/tfjs-core';
import {analyze} from 'tfjs-sts/timeline';
import {loadModel} from 'tfjs-sts/zoo';
import {counted, keep, spokenAt, table} from './evaluate.mjs';
import {FOOTAGE, filmOf, smallFrames} from './footage.mjs';
import {movedWindows} from './windows.mjs';

/** Sees no shot end. */
const noCuts = (frames) => ({single: tf.zeros([frames.shape[1]]), many: tf.zeros([frames.shape[1]])});

/** What the model says of a film of one shot, whatever its score. */
async function movementOf(camera, frames) {
  const {shots} = await analyze(frames, {camera: {model: camera, threshold: 0}, shots: {model: noCuts}});
  const {label, score} = shots[0].camera;
  return {said: label, score: Number(score.toFixed(3))};
}

async function answersOf(camera, windows) {
  const answers = [];
  for await (const {frames, ...window} of windows) {
    const answer = {...window, ...(await movementOf(camera, frames))};
    answers.push(answer);
    if (answer.label !== answer.said) console.log(`x ${JSON.stringify(answer)}`);
  }
  return answers;
}

async function* labelledShots(directory) {
  for (const film of FOOTAGE.films) {
    const open = () => filmOf(film, directory);
    for (const [from, to, label] of film.shots)
      yield {
        film: film.file,
        from,
        to,
        label,
        frames: await smallFrames(film.sha256, open, directory, from, to),
      };
  }
}

export async function testReal(modelFile, {directory, results}) {
  const camera = await loadModel(modelFile);
  for (const [name, windows] of [
    ['real', labelledShots(directory)],
    ['moved', movedWindows(FOOTAGE.moved, directory)],
  ]) {
    const answers = await answersOf(camera, windows);
    const figures = {...counted(answers), answers};
    keep(results, name, figures);
    console.log(table(figures));
  }
  camera.model.dispose();
}

/** The windows that choices are made by, at some thresholds. */
export async function choose(modelFile, {directory, results}) {
  const camera = await loadModel(modelFile);
  const answers = [];
  for (const list of FOOTAGE.choice)
    answers.push(...(await answersOf(camera, movedWindows(list, directory))));
  const figures = {...counted(answers), answers};
  keep(results, 'choice', figures);
  console.log(table(figures));
  for (const threshold of [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) {
    const {clips, right} = spokenAt(answers, threshold);
    console.log(`from ${threshold}: says something of ${clips} of ${answers.length}, right in ${right}`);
  }
  camera.model.dispose();
}
