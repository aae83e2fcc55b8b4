/**
 * Frames far apart in a long video: how often ffmpeg is started and from where, the same frames as by reading all, and
 * counting from the first frame again where jumps would mislead. ffmpeg is called through a script that writes down how.
 */
import {chmodSync, readFileSync, writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {readClip} from '../../../src/video/clips/read_clip';
import {ffmpegSource} from '../../../src/video/clips/sources/ffmpeg';
import {readViews, TEST_VIEWS} from '../../../src/video/clips/views';
import {collect, type Workshop, workshop} from './make_video';

let shop: Workshop;
let log: string;
let ffmpeg: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  shop = workshop();
  log = shop.at('calls');
  ffmpeg = shop.at('written_down');
  writeFileSync(
    ffmpeg,
    `#!/bin/sh\nfor word; do printf '%s ' "$word"; done >>'${log}'\necho >>'${log}'\nexec ffmpeg "$@"\n`,
  );
  chmodSync(ffmpeg, 0o755);
});
afterAll(() => shop.remove());
beforeEach(() => writeFileSync(log, ''));

/** One entry for each start of ffmpeg: the second where it lands, 0 for the first frame. */
const starts = () =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number(/-ss (\S+)/.exec(line)?.[1] ?? 0));

/** 1,200 frames at 20 a second; the number N of a frame is in its grays: 20 + 3 * (N mod 64) above, 20 + 10 * floor(N / 64) below. */
const PICTURES = [
  '-f',
  'lavfi',
  '-i',
  "color=black:s=32x16:r=20:d=60,format=gray,geq=lum='if(lt(Y,8),20+3*mod(N,64),20+10*floor(N/64))'",
];
const make = (name: string, ...codec: string[]) =>
  shop.make(name, ...PICTURES, ...codec, '-g', '50', '-sc_threshold', '0', '-pix_fmt', 'yuv420p');
const X264 = ['-c:v', 'libx264', '-bf', '2', '-qp', '4'];
/** That of X264, made once. */
let long: string;
beforeAll(() => {
  long = make('long.mp4', ...X264);
});
/** The same packets in a container of their own. */
const stored = (name: string, ...container: string[]) =>
  shop.make(name, '-i', long, '-c', 'copy', ...container);

/** The number of a frame, told by its first and last pixel. */
function numberOf(data: Uint8Array): number {
  return 64 * Math.round((data.at(-1)! - 20) / 10) + Math.round((data[0]! - 20) / 3);
}

describe('frames of a long video', () => {
  it.each([
    ['mp4 with B-frames', () => long],
    ['a clock that starts late', () => stored('late.mkv', '-output_ts_offset', '7.3')],
    ['matroska without an index, as a stream is stored', () => stored('live.mkv', '-live', '1')],
    ['open groups of pictures', () => make('open.mp4', ...X264, '-x264-params', 'open-gop=1')],
    ['MPEG-4', () => make('old.mp4', '-c:v', 'mpeg4', '-bf', '2', '-q:v', '2')],
    [
      'VP9',
      () =>
        make(
          'nine.webm',
          ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-crf', '20', '-b:v', '0'],
        ),
    ],
    ['MPEG transport stream', () => stored('camera.ts')],
  ])('%s: the right ones, near and far', async (_, made) => {
    const source = await ffmpegSource(made(), {ffmpeg});
    for (const wanted of [[1000], [0, 1, 299, 300, 301, 1199], [260, 700, 701], [1150, 1151, 1300]]) {
      const frames = await collect(source.frames(wanted));
      expect(frames.map(({index}) => index)).toEqual(wanted.filter((index) => index < 1200));
      expect(frames.map(({data}) => numberOf(data))).toEqual(frames.map(({index}) => index));
      for (const {index, timestamp} of frames) expect(Math.abs(timestamp - index / 20)).toBeLessThan(0.0011);
    }
    const times = await source.timestamps();
    expect(times).toHaveLength(1200);
    expect(Math.max(...times.map((time, i) => Math.abs(time - i / 20)))).toBeLessThan(0.0011);
    expect(await source.countFrames(true)).toBe(1200);
    await source.close();
  });

  it('starts ffmpeg once for neighbours and jumps to what is far away', async () => {
    const source = await ffmpegSource(long, {ffmpeg});
    await collect(source.frames([10, 120, 1000, 1010]));
    const [first, second, ...others] = starts();
    expect([first, others]).toEqual([0, []]);
    // Between the key frame 1000 and the frame after it.
    expect(second! * 20).toBeGreaterThan(1000);
    expect(second! * 20).toBeLessThan(1001);
    writeFileSync(log, '');
    await collect(source);
    expect(starts()).toEqual([0]);
    await source.close();
  });

  it('reads 30 views, and 80 frames spread over all, in one pass', async () => {
    const source = await ffmpegSource(long, {ffmpeg});
    const options = {...TEST_VIEWS.kinetics400, frames: 4, interval: 2, size: 8, crop: 8};
    const seen: number[] = [];
    for await (const view of readViews(source, options)) {
      expect(view.shape).toEqual([1, 4, 8, 8, 3]);
      seen.push(Math.round(((await view.data())[0]! - 20) / 3));
      view.dispose();
    }
    const clips = Array.from({length: 10}, (_, clip) => Math.floor(((clip + 0.5) * (1200 - 8 + 1)) / 10));
    expect(seen).toEqual(clips.flatMap((start) => [start % 64, start % 64, start % 64]));
    // Clips are 119 frames apart: too near to jump.
    expect(starts()).toEqual([0]);
    writeFileSync(log, '');
    (await readClip(source, {frames: 80})).dispose();
    expect(starts()).toEqual([0]);
    await source.close();
  });

  it('counts from the first frame where pictures are damaged, once that is known', async () => {
    const path = shop.at('damaged.mp4');
    const bytes = readFileSync(long);
    const from = bytes.indexOf('mdat') + 2000;
    bytes.fill(0xa5, from, from + 300);
    writeFileSync(path, bytes);
    const source = await ffmpegSource(path, {ffmpeg});
    const all = await collect(source);
    expect(all.length).toBeLessThan(1200);
    writeFileSync(log, '');
    const wanted = [400, 860, 1000, all.length - 1];
    const frames = await collect(source.frames(wanted));
    expect(frames).toEqual(wanted.map((index) => all[index]));
    expect(starts()).toEqual([0]);
    expect(await source.countFrames(true)).toBe(all.length);
    expect(await source.countFrames()).toBe(all.length);
    await source.close();
  });

  it('counts from the first frame where the container lists a frame too many, once that is known', async () => {
    const ffprobe = shop.at('one_more');
    const more = `case "$*" in *packet=*) ffprobe "$@" && echo 1,__;; *) exec ffprobe "$@";; esac`;
    writeFileSync(ffprobe, `#!/bin/sh\n${more}\n`, {mode: 0o755});
    const source = await ffmpegSource(long, {ffmpeg, ffprobe});
    expect(await source.countFrames()).toBe(1201);
    for await (const {index, data} of source) expect(numberOf(data)).toBe(index);
    writeFileSync(log, '');
    const frames = await collect(source.frames([400, 860, 1180]));
    expect(frames.map(({index, data}) => [index, numberOf(data)])).toEqual(
      [400, 860, 1180].map((n) => [n, n]),
    );
    expect(starts()).toEqual([0]);
    expect(await source.countFrames(true)).toBe(1200);
    await source.close();
  });
});
