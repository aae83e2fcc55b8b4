/** Clips of bytes and their labels as the tensors of a batch: mixed, normalised, targets one-hot or soft. */
import * as tf from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../util/errors';
import type {PerChannel} from '../../video/clips';
import {perChannel} from '../../video/clips/transforms';
import {type ByteClip, type MixOptions, mixClips, mixTargets, planMix, type RandomSource} from '../augment';
import type {Batch} from '../batches/batches';

export interface BatchForm {
  /** How many classes there are. */
  readonly classes: number;
  /** Output value = (byte - mean) / std. */
  readonly mean: PerChannel;
  readonly std: PerChannel;
  readonly mix?: MixOptions;
  /** Whether clips of one frame come without a time axis. */
  readonly isPictures: boolean;
}

/** What each byte becomes in each channel. */
function normalTables({mean, std}: BatchForm): Float32Array[] {
  const [means, divisors] = [perChannel(mean, 0), perChannel(std, 1)];
  return means.map((offset, channel) =>
    Float32Array.from({length: 256}, (_, value) => (value - offset) / divisors[channel]!),
  );
}

/**
 * @param clips of one size, at least one
 * @param random what mixing draws from
 */
export function makeBatch(
  clips: readonly ByteClip[],
  labels: readonly number[],
  form: BatchForm,
  random: RandomSource,
): Batch {
  const {frames, height, width} = clips[0]!;
  const odd = clips.find((clip) => clip.frames !== frames || clip.height !== height || clip.width !== width);
  if (odd !== undefined) {
    throw new InvalidArgumentError(
      `batches: clips of [${odd.frames}, ${odd.height}, ${odd.width}] and [${frames}, ${height}, ${width}] do not go into one batch; all need the same frames and size.`,
    );
  }
  const plan = form.mix && planMix(random, {width, height}, form.mix);
  const mixed = plan === undefined ? clips : mixClips(clips, plan);
  const targets = new Float32Array(clips.length * form.classes);
  labels.forEach((label, i) => {
    targets[i * form.classes + label] = 1;
  });
  const soft = plan === undefined ? targets : mixTargets(targets, clips.length, plan);
  const values = new Float32Array(clips.length * mixed[0]!.data.length);
  const [red, green, blue] = normalTables(form) as [Float32Array, Float32Array, Float32Array];
  let to = 0;
  for (const {data} of mixed) {
    for (let i = 0; i < data.length; i += 3, to += 3) {
      values[to] = red[data[i]!]!;
      values[to + 1] = green[data[i + 1]!]!;
      values[to + 2] = blue[data[i + 2]!]!;
    }
  }
  const shape = form.isPictures ? [height, width, 3] : [frames, height, width, 3];
  return {
    x: tf.tensor(values, [clips.length, ...shape], 'float32'),
    y: tf.tensor2d(soft, [clips.length, form.classes], 'float32'),
  };
}
