/** Blocks and clips of frames that come one by one, against a plain cut of all of them at once. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type Block, type BlockLengths, ShotBlocks} from '../../../../src/video/timeline/analyze/blocks';

/** Frames come one by one; what no clip wants any more is told. */
function blocksOf(times: readonly number[], end: number, lengths: BlockLengths, first = 0): Block[] {
  const blocks = new ShotBlocks(lengths, first, times[0]!);
  const found: Block[] = [];
  const take = () => {
    for (;;) {
      const {needed} = blocks;
      const {value, done} = blocks.ready().next();
      if (done) return;
      for (const frame of value!.clip) expect(frame).toBeGreaterThanOrEqual(needed);
      found.push(value!);
    }
  };
  for (const time of times) {
    blocks.add(time);
    take();
  }
  blocks.end(end);
  take();
  return found;
}

/** Places of the frames in each span of `every` seconds from the first frame on. */
function plain(times: readonly number[], every: number): number[][] {
  const groups: number[][] = [];
  let before = -1;
  times.forEach((time, i) => {
    const span = Math.floor((time - times[0]!) / every + 1e-9);
    if (span !== before) groups.push([]);
    groups.at(-1)!.push(i);
    before = span;
  });
  return groups;
}

describe('blocks', () => {
  const steps = fc.array(fc.integer({min: 1, max: 12}), {minLength: 0, maxLength: 60});
  const lengths = fc.record({
    every: fc.constantFrom(0.5, 1, 2.5, 7),
    frames: fc.integer({min: 1, max: 6}),
    interval: fc.constantFrom(1, 2, 5, 'uniform' as const),
  });

  it('are spans of time of any frame rate, and clips lie around their middles', () => {
    fc.assert(
      fc.property(steps, lengths, fc.nat(9), (gaps, {every, frames, interval}, first) => {
        const times = [3];
        for (const gap of gaps) times.push(times.at(-1)! + gap / 8);
        const end = times.at(-1)! + 0.25;
        const found = blocksOf(times, end, {every, frames, interval}, first);
        const groups = plain(times, every);
        expect(found).toHaveLength(groups.length);
        groups.forEach((group, i) => {
          const {start, clip, ...block} = found[i]!;
          expect(start).toBe(times[group[0]!]);
          expect(block.end).toBe(groups[i + 1] === undefined ? end : times[groups[i + 1]![0]!]);
          expect(clip).toHaveLength(frames);
          const places = clip.map((frame) => frame - first);
          expect(places.every((place) => place >= 0 && place < times.length)).toBe(true);
          if (interval === 'uniform') {
            const middle = (k: number) => group[Math.floor(((k + 0.5) * group.length) / frames)];
            expect(places).toEqual(Array.from({length: frames}, (_, k) => middle(k)));
            return;
          }
          const span = (frames - 1) * interval;
          if (span >= times.length) return;
          expect(places).toEqual(places.map((_, k) => places[0]! + k * interval));
          // As near to the middle of the block as the shot allows.
          const wanted = (group[0]! + group.at(-1)! - span) / 2;
          const nearest = Math.min(Math.max(wanted, 0), times.length - 1 - span);
          expect(Math.abs(places[0]! - nearest)).toBeLessThanOrEqual(0.5);
        });
      }),
      {seed: 8, numRuns: 300},
    );
  });

  it('keep no more than a clip can want', () => {
    for (const [interval, most] of [
      ['uniform', 21],
      [3, 33],
    ] as const) {
      const blocks = new ShotBlocks({every: 2, frames: 5, interval}, 0, 0);
      for (let frame = 0; frame < 500; frame++) {
        blocks.add(frame / 10);
        for (const _ of blocks.ready());
        expect(frame - blocks.needed).toBeLessThanOrEqual(most);
      }
    }
  });

  it('a shot shorter than a clip of fixed distances begins anew', () => {
    const lengths = {every: 9, frames: 4, interval: 2};
    expect(blocksOf([0, 0.1, 0.2], 0.3, lengths, 7)).toEqual([{start: 0, end: 0.3, clip: [7, 9, 8, 7]}]);
  });
});
