/** Every number of the experiment. Lengths are shares of the frame, times seconds, angles radians. */
import {createHash} from 'node:crypto';

export const SETTINGS = {
  name: 'camera-4',
  config: {
    /**
     * From the frame's own size down: how long differences in time are, and the windows in which motion is computed, with their
     * strides, in pixels of the level.
     */
    levels: [
      {spans: ['short', 'middle', 'long'], window: [4, 4], strides: [3, 3]},
      {spans: ['short', 'middle', 'long'], window: [5, 4], strides: [2, 3]},
      {spans: ['short', 'middle'], window: [1, 4], strides: [1, 1]},
    ],
    channels: {fine: 40, coarse: 40, windows: 56, moment: 64},
    dropout: 0.2,
    seed: 1,
  },
  clip: {frames: 16, height: 27, width: 48},
  normalization: {mean: 116, std: 64},
  task: {
    /** Of a clip: mostly 2 seconds, as `analyze` cuts shots; shots may be shorter. */
    span: 2,
    shortSpans: {share: 0.3, range: [0.6, 2]},
    /** Frames a second of the film that the clip is cut from. */
    rates: [8, 10, 12, 15, 24, 25, 30, 50, 60],
    aspects: [16 / 9, 16 / 9, 16 / 9, 4 / 3, 4 / 3, 2.39, 1.5, 1, 9 / 16],
    /** Mean speeds: widths a second, heights a second, natural logarithm of the scale a second, radians a second. */
    speeds: {pan: [0.02, 0.6], tilt: [0.02, 0.6], zoom: [0.03, 0.6], roll: [0.035, 0.9]},
    /** What a movement moves the edge of the frame at least. */
    leastWay: 0.02,
    /** What else moves beside the movement, as its share at the edge of the frame. */
    besides: {share: 0.5, most: 0.25},
    /** A camera on a tripod: speed of its drift, and root mean square of what it shakes, at most. */
    still: {drift: 0.004, shake: 0.0007},
    /** Root mean squares: widths, radians, logarithm of the scale; and how fast hands move, in Hz. */
    handheld: {
      shift: [0.004, 0.03],
      roll: [0.001, 0.015],
      zoom: [0, 0.006],
      frequency: [0.4, 3],
      wander: 1.5,
    },
    /** Hands that move on purpose: how often, and their shake as a share of the way, and in widths, at most. */
    shaky: {share: 0.5, ofWay: 0.12, most: 0.012},
    /** Frame widths that a photograph is wide. */
    scale: [0.7, 2.2],
    keystone: 0.25,
    /** What moves in front: how many, how large, how fast, how many of them rest, and how much of the frame they hide at most. */
    things: {
      kinds: [
        {share: 0.15, count: [0, 0], size: [1, 1], speed: [0, 0]},
        {share: 0.25, count: [1, 3], size: [0.08, 0.63], speed: [0, 0.6]},
        {share: 0.25, count: [4, 14], size: [0.05, 0.22], speed: [0, 0.5]},
        {share: 0.35, count: [1, 5], size: [0.5, 1.4], speed: [0, 0.5]},
      ],
      resting: 0.15,
      mostCovered: 0.85,
    },
    /** Leaves and water. */
    waves: {share: 0.2, size: [0.002, 0.012], length: [0.08, 0.5], frequency: [0.3, 2]},
    drawnScenes: 0.35,
    bars: 0.1,
    light: {
      contrast: [0.25, 1.15],
      brightness: [-50, 50],
      change: 0.12,
      noise: [0, 5],
      blur: 0.3,
      grey: 0.15,
      flicker: {share: 0.2, most: 0.06},
      codec: {share: 0.35, side: 4, threshold: 3},
    },
    /** Clips in which groups move as one before ground that has little to see: mostly the camera stands. */
    grouped: {
      drawings: 3000,
      testClips: 400,
      standing: 0.75,
      /** How much of the scene is left beside one colour, where the camera stands and where it moves. */
      ground: {standing: [0, 1], moving: [0.3, 1]},
      dark: 0.4,
      kinds: [
        {
          ...{share: 0.35, count: [5, 18], size: [0.15, 0.5], speed: [0.03, 0.5]},
          group: {inPlace: 0.3, growing: 0.6, growth: [0.05, 0.7], apart: 0.5},
        },
        {
          ...{share: 0.3, count: [1, 4], size: [0.5, 1.4], speed: [0.03, 0.5]},
          group: {inPlace: 0.3, growing: 0.6, growth: [0.05, 0.7], apart: 0.2},
        },
        {
          ...{share: 0.35, count: [1, 2], size: [0.12, 0.6], speed: [0.02, 0.3], isFigure: true},
          group: {inPlace: 0.5, growing: 0.6, growth: [0.03, 0.5], apart: 0.3},
        },
      ],
    },
    heldOutPhotos: 4,
    /** Other clips of training that are drawn; each is seen in eight forms. */
    drawings: 5400,
    testSeed: 1414,
    testClips: 1800,
  },
  training: {
    /** By turns one of each movement and three of groups before a standing camera. */
    samples: 4032,
    recipe: {
      batchSize: 16,
      optimizer: {name: 'adamw'},
      weightDecay: 0.01,
      schedule: {name: 'cosine', per: 'iteration', warmup: {epochs: 1}},
      preciseBatchNorm: 20,
      frozen: ['stem_*'],
      epochs: 26,
      learningRate: 0.004,
      seed: 16,
    },
  },
};

/** A short name of all numbers. */
export const settingsDigest = (settings) =>
  createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 12);

/** The score from which on an answer counts: of those tried the lowest from which on all was right in the windows for choices (footage.json). */
export const THRESHOLD = 0.8;
