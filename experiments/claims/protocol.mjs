/**
 * The experiment's numbers; why they are so is protocol.md. A change of anything here is another experiment: lines of runs carry the
 * digest of these numbers, and lines with another one are not counted.
 */
import {createHash} from 'node:crypto';

export const PROTOCOL = {
  name: 'claims-1',
  /** Units of analysis, and fine-tuning runs of each. */
  checkpoints: 10,
  seeds: 2,
  /** Of each of the two arms that begin with random weights; one run each. */
  scratch: 5,
  forms: {
    slowonly: {
      family: 'slowonly',
      network: 'slowonly_tiny',
      config: {stages: [1, 1, 1], path: {channels: 10, stemTaps: 1, taps: [1, 3, 3]}},
    },
    x3d: {
      family: 'x3d',
      network: 'x3d_tiny',
      config: {
        hidden: 128,
        stages: [
          {channels: 8, blocks: 1},
          {channels: 16, blocks: 2},
          {channels: 32, blocks: 2},
        ],
      },
    },
  },
  task: {
    things: 5,
    pictureClasses: 256,
    spriteSeed: 14,
    heldOutPhotos: 4,
    frames: 10,
    side: 32,
    sizes: [12, 16],
    speeds: {slow: [1.0, 1.3], fast: [2.0, 2.6], turning: [1.5, 2.2]},
    drift: 0,
    groundContrast: 0.5,
    place: 4,
    strength: [1, 1],
    light: [0.7, 1.1],
    testSeed: 51,
    testClips: 4000,
  },
  image: {
    samples: 2560,
    recipe: {batchSize: 64, epochs: 10, learningRate: 0.004, optimizer: {name: 'adamw'}},
  },
  video: {
    samples: 960,
    recipe: {batchSize: 16, epochs: 12, learningRate: 0.007, optimizer: {name: 'adamw'}, weightDecay: 0.01},
  },
  /** First seeds of image stages and fine-tunings. Pilots have others. */
  firstSeeds: {image: 7000, video: 8000},
};

/**
 * `{protocol, test, pictures}`, written down when the protocol is fixed: what is drawn on any machine must be these bytes. Empty: the
 * task is still being chosen, and no run that counts can be made.
 */
export const DIGESTS = {};

/** A short name of all numbers of a protocol. */
export const protocolDigest = (protocol) =>
  createHash('sha256').update(JSON.stringify(protocol)).digest('hex').slice(0, 12);
