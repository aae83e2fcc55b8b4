/** Frame choice against values worked out with mmaction 0.x's SampleFrames in test mode, and by its properties. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/util/errors';
import {sampleClip, sampleClips} from '../../../src/video/clips/sampling';

/** mmaction's `_get_test_clips` and `__call__`, as NumPy would do it, for clips of fixed interval. */
function mmaction(total: number, length: number, interval: number, clips: number): number[][] {
  const span = length * interval;
  const average = (total - span + 1) / clips;
  const offsets: number[] = [];
  for (let clip = 0; clip < clips; clip++)
    offsets.push(total > span - 1 ? Math.trunc(clip * average + average / 2) : 0);
  return offsets.map((offset) => Array.from({length}, (_, i) => (offset + i * interval) % total));
}

describe('sampleClip', () => {
  it('takes the middle of equal segments by default', () => {
    expect(sampleClip({total: 100, frames: 4})).toEqual([12, 37, 62, 87]);
    expect(sampleClip({total: 8, frames: 8})).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(sampleClip({total: 1, frames: 1})).toEqual([0]);
    expect(sampleClip({total: 7, frames: 1})).toEqual([3]);
    expect(sampleClip({total: 10, frames: 8})).toEqual([0, 1, 3, 4, 5, 6, 8, 9]);
  });

  it('takes a clip of fixed interval from the middle or the start', () => {
    expect(sampleClip({total: 100, frames: 4, interval: 2})).toEqual([46, 48, 50, 52]);
    expect(sampleClip({total: 100, frames: 4, interval: 2, position: 'start'})).toEqual([0, 2, 4, 6]);
    expect(sampleClip({total: 64, frames: 32, interval: 2})[0]).toBe(0);
    expect(sampleClip({total: 7, frames: 4, interval: 2})).toEqual([0, 2, 4, 6]);
  });

  it.each([{interval: 1}, {interval: 'uniform' as const}])('treats a short video as told, %o', (spread) => {
    const short = {total: 3, frames: 7, ...spread};
    expect(() => sampleClip(short)).toThrow(InvalidArgumentError);
    expect(() => sampleClip(short)).toThrow(
      /has 3 frames but a clip of 7 frames needs 7; ask for fewer frames/,
    );
    expect(sampleClip({...short, shortVideo: 'loop'})).toEqual([0, 1, 2, 0, 1, 2, 0]);
    expect(sampleClip({...short, shortVideo: 'repeat-last'})).toEqual([0, 1, 2, 2, 2, 2, 2]);
  });

  it('repeats the last frame of the clip that is there, as mmaction does', () => {
    expect(sampleClip({total: 6, frames: 4, interval: 2, shortVideo: 'repeat-last'})).toEqual([0, 2, 4, 4]);
    expect(sampleClip({total: 6, frames: 4, interval: 2, shortVideo: 'loop'})).toEqual([0, 2, 4, 0]);
  });

  it.each([
    {total: 0, frames: 4},
    {total: 4, frames: 0},
    {total: 4.5, frames: 2},
    {total: 4, frames: Number.NaN},
    {total: 9, frames: 2, interval: 0},
    {total: 9, frames: 2, interval: -1},
  ])('refuses %o', (bad) => {
    expect(() => sampleClip(bad)).toThrow(/must be a whole number from 1 on/);
  });

  it('always gives rising indices inside the video, close to evenly spread', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 3000}), fc.integer({min: 1, max: 64}), (total, frames) => {
        fc.pre(total >= frames);
        const indices = sampleClip({total, frames});
        expect(indices).toHaveLength(frames);
        for (const [i, index] of indices.entries()) {
          // Inside its own segment, and within one frame of its middle.
          expect(index + 1).toBeGreaterThan((i * total) / frames);
          expect(index).toBeLessThan(((i + 1) * total) / frames);
          expect(Math.abs(index + 0.5 - ((i + 0.5) * total) / frames)).toBeLessThanOrEqual(0.5);
        }
      }),
      {seed: 31, numRuns: 500},
    );
  });
});

describe('sampleClips', () => {
  it('equals mmaction for fixed intervals, looped when short', () => {
    fc.assert(
      fc.property(
        fc.integer({min: 1, max: 400}),
        fc.integer({min: 1, max: 32}),
        fc.integer({min: 1, max: 8}),
        fc.integer({min: 1, max: 10}),
        (total, frames, interval, clips) => {
          const expected = mmaction(total, frames, interval, clips);
          expect(sampleClips({total, frames, interval, clips, shortVideo: 'loop'})).toEqual(expected);
          const [one] = mmaction(total, frames, interval, 1);
          expect(sampleClip({total, frames, interval, shortVideo: 'loop'})).toEqual(one);
        },
      ),
      {seed: 32, numRuns: 500},
    );
  });

  it('spreads uniform clips over different frames of each segment', () => {
    expect(sampleClips({total: 40, frames: 4, clips: 2})).toEqual([
      [2, 12, 22, 32],
      [7, 17, 27, 37],
    ]);
    expect(sampleClips({total: 40, frames: 4, clips: 1})).toEqual([sampleClip({total: 40, frames: 4})]);
    expect(() => sampleClips({total: 40, frames: 4, clips: 0})).toThrow(/number of clips is 0/);
    expect(() => sampleClips({total: 2, frames: 4, clips: 2})).toThrow(
      /^sampleClips: the video has 2 frames/,
    );
  });
});
