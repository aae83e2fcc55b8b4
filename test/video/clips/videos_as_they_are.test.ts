/**
 * Videos of odd making, with pixels that are known: every frame in its order, at its time, and the same whether all are read or
 * some. Counts and order were compared by hand with PyAV 18 on 40 files of other codecs and containers.
 */
import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {ffmpegSource} from '../../../src/video/clips/sources/ffmpeg';
import {collect, type Workshop, workshop} from './make_video';

let shop: Workshop;
beforeAll(() => {
  shop = workshop();
});
afterAll(() => shop.remove());

/** Frames of one gray each: frame N of 16 + 4 N, so that any mistaken one is told. */
const gray = (frame: number) => 16 + 4 * frame;
const grays = (seconds: number, {rate = 10, size = '32x24', chain = ''} = {}) => [
  ...[
    '-f',
    'lavfi',
    '-i',
    `color=black:s=${size}:r=${rate}:d=${seconds},format=gray,geq=lum='16+4*N'${chain}`,
  ],
];
const X264 = ['-c:v', 'libx264', '-qp', '1', '-bf', '2', '-pix_fmt', 'yuv420p'];

/** The frames of a file by their gray; those of lists of numbers must be the same. */
async function framesOf(path: string, isDamaged = false, hasOneClock = true) {
  const source = await ffmpegSource(path);
  const all = await collect(source);
  // Each reading is a process: frames all over the film, and those at its end.
  for (const wanted of [
    [...all.keys()].filter((i) => i === 0 || i % 3 === 1),
    [all.length - 2, all.length - 1, all.length],
  ]) {
    const indices = [...new Set(wanted)].filter((index) => index >= 0);
    const some = await collect(source.frames(indices));
    expect(some.map(({index}) => index)).toEqual(indices.filter((index) => index < all.length));
    for (const {index, data} of some)
      expect([index, Buffer.compare(data, all[index]!.data)]).toEqual([index, 0]);
  }
  const times = await source.timestamps(isDamaged);
  if (!isDamaged) expect(await source.countFrames()).toBe(all.length);
  expect(await source.countFrames(true)).toBe(all.length);
  expect(all.map(({index}) => index)).toEqual([...all.keys()]);
  // As well as the two programs print them.
  all.forEach(({timestamp}, i) => {
    if (hasOneClock) expect(Math.abs(timestamp - times[i]!)).toBeLessThan(1e-3);
  });
  await source.close();
  return {
    info: source.info,
    times: times.map((time) => Math.round(time * 1000)),
    grays: all.map(
      ({data, width, height}) => data[(Math.floor(height / 2) * width + Math.floor(width / 2)) * 3]!,
    ),
  };
}

/** Coding is lossy by a level, and limited range has 219 of them for 255. */
function expectGrays(found: readonly number[], frames: readonly number[]) {
  expect(found).toHaveLength(frames.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - gray(frames[i]!))).toBeLessThanOrEqual(2);
  });
}

const numbers = (first: number, last: number) => Array.from({length: last - first + 1}, (_, i) => first + i);

