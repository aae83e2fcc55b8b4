/** Every number of the experiment. Lengths are shares of the frame, times seconds, angles radians. */
import {createHash} from 'node:crypto';

export const SETTINGS = {
  name: 'camera-1',
  /** Of the package; what of its configuration differs. */
  network: 'slowonly_tiny_sts',
  config: {stages: [1, 1, 1], path: {channels: 8, stemTaps: 3, taps: [3, 3, 3]}, dropout: 0, seed: 1},
  /** What the stem begins with: gratings that drift in four directions. Pixels, pixels, shares of a wave a frame. */
  gratings: {wave: 7, radius: 2.2, drift: 0.2},
  clip: {frames: 16, height: 27, width: 48},
  normalization: {mean: 116, std: 64},
  task: {
    /** Of a clip: mostly 2 seconds, as `analyze` cuts shots; shots may be shorter. */
    span: 2,
    shortSpans: {share: 0.25, range: [1, 2]},
    /** Frames a second of the film that the clip is cut from. */
    rates: [10, 12, 15, 24, 25, 30, 50, 60],
    aspects: [16 / 9, 16 / 9, 16 / 9, 4 / 3, 4 / 3, 2.39, 1.5, 1, 9 / 16],
    /** Mean speeds: widths a second, heights a second, natural logarithm of the scale a second, radians a second. */
    speeds: {pan: [0.03, 0.6], tilt: [0.03, 0.6], zoom: [0.05, 0.6], roll: [0.06, 0.9]},
    /** What else moves beside the movement, as its share at the edge of the frame. */
    besides: {share: 0.5, most: 0.25},
    /** A camera on a tripod: speed of its drift, and root mean square of what it shakes, at most. */
    still: {drift: 0.004, shake: 0.0007},
    /** Root mean squares: widths, radians, logarithm of the scale; and how fast hands move, in Hz. */
    handheld: {shift: [0.005, 0.03], roll: [0.001, 0.015], zoom: [0, 0.006], frequency: [0.4, 3]},
    /** Hands that move on purpose: how often, and their shake as a share of the way, and in widths, at most. */
    shaky: {share: 0.5, ofWay: 0.12, most: 0.012},
    /** Frame widths that a photograph is wide. */
    scale: [0.7, 2.2],
    keystone: 0.25,
    things: {most: 3, size: [0.08, 0.63], speed: [0, 0.5]},
    drawnScenes: 0.35,
    bars: 0.1,
    light: {
      contrast: [0.35, 1.15],
      brightness: [-50, 50],
      change: 0.12,
      noise: [0, 5],
      blur: 0.3,
      grey: 0.15,
    },
    heldOutPhotos: 4,
    /** Clips of training that are drawn; each is seen in eight forms. */
    drawings: 2700,
    testSeed: 1414,
    testClips: 1800,
  },
  training: {
    samples: 2016,
    recipe: {
      batchSize: 16,
      epochs: 9,
      learningRate: 0.01,
      optimizer: {name: 'adamw'},
      weightDecay: 0.01,
      schedule: {name: 'cosine', per: 'iteration', warmup: {epochs: 1}},
      preciseBatchNorm: 20,
      frozen: ['conv1'],
      seed: 14,
    },
  },
};

/** A short name of all numbers. */
export const settingsDigest = (settings) =>
  createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 12);
