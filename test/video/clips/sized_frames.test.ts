/**
 * Frames at exact sizes: the bytes of ffmpeg's own option -s, alone and beside other sizes, at the times that ffprobe prints; and
 * frames of other streams, scaled here, against a plain loop.
 */
import {execFileSync} from 'node:child_process';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/util/errors';
import type {Frame, FrameStream} from '../../../src/video/clips/frames';
import {resample} from '../../../src/video/clips/resample';
import {sizedFrames} from '../../../src/video/clips/sized_frames';
import {ffmpegSource} from '../../../src/video/clips/sources/ffmpeg';
import {framesSource} from '../../../src/video/clips/sources/frames';
import {collect, presentationTimes, type Workshop, workshop} from './make_video';

let shop: Workshop;
beforeAll(() => {
  shop = workshop();
});
afterAll(() => shop.remove());

const PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=s=128x96:r=10:d=1.2'];
const X264 = ['-c:v', 'libx264', '-bf', '2', '-g', '4', '-pix_fmt', 'yuv420p'];

/** All frames as ffmpeg gives them at 48 x 27, none repeated and none dropped. */
const plain = (path: string) =>
  execFileSync('ffmpeg', [
    ...['-v', 'error', '-i', path, '-vsync', 'passthrough'],
    ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', '48x27', 'pipe:'],
  ]);

describe('frames at exact sizes', () => {
  /** Files in which frame number over rate tells no time, by name. */
  const odd: Record<string, () => string> = {
    'a constant rate': () => shop.make('constant.mp4', ...PICTURES, ...X264),
    'a variable rate': () =>
      shop.make(
        'variable.mkv',
        ...PICTURES,
        ...['-vf', "select='not(eq(mod(n,4),2))',setpts='PTS+0.03*mod(N,3)/TB'", '-vsync', 'passthrough'],
        ...X264,
      ),
    'a first timestamp that is not 0': () =>
      shop.make('late.mkv', ...PICTURES, ...X264, '-output_ts_offset', '3.5'),
    'pictures that begin after the sound': () =>
      shop.make(
        'behind.mkv',
        ...['-f', 'lavfi', '-i', 'sine=d=2', '-itsoffset', '0.7', ...PICTURES, '-map', '0', '-map', '1'],
        ...X264,
      ),
    'an edit list': () =>
      shop.make(
        'edited.mp4',
        ...['-ss', '0.55', '-i', shop.make('whole.mp4', ...PICTURES, ...X264), '-c', 'copy'],
      ),
    'a phone held upright': () =>
      shop.make(
        'turned.mp4',
        ...['-i', shop.make('flat.mp4', ...PICTURES, ...X264), '-c', 'copy', '-metadata:s:v:0', 'rotate=90'],
      ),
  };

  it.each(Object.keys(odd))('%s: ffmpeg -s, and the timestamps of the file', async (name) => {
    const path = odd[name]!();
    const video = await ffmpegSource(path);
    const frames = await collect(sizedFrames(video, [[27, 48], 30]));
    expect(Buffer.compare(Buffer.concat(frames.map(({pictures}) => pictures[0]!.data)), plain(path))).toBe(0);
    const start = video.info.startTimestamp!;
    const times = presentationTimes(path);
    expect(frames.map(({index}) => index)).toEqual(times.map((_, i) => i));
    // As well as the two programs print them.
    frames.forEach(({timestamp}, i) => {
      expect(Math.abs(timestamp + start - times[i]!)).toBeLessThan(1e-5);
    });
    // Beside the small pictures those that a source of that size gives.
    const source = await ffmpegSource(path, {size: 30});
    const {width, height} = source.info;
    for await (const {data, index} of source)
      expect(frames[index]!.pictures[1]).toEqual({data, width, height});
  });

  it('an exact size alone, and seeking in it', async () => {
    const path = odd['a constant rate']!();
    const video = await ffmpegSource(path, {size: [27, 48]});
    expect([video.info.width, video.info.height]).toEqual([48, 27]);
    const bytes = plain(path);
    for (const {data, index} of await collect(video.frames([3, 4, 11])))
      expect(Buffer.compare(data, bytes.subarray(index * 3888, (index + 1) * 3888))).toBe(0);
  });
});

/** Each output pixel as a sum over every input pixel, by the definition of the kernel. */
function naive({data, width, height}: {data: Uint8Array; width: number; height: number}, to: number[]) {
  const a = -0.6;
  const kernel = (x: number) =>
    x < 1
      ? (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1
      : x < 2
        ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a
        : 0;
  const weights = (from: number, length: number, out: number) => {
    const stretch = Math.max(1, from / length);
    const all = Array.from({length: from}, (_, i) =>
      kernel(Math.abs((i + 0.5 - ((out + 0.5) * from) / length) / stretch)),
    );
    const sum = all.reduce((total, weight) => total + weight, 0);
    return all.map((weight) => weight / sum);
  };
  const [toHeight, toWidth] = to as [number, number];
  return Array.from({length: toHeight * toWidth * 3}, (_, at) => {
    const down = weights(height, toHeight, Math.floor(at / (toWidth * 3)));
    const along = weights(width, toWidth, Math.floor(at / 3) % toWidth);
    let sum = 0;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) sum += down[y]! * along[x]! * data[(y * width + x) * 3 + (at % 3)]!;
    return Math.min(255, Math.max(0, sum));
  });
}

describe('frames scaled here', () => {
  it('agree with the plain loop, larger and smaller', () => {
    const length = fc.integer({min: 1, max: 14});
    const picture = fc
      .tuple(length, length)
      .chain(([width, height]) =>
        fc
          .uint8Array({minLength: width * height * 3, maxLength: width * height * 3})
          .map((data) => ({data, width, height})),
      );
    fc.assert(
      fc.property(picture, length, length, (image, width, height) => {
        const scaled = resample(image, width, height);
        expect([scaled.width, scaled.height]).toEqual([width, height]);
        const expected = naive(image, [height, width]);
        // Rounded to whole levels, after float32 in between.
        scaled.data.forEach((value, i) => {
          expect(Math.abs(value - expected[i]!)).toBeLessThan(0.5 + 1e-4);
        });
      }),
      {seed: 5, numRuns: 40},
    );
  });

  it('of a stream that passes once, which ends when the reader leaves', async () => {
    let ended = false;
    const camera: FrameStream = {
      async *[Symbol.asyncIterator](): AsyncGenerator<Frame, void, void> {
        try {
          for (let index = 0; ; index++) {
            const data = new Uint8Array(4 * 2 * 3).fill(index);
            yield {data, width: 4, height: 2, timestamp: index / 30, index};
          }
        } finally {
          ended = true;
        }
      },
      close: async () => {},
    };
    for await (const {pictures, timestamp, index} of sizedFrames(camera, [[3, 3], 4])) {
      expect(timestamp).toBe(index / 30);
      expect(pictures.map(({width, height, data}) => [width, height, ...data.subarray(0, 2)])).toEqual([
        [3, 3, index, index],
        [8, 4, index, index],
      ]);
      if (index === 2) break;
    }
    expect(ended).toBe(true);
  });

  it('refuses no size, and sizes that are none', async () => {
    const video = framesSource([{data: new Uint8Array(12), width: 2, height: 2}]);
    for (const sizes of [[], [0], [[27]], [[27, 48, 3]], [[27.5, 48]]])
      await expect(collect(sizedFrames(video, sizes as never))).rejects.toThrow(InvalidArgumentError);
    await expect(collect(sizedFrames(video, [[27, 0]]))).rejects.toThrow(
      /size is \[27,0\]; it must be .* \[height, width\]/,
    );
  });
});
