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
      videoRecipe: {epochs: 14},
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
    recipe: {batchSize: 16, epochs: 18, learningRate: 0.01, optimizer: {name: 'adamw'}, weightDecay: 0.01},
  },
  /** First seeds of image stages and fine-tunings. Pilots have others. */
  firstSeeds: {image: 7000, video: 8000},
};

/**
 * What was fixed before the first run: these numbers, and the test clips and single pictures that are drawn of them, on any machine to the
 * byte. A runner whose own are others makes no run.
 */
export const DIGESTS = {
  protocol: '40bf0d85f255',
  test: 'f254b0f745cc9d9d178421691be67ef82fe63481ae0a375d42fba6f2c2f58ebe',
  pictures: 'f250ee4a700527678ab52e5e336a20fc14d42bccc4d6387bbd2e9adf236e54b5',
};

/** A short name of all numbers of a protocol. */
export const protocolDigest = (protocol) =>
  createHash('sha256').update(JSON.stringify(protocol)).digest('hex').slice(0, 12);
