/**
 * Mixup (Zhang et al. 2017) and CutMix (Yun et al. 2019) of a batch of clips and its targets, as timm does them in its mode `batch`:
 * clip i with clip `batch - 1 - i`, one share for all of them. Bytes are rounded after mixing, as in timm's collation.
 */
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import type {ByteClip} from './pictures';
import {below, beta, type RandomSource} from './random';
import type {Rectangle} from './resize';

export interface MixOptions {
  /** Parameter of the beta distribution that the share of mixup is drawn from. Default 0: no mixup. */
  readonly mixup?: number;
  /** The same of CutMix. Default 0: no CutMix. */
  readonly cutmix?: number;
  /** Probability that a batch is mixed. Default 1. */
  readonly probability?: number;
  /** Probability of CutMix where both are on. Default 0.5. */
  readonly switchProbability?: number;
}

const OPTIONS = optionNames<MixOptions>({
  mixup: true,
  cutmix: true,
  probability: true,
  switchProbability: true,
});

/** What was drawn for a batch. */
export interface MixPlan {
  /** How much of each clip remains, 0 to 1; of CutMix the share of its area. */
  readonly share: number;
  /** What CutMix takes from the other clip; absent: mixup. */
  readonly box?: Rectangle;
}

/** @throws InvalidArgumentError for unknown options and values out of range */
export function checkMix(caller: string, options: MixOptions): void {
  checkOptions(caller, options, OPTIONS);
  for (const [name, value] of Object.entries(options) as [keyof MixOptions, number | undefined][]) {
    const most = name === 'mixup' || name === 'cutmix' ? Number.MAX_VALUE : 1;
    if (value === undefined || (value >= 0 && value <= most)) continue;
    const needed = most === 1 ? 'a probability from 0 to 1' : 'a number of at least 0';
    throw new InvalidArgumentError(`${caller}: ${name} is ${value}; it must be ${needed}.`);
  }
}

/** CutMix's box of a share of the area round a random place, cut off at the borders, and the share that this leaves. */
export function cutBox(
  random: RandomSource,
  {width, height}: {readonly width: number; readonly height: number},
  share: number,
): MixPlan {
  const side = Math.sqrt(1 - share);
  const [rows, columns] = [Math.trunc(height * side), Math.trunc(width * side)];
  const [y, x] = [below(random, height), below(random, width)];
  const top = Math.max(0, y - Math.floor(rows / 2));
  const left = Math.max(0, x - Math.floor(columns / 2));
  const bottom = Math.min(height, y + Math.floor((rows + 1) / 2));
  const right = Math.min(width, x + Math.floor((columns + 1) / 2));
  const box = {left, top, width: right - left, height: bottom - top};
  return {share: 1 - (box.width * box.height) / (width * height), box};
}

/** Draws how a batch is mixed; undefined: not at all. */
export function planMix(
  random: RandomSource,
  size: {readonly width: number; readonly height: number},
  {mixup = 0, cutmix = 0, probability = 1, switchProbability = 0.5}: MixOptions,
): MixPlan | undefined {
  if ((mixup === 0 && cutmix === 0) || random.uniform() >= probability) return undefined;
  const isCut = cutmix > 0 && (mixup === 0 || random.uniform() < switchProbability);
  const share = beta(random, isCut ? cutmix : mixup);
  return isCut ? cutBox(random, size, share) : {share};
}

/**
 * Mixes clips.
 *
 * @param clips of one size; they stay as they are
 * @returns the mixed ones
 */
export function mixClips(clips: readonly ByteClip[], plan: MixPlan): ByteClip[] {
  return clips.map((clip, i) => {
    const other = clips[clips.length - 1 - i]!;
    const data = plan.box === undefined ? blended(clip, other, plan.share) : patched(clip, other, plan.box);
    return {...clip, data};
  });
}

function blended({data}: ByteClip, other: ByteClip, share: number): Uint8Array {
  // A clamped array rounds, halves to even.
  const result = new Uint8ClampedArray(data.length);
  const {fround} = Math;
  const [own, rest] = [fround(share), fround(1 - share)];
  for (let i = 0; i < data.length; i++)
    result[i] = fround(fround(data[i]! * own) + fround(other.data[i]! * rest));
  return new Uint8Array(result.buffer);
}

function patched({data, frames, height, width}: ByteClip, other: ByteClip, box: Rectangle): Uint8Array {
  const result = Uint8Array.from(data);
  for (let frame = 0; frame < frames; frame++) {
    for (let y = box.top; y < box.top + box.height; y++) {
      const from = ((frame * height + y) * width + box.left) * 3;
      result.set(other.data.subarray(from, from + box.width * 3), from);
    }
  }
  return result;
}

/**
 * Mixes targets as `mixClips` does clips.
 *
 * @param targets `[batch, classes]`, row after row
 */
export function mixTargets(targets: Float32Array, batch: number, {share}: MixPlan): Float32Array {
  const classes = targets.length / batch;
  return targets.map((value, i) => {
    const mirrored = (batch - 1 - Math.floor(i / classes)) * classes + (i % classes);
    return value * share + targets[mirrored]! * (1 - share);
  });
}
