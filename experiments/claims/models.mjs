/**
 * Models of the experiment, for the zoo: of each form the plain network and the one with STS, of the first checkpoint and the first seed
 * of the plan, so that no result has chosen them. The runs of the table leave no weights behind; these are the same runs, made anew.
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {evaluate} from 'tfjs-sts/train';
import {loadModel, saveModel} from 'tfjs-sts/zoo';
import {testFigures} from './analysis/figures.mjs';
import {shareInterval} from './analysis/statistics.mjs';
import {plannedRuns} from './plan.mjs';
import {prepare, progress} from './prepare.mjs';
import {forget, makeRun} from './runs.mjs';
import {motionNames} from './task/motions.mjs';
import {NORMALIZATION} from './task/task.mjs';

/** The arms of which a model is kept, and how its name ends. */
const KEPT = {'image-plain': '', 'image-sts': '_sts'};

/**
 * Writes the models to `models` in the directory, beside them clips for the package's own test of them.
 *
 * @param results the file of what the test clips say of them
 */
export async function makeModels({protocol, forms, directory, tiny}, results) {
  const {machine, task, names} = await prepare({protocol, directory, tiny});
  const place = join(directory, 'models');
  mkdirSync(place, {recursive: true});
  const labels = names
    .slice(0, protocol.task.things)
    .flatMap((thing) => motionNames.map((motion) => `${thing.replaceAll('_', ' ')} ${motion}`));
  const figures = {};
  for (const form of forms) {
    const runs = plannedRuns(protocol, [form]).filter((run) => run.checkpoint === 0 && !(run.seed > 0));
    const context = (run) => ({protocol, task, directory: place, onProgress: progress(run.id)});
    const image = runs.find(({kind}) => kind === 'image');
    const {checkpointDigest} = await makeRun(image, context(image));
    const checkpointDigests = new Map([[`${form}-c0`, checkpointDigest]]);
    for (const run of runs.filter(({arm}) => Object.hasOwn(KEPT, arm))) {
      const name = `motions_${form}${KEPT[run.arm]}`;
      const path = join(place, `${name}.safetensors`);
      const keep = async (model) => {
        const {frames, side} = protocol.task;
        const input = {frames, interval: 1, size: [side, side], ...NORMALIZATION};
        await saveModel(model, path, {...input, labels}, {dtype: 'float16'});
        figures[name] = {run: run.id, ...(await tested(path, model, task)), ...machine};
      };
      const {joint} = await makeRun(run, {...context(run), checkpointDigests, keep});
      forget(run, {directory: place});
      figures[name].beforeRounding = joint;
      console.log(`${path}: ${JSON.stringify(figures[name])}`);
    }
    forget(image, {directory: place});
  }
  const lines = Object.entries(figures).map(([name, each]) => `"${name}": ${JSON.stringify(each)}`);
  writeFileSync(results, `{\n${lines.join(',\n')}\n}\n`);
  writeFileSync(join(place, 'clips.bin'), Buffer.concat(clipOfEachMotion(task, protocol.task)));
}

/** Bytes of test clips, one thing after the other. */
function clipOfEachMotion(task, {things}) {
  return motionNames.map((_, motion) => task.testClip((motion % things) * motionNames.length + motion).data);
}

/** How many test clips the file gets right, and what its rounding to half precision changes. */
async function tested(path, unrounded, task) {
  const {model} = await loadModel(path);
  try {
    const {confusion} = await evaluate(model, task.testClips(), {batchSize: 50});
    const {clips, joint, motion, thing} = testFigures(confusion, task.motions);
    const right = Math.round(joint * clips);
    return {
      clips,
      right,
      joint,
      interval: shareInterval(right, clips),
      motion,
      thing,
      ...(await changes(unrounded, model, task)),
    };
  } finally {
    model.dispose();
  }
}

/** How many first answers differ between two models, and by how much a probability at most. */
async function changes(one, other, task) {
  let [otherAnswers, largestChange] = [0, 0];
  const clips = task.testClips();
  for await (const {x, y} of clips.batches(0, {batchSize: 50, seed: 0})) {
    const [differ, change] = tf.tidy(() => {
      const [before, after] = [one, other].map((model) => tf.softmax(model.predict(x)));
      const isOther = tf.notEqual(tf.argMax(before, 1), tf.argMax(after, 1));
      return [tf.sum(tf.cast(isOther, 'int32')), tf.max(tf.abs(tf.sub(before, after)))];
    });
    otherAnswers += (await differ.data())[0];
    largestChange = Math.max(largestChange, (await change.data())[0]);
    tf.dispose([x, y, differ, change]);
  }
  return {otherAnswers, largestChange};
}
