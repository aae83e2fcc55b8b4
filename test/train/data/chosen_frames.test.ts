/** The frames of clips for training, against what mmaction's SampleFrames promises. */
import {describe, expect, it} from 'vitest';
import {randomAt} from '../../../src/train/augment';
import {chooseFrames} from '../../../src/train/data/reading/chosen_frames';

const many = (total: number, interval: number | 'uniform') =>
  Array.from({length: 600}, (_, i) =>
    chooseFrames(total, {frames: 3, interval, shortVideo: 'loop'}, randomAt(1, 'clip', 0, i)),
  );

describe('a clip for training', () => {
  it('of an interval begins at every frame from which it fits, as often', () => {
    // Spans 3 x 4 frames: six starts among 17.
    const clips = many(17, 4);
    const starts = clips.map(([first]) => first!);
    for (const [first, second, third] of clips) expect([second! - first!, third! - second!]).toEqual([4, 4]);
    const counts = [0, 1, 2, 3, 4, 5].map((start) => starts.filter((found) => found === start).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(600);
    // Five standard deviations of 100 of 600.
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(46);
  });

  it('spread over the video takes any frame of each segment', () => {
    const clips = many(14, 'uniform');
    const taken = [0, 1, 2].map((place) =>
      [...new Set(clips.map((clip) => clip[place]!))].sort((a, b) => a - b),
    );
    expect(taken).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
    expect(new Set(clips.map((clip) => clip.join())).size).toBe(64);
  });

  it.each([
    [12, 4, [0, 4, 8]],
    [9, 4, [0, 4, 8]],
    [5, 4, [0, 4, 3]],
    [2, 'uniform', [0, 1, 0]],
  ] as const)('of %i frames at interval %s has one choice', (total, interval, expected) => {
    expect(new Set(many(total, interval).map(String))).toEqual(new Set([String(expected)]));
  });

  it('without chance lies in the middle, and too short a video may be refused', () => {
    const choice = {frames: 3, interval: 4, shortVideo: 'error'} as const;
    expect(chooseFrames(17, choice, undefined)).toEqual([3, 7, 11]);
    expect(() => chooseFrames(5, choice, randomAt(1, 'clip'))).toThrow(
      'has 5 frames but a clip of 3 frames needs 9',
    );
  });
});
