/** The experiment at a size that takes seconds, for tests of its programs. It shows nothing. */
import {SETTINGS} from './settings.mjs';

const {task, training, config} = SETTINGS;

export const tinySettings = {
  ...SETTINGS,
  name: 'tiny',
  config: {...config, stages: [1], path: {channels: 4, stemTaps: 3, taps: [3]}},
  clip: {frames: 6, height: 14, width: 24},
  task: {...task, drawings: 18, testClips: 18},
  training: {
    samples: 18,
    recipe: {...training.recipe, epochs: 1, batchSize: 9, preciseBatchNorm: 1},
  },
};
