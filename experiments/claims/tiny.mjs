/** The protocol at a size that takes seconds, on drawn sources: for tests of the runner. It shows nothing. */
import {PROTOCOL} from './protocol.mjs';

export const tinyProtocol = {
  ...PROTOCOL,
  name: 'tiny',
  checkpoints: 1,
  seeds: 1,
  scratch: 1,
  forms: {
    slowonly: {
      ...PROTOCOL.forms.slowonly,
      config: {stages: [1, 1], path: {channels: 4, stemTaps: 1, taps: [1, 3]}},
      videoRecipe: {},
    },
  },
  task: {...PROTOCOL.task, things: 1, pictureClasses: 2, heldOutPhotos: 1, frames: 4, testClips: 12},
  image: {samples: 8, recipe: {batchSize: 4, epochs: 2, learningRate: 0.02}},
  video: {samples: 12, recipe: {batchSize: 6, epochs: 2, learningRate: 0.1}},
};
