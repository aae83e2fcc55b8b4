/** Pictures of shots: ffmpeg reads the JPEG files that are written here, and sees about the same. */
import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {encodeJpeg} from '../../../src/util/page/jpeg';
import {framesSource} from '../../../src/video/clips';
import {shotThumbnails} from '../../../src/video/timeline';
import {type Workshop, workshop} from '../clips/make_video';

let shop: Workshop;
beforeAll(() => {
  shop = workshop();
});
afterAll(() => shop.remove());

/** Waves of colour and a sharp edge. */
function picture(width: number, height: number, phase = 0) {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const [x, y, channel] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    const wave = 127.5 + 127.5 * Math.sin((x + phase) / (5 + channel) + y / 9);
    data[i] = x > width / 2 && y > height / 2 ? 255 * Number(channel === phase % 3) : wave;
  }
  return {data, width, height};
}

/** What ffmpeg reads from a file. */
function decode(bytes: Uint8Array): Buffer {
  const path = shop.at('picture.jpg');
  writeFileSync(path, bytes);
  const output = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-sws_flags',
    'accurate_rnd+full_chroma_int',
    'pipe:1',
  ];
  return execFileSync('ffmpeg', ['-v', 'error', '-xerror', '-i', `file:${path}`, ...output]);
}

/** Root of the mean square of what differs. */
function distance(a: Uint8Array, b: Uint8Array): number {
  expect(b.length).toBe(a.length);
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length);
}

describe('encodeJpeg', () => {
  it.each([
    [160, 90],
    [8, 8],
    [1, 1],
    [17, 5],
    [3, 33],
  ])('%i x %i pixels come back, the better the higher the quality', (width, height) => {
    const image = picture(width, height);
    const [coarse, usual, fine] = [20, 70, 100].map((quality) => {
      const bytes = encodeJpeg(image, quality);
      return {length: bytes.length, off: distance(image.data, decode(bytes))};
    });
    // Whole numbers of unit steps: the rounding of waves and of pixels, twice through a change of colour space.
    expect(fine!.off).toBeLessThan(1.5);
    expect(usual!.off).toBeLessThan(16);
    expect(fine!.off).toBeLessThanOrEqual(usual!.off);
    expect(coarse!.length).toBeLessThanOrEqual(usual!.length);
  });

  it('stores noise of the largest contrast, whose numbers are the longest', () => {
    let state = 1;
    const data = Uint8Array.from({length: 64 * 64 * 3}, () => {
      state = (state * 48271) % 2147483647;
      return state & 1 ? 255 : 0;
    });
    const image = {data, width: 64, height: 64};
    expect(distance(data, decode(encodeJpeg(image, 100)))).toBeLessThan(1.5);
  });
});

describe('shotThumbnails', () => {
  const frames = Array.from({length: 6}, (_, i) => picture(32, 18, i));
  const shots = [
    {startFrame: 0, endFrame: 0},
    {startFrame: 1, endFrame: 4},
    {startFrame: 7, endFrame: 9},
  ];

  it('shows the frame in the middle of each shot, and nothing where it cannot be read', async () => {
    const told: string[] = [];
    const urls = await shotThumbnails(framesSource(frames), shots, {
      quality: 100,
      onThumbnail: (done, total) => told.push(`${done}/${total}`),
    });
    const pixels = urls.slice(0, 2).map((url) => {
      expect(url).toMatch(/^data:image\/jpeg;base64,/);
      return decode(Buffer.from(url.split(',')[1]!, 'base64'));
    });
    expect(distance(frames[0]!.data, pixels[0]!)).toBeLessThan(1.5);
    expect(distance(frames[2]!.data, pixels[1]!)).toBeLessThan(1.5);
    expect(urls[2]).toBe('');
    expect(told).toEqual(['1/3', '2/3']);
  });

  it('refuses unknown options', async () => {
    await expect(shotThumbnails(framesSource(frames), shots, {size: 3} as object)).rejects.toThrow(
      /shotThumbnails: unknown option size/,
    );
  });
});