describe('videos as they are', () => {
  it('an edit list that shows a part of the frames', async () => {
    const whole = shop.make('whole.mp4', ...grays(4), ...X264, '-g', '15');
    const cut = shop.make('edited.mp4', '-ss', '1.2', '-i', whole, '-c', 'copy');
    const {info, grays: found} = await framesOf(cut);
    expectGrays(found, numbers(12, 39));
    // The container holds the frames from the key frame before on.
    expect(info.frameCount).toBeUndefined();
  });

  it('a size that changes midway: all frames in the size of the first', async () => {
    const parts = ['32x24', '48x36', '20x28'].map((size, i) =>
      shop.make(
        `part${i}.ts`,
        ...grays(1, {size, chain: `,lutyuv=y=val+${40 * i}`}),
        ...X264,
        '-output_ts_offset',
        `${i}`,
      ),
    );
    writeFileSync(shop.at('resized.ts'), Buffer.concat(parts.map((part) => readFileSync(part))));
    const {info, grays: found} = await framesOf(shop.at('resized.ts'), false, false);
    expect(info).toMatchObject({width: 32, height: 24});
    expectGrays(found, numbers(0, 29));
  });

  it('a clock that does not start at 0', async () => {
    for (const name of ['late.mp4', 'late.ts']) {
      const late = shop.make(name, ...grays(2), ...X264, '-output_ts_offset', '3.5');
      const {grays: found, times} = await framesOf(late);
      expectGrays(found, numbers(0, 19));
      expect(times).toEqual(numbers(0, 19).map((frame) => 100 * frame));
    }
  });

  it('pictures that begin after the sound: their times say so', async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine=d=3'];
    const video = shop.make(
      'behind.mkv',
      ...sound,
      '-itsoffset',
      '1',
      ...grays(1),
      '-map',
      '0',
      '-map',
      '1',
      ...X264,
    );
    const {grays: found, times} = await framesOf(video);
    expectGrays(found, numbers(0, 9));
    expect(times.every((time, i) => Math.abs(time - 1000 - 100 * i) < 30)).toBe(true);
  });

  it('a variable frame rate', async () => {
    const chain = ",settb=1/1000,select='not(eq(mod(n,4),2))',setpts='PTS+0.03*mod(N,3)/TB'";
    const {grays: found, times} = await framesOf(
      shop.make('variable.mp4', ...grays(2, {chain}), '-vsync', 'passthrough', ...X264),
    );
    const kept = numbers(0, 19).filter((frame) => frame % 4 !== 2);
    expectGrays(found, kept);
    // The encoder's clock ticks less often than every millisecond.
    kept.forEach((frame, i) => {
      expect(Math.abs(times[i]! - 100 * frame - 30 * (i % 3))).toBeLessThan(10);
    });
  });

  it.each([
    [
      'full range',
      [
        '-c:v',
        'libx264',
        '-qp',
        '1',
        '-vf',
        'scale=out_range=pc',
        '-pix_fmt',
        'yuvj420p',
        '-color_range',
        'pc',
      ],
    ],
    ['10 bit', ['-c:v', 'libx264', '-qp', '1', '-pix_fmt', 'yuv420p10le']],
    ['JPEG pictures', ['-c:v', 'mjpeg', '-q:v', '1', '-pix_fmt', 'yuvj420p']],
    ['gray without colour', ['-c:v', 'ffv1', '-pix_fmt', 'gray']],
  ])('%s', async (_, codec) => {
    const {grays: found} = await framesOf(shop.make('levels.mkv', ...grays(2), ...codec));
    expectGrays(found, numbers(0, 19));
  });

  it('turned by two quarters, and by three', async () => {
    const whole = shop.make('upright.mp4', ...grays(1), ...X264);
    for (const rotate of ['180', '270']) {
      const turned = shop.make(
        'turned.mp4',
        '-i',
        whole,
        '-c',
        'copy',
        '-metadata:s:v:0',
        `rotate=${rotate}`,
      );
      const {info, grays: found} = await framesOf(turned);
      expect([info.width, info.height]).toEqual(rotate === '180' ? [32, 24] : [24, 32]);
      expectGrays(found, numbers(0, 9));
    }
  });

  it('no length in the container', async () => {
    const live = shop.make('live.mkv', ...grays(2), ...X264, '-live', '1');
    const {info, grays: found} = await framesOf(live);
    expect(info.duration).toBeUndefined();
    expectGrays(found, numbers(0, 19));
    const raw = shop.make('raw.h264', ...grays(2), ...X264, '-bsf:v', 'h264_mp4toannexb');
    expectGrays((await framesOf(raw)).grays, numbers(0, 19));
  });

  it('packets of pictures that are never shown', async () => {
    const hidden = ['-c:v', 'libvpx', '-auto-alt-ref', '1', '-lag-in-frames', '8', '-b:v', '1M', '-crf', '4'];
    expectGrays((await framesOf(shop.make('hidden.webm', ...grays(3), ...hidden))).grays, numbers(0, 29));
  });

  it('a cover before the film, and two films: the first that moves', async () => {
    const cover = shop.make('cover.jpg', '-f', 'lavfi', '-i', 'color=white:s=64x64', '-frames:v', '1');
    const film = shop.make('film.mp4', ...grays(1), ...X264);
    const both = ['-map', '0', '-map', '1', '-c', 'copy'];
    const song = ['-i', cover, '-i', film, ...both, '-disposition:v:0', 'attached_pic'];
    expectGrays((await framesOf(shop.make('covered.mp4', ...song))).grays, numbers(0, 9));
    const other = shop.make('other.mp4', '-f', 'lavfi', '-i', 'color=white:s=640x480:d=1', ...X264);
    expectGrays(
      (await framesOf(shop.make('two.mp4', '-i', film, '-i', other, ...both))).grays,
      numbers(0, 9),
    );
  });

  it('an animated GIF, a picture, and an animated WebP that ffmpeg does not read', async () => {
    expectGrays((await framesOf(shop.make('moving.gif', ...grays(2)))).grays, numbers(0, 19));
    for (const name of ['one.png', 'one.webp']) {
      expectGrays((await framesOf(shop.make(name, ...grays(0.1)))).grays, [0]);
    }
    const moving = shop.make('moving.webp', ...grays(1), '-c:v', 'libwebp_anim');
    await expect(ffmpegSource(moving)).rejects.toThrow(
      /an animated WebP picture is nothing that .* make a GIF/,
    );
  });

  it('damage in the middle: what can be decoded, numbered as it comes', async () => {
    const path = shop.at('damaged.mkv');
    copyFileSync(
      shop.make('sound.mkv', ...grays(4), '-c:v', 'mjpeg', '-q:v', '1', '-pix_fmt', 'yuvj420p'),
      path,
    );
    const bytes = readFileSync(path);
    const middle = Math.floor(bytes.length / 2);
    bytes.fill(0, middle, middle + 100);
    writeFileSync(path, bytes);
    const {grays: found} = await framesOf(path, true);
    expect(found.length).toBeGreaterThan(20);
    expect(found.length).toBeLessThan(40);
    expectGrays(found.slice(0, 10), numbers(0, 9));
    expectGrays(found.slice(-5), numbers(35, 39));
  });
});
