/** Trains the network and keeps it as a file for `loadModel`; a run that was stopped goes on. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {train} from 'tfjs-sts/train';
import {saveModel} from 'tfjs-sts/zoo';
import {cameraNetwork} from './network.mjs';
import {STANDING, settingsDigest} from './settings.mjs';
import {movementNames} from './task/movements.mjs';

/** The folder of a run, named by all numbers that it depends on. */
const folderOf = (settings, directory) => join(directory, `run-${settingsDigest(settings)}`);

/** The file of what comes out. */
export const modelPath = (settings, directory) => join(folderOf(settings, directory), 'camera.safetensors');

/** In training every movement is as frequent as standing still, in films it is not: the logit of what stands rises. */
async function expectStanding(model) {
  const classifier = model.getLayer('movement');
  const [kernel, bias] = classifier.getWeights();
  const values = await bias.data();
  values[movementNames.indexOf('static')] += Math.log(STANDING);
  const shifted = tf.tensor1d(values);
  classifier.setWeights([kernel, shifted]);
  shifted.dispose();
}

/** @returns loss and accuracy over the last epoch, with the weights of the moment */
export async function trainCamera(settings, task, {directory, onProgress}) {
  const {training, clip, normalization} = settings;
  const model = cameraNetwork(settings);
  try {
    const folder = join(folderOf(settings, directory), 'training');
    const keeping = {directory: folder, resume: true, checkpointEvery: 30};
    await train(model, task.clips(training.samples), {recipe: training.recipe, ...keeping, onProgress});
    await expectStanding(model);
    const input = {
      frames: clip.frames,
      interval: 'uniform',
      size: [clip.height, clip.width],
      ...normalization,
    };
    const path = modelPath(settings, directory);
    await saveModel(model, path, {...input, labels: movementNames}, {dtype: 'float16'});
    const lines = readFileSync(join(folder, 'log.jsonl'), 'utf8').trimEnd().split('\n').map(JSON.parse);
    const {loss, accuracy} = lines.findLast(({kind}) => kind === 'epoch');
    return {parameters: model.countParams(), loss, accuracy};
  } finally {
    model.dispose();
  }
}
