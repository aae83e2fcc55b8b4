/** Trains the network and keeps it as a file for `loadModel`; a run that was stopped goes on. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {train} from 'tfjs-sts/train';
import {saveModel} from 'tfjs-sts/zoo';
import {cameraNetwork} from './network.mjs';
import {settingsDigest} from './settings.mjs';
import {movementNames} from './task/movements.mjs';

/** The folder of a round, named by all numbers that it depends on. */
function roundFolder(settings, directory, round) {
  const {training, ...others} = settings;
  const rounds = training.rounds.slice(0, round + 1);
  return join(
    directory,
    `round-${round + 1}-${settingsDigest({...others, training: {...training, rounds}})}`,
  );
}

/** The file of what comes out. */
export const modelPath = (settings, directory) =>
  join(roundFolder(settings, directory, settings.training.rounds.length - 1), 'camera.safetensors');

/** @returns loss and accuracy over the last epoch, with the weights of the moment */
export async function trainCamera(settings, task, {directory, onProgress}) {
  const {training, clip, normalization} = settings;
  const model = cameraNetwork(settings);
  try {
    const data = task.clips(training.samples);
    for (const [round, recipe] of training.rounds.entries()) {
      const folder = join(roundFolder(settings, directory, round), 'training');
      await train(model, data, {recipe, directory: folder, resume: true, checkpointEvery: 30, onProgress});
    }
    await saveModel(model, modelPath(settings, directory), {
      frames: clip.frames,
      interval: 'uniform',
      size: [clip.height, clip.width],
      ...normalization,
      labels: movementNames,
    });
    const log = join(roundFolder(settings, directory, training.rounds.length - 1), 'training', 'log.jsonl');
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').map(JSON.parse);
    const {loss, accuracy} = lines.findLast(({kind}) => kind === 'epoch');
    return {parameters: model.countParams(), loss, accuracy};
  } finally {
    model.dispose();
  }
}
