/** The experiment at a size that takes seconds, for tests of its programs. It shows nothing. */
import {SETTINGS} from './settings.mjs';

const {task, training, config} = SETTINGS;

export const tinySettings = {
  ...SETTINGS,
  name: 'tiny',
  config: {
    ...config,
    levels: [...config.levels.slice(0, 2), {spans: ['short'], window: [1, 2], strides: [1, 1]}],
    channels: {fine: 4, coarse: 4, windows: 4, moment: 4},
  },
  clip: {frames: 6, height: 14, width: 24},
  task: {...task, drawings: 18, testClips: 18, grouped: {...task.grouped, drawings: 32, testClips: 8}},
  training: {
    samples: 24,
    recipe: {...training.recipe, epochs: 1, batchSize: 12, preciseBatchNorm: 1},
  },
};
