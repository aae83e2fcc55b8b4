/** Mixup and CutMix against timm's, and what they draw. */
import {describe, expect, it} from 'vitest';
import {
  checkMix,
  cutBox,
  type MixOptions,
  mixClips,
  mixTargets,
  planMix,
  randomAt,
} from '../../../src/train/augment';
import {bytes, given, vectors} from './vectors';

const {width, height, labels, data, cases} = vectors.mixes;
const batch = labels.length;
const clips = labels.map((_, i) => {
  const length = width * height * 3;
  return {data: bytes(data).subarray(i * length, (i + 1) * length), frames: 1, width, height};
});
const targets = Float32Array.from(labels.flatMap((label) => [0, 1, 2].map((k) => Number(k === label))));

describe('a batch mixed as by timm', () => {
  it.each(cases)('cutmix: $cutmix, share $share', (vector) => {
    const plan = vector.cutmix
      ? cutBox(given(vector.numbers), {width, height}, vector.share)
      : {share: vector.share};
    const mixed = mixClips(clips, plan);
    expect(new Uint8Array(mixed.flatMap((clip) => [...clip.data]))).toEqual(bytes(vector.data));
    const made = mixTargets(targets, batch, plan);
    // Both are 32-bit floats up to 1.
    vector.targets.forEach((target, i) => {
      expect(made[i]).toBeCloseTo(target, 6);
    });
  });

  it('patches every frame of a clip at the same place', () => {
    const [a, b] = [0, 200].map((value) => ({
      data: new Uint8Array(3 * 4 * 5 * 3).fill(value),
      frames: 3,
      height: 4,
      width: 5,
    }));
    const [mixed] = mixClips([a!, b!], {share: 0.7, box: {left: 1, top: 2, width: 2, height: 1}});
    const expected = Array.from({length: 3 * 4 * 5 * 3}, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % 5, Math.floor(i / 15) % 4];
      return y === 2 && (x === 1 || x === 2) ? 200 : 0;
    });
    expect([...mixed!.data]).toEqual(expected);
  });
});

describe('what is drawn', () => {
  const plans = (options: Parameters<typeof planMix>[2]) =>
    Array.from({length: 4000}, (_, i) => planMix(randomAt(1, 'mix', 0, i), {width: 20, height: 16}, options));

  it('mixes with the probability given, by CutMix as often as switched', () => {
    const drawn = plans({mixup: 0.1, cutmix: 1, probability: 0.8, switchProbability: 0.25});
    const mixed = drawn.filter((plan) => plan !== undefined);
    // Five standard deviations: sqrt(0.8 x 0.2 x 4000) = 25.3, sqrt(0.25 x 0.75 x 3200) = 24.5.
    expect(Math.abs(mixed.length - 3200)).toBeLessThan(127);
    expect(Math.abs(mixed.filter(({box}) => box).length - mixed.length / 4)).toBeLessThan(123);
  });

  it('does nothing where nothing is asked for', () => {
    expect(plans({}).every((plan) => plan === undefined)).toBe(true);
  });

  it('gives the share that the box leaves', () => {
    const wrong = plans({cutmix: 1}).filter((plan) => {
      const {box, share} = plan!;
      const left = 1 - (box!.width * box!.height) / 320;
      const fits = box!.left + box!.width <= 20 && box!.top + box!.height <= 16;
      return !fits || Math.abs(share - left) > 1e-12;
    });
    expect(wrong).toEqual([]);
  });
});

it.each([
  [{mixup: -1}, /mixup is -1/],
  [{probability: 2}, /probability is 2/],
  [{mixUp: 1}, /unknown option mixUp; did you mean mixup\?/],
])('refuses %o', (options, message) => {
  expect(() => checkMix('recipe', options as MixOptions)).toThrow(message);
});
