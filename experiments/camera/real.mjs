/**
 * The model on films of other people's, as `analyze` asks it: shots that are labelled by hand in footage.json, and films through which ffmpeg
 * moves a window. Some of the windows are for choices, such as the threshold. Others, and some of the shots, were looked at for models before
 * this one; what the model is judged by was not.
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

async function* each(lists, directory) {
  for (const list of lists) yield* movedWindows(list, directory);
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

async function* labelledShots(films, directory) {
  for (const film of films) {
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
  const {films, moved, movedBefore} = FOOTAGE;
  const asked = {
    real: labelledShots(
      films.filter(({before}) => !before),
      directory,
    ),
    moved: each(moved, directory),
    realBefore: labelledShots(
      films.filter(({before}) => before),
      directory,
    ),
    movedBefore: each(movedBefore, directory),
  };
  for (const [name, windows] of Object.entries(asked)) {
    const answers = await answersOf(camera, windows);
    const figures = {...counted(answers), answers};
    keep(results, name, figures);
    console.log(`${name}: ${table(figures)}`);
  }
  camera.model.dispose();
}

/** The windows that choices are made by, at some thresholds. */
export async function choose(modelFile, {directory, results}) {
  const camera = await loadModel(modelFile);
  const answers = await answersOf(camera, each(FOOTAGE.choice, directory));
  const figures = {...counted(answers), answers};
  keep(results, 'choice', figures);
  console.log(table(figures));
  for (const threshold of [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) {
    const {clips, right} = spokenAt(answers, threshold);
    console.log(`from ${threshold}: says something of ${clips} of ${answers.length}, right in ${right}`);
  }
  camera.model.dispose();
}
