/** Trains the network and keeps it as a file for `loadModel`; a run that was stopped goes on. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {train} from 'tfjs-sts/train';
import {saveModel} from 'tfjs-sts/zoo';
import {cameraNetwork} from './network.mjs';
import {settingsDigest} from './settings.mjs';
import {movementNames} from './task/movements.mjs';

/** The folder of a run, named by all numbers that it depends on. */
const folderOf = (settings, directory) => join(directory, `run-${settingsDigest(settings)}`);

/** The file of what comes out. */
export const modelPath = (settings, directory) => join(folderOf(settings, directory), 'camera.safetensors');

/** @returns loss and accuracy over the last epoch, with the weights of the moment */
export async function trainCamera(settings, task, {directory, onProgress}) {
  const {training, clip, normalization} = settings;
  const model = cameraNetwork(settings);
  try {
    const folder = join(folderOf(settings, directory), 'training');
    const keeping = {directory: folder, resume: true, checkpointEvery: 30};
    await train(model, task.clips(training.samples), {recipe: training.recipe, ...keeping, onProgress});
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
