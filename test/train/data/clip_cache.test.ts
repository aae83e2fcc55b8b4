/** The cache of decoded clips, given videos in memory: what is kept, what is given, what gives way. */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {cachedVideo, keepVideo} from '../../../src/train/data/reading/clip_cache';
import type {Reading} from '../../../src/train/data/reading/items';
import {framesSource} from '../../../src/video/clips';

const home = mkdtempSync(join(tmpdir(), 'tfjs-sts-cache-'));
afterAll(() => rmSync(home, {recursive: true}));

/** A video of 3 x 2 pixels whose frames are full of `first`, `first + 1`, ... and the file that it is said to be of. */
function video(name: string, frames: number, first: number) {
  const path = join(home, name);
  writeFileSync(path, `${name} ${first}`);
  const pictures = Array.from({length: frames}, (_, i) => ({
    data: new Uint8Array(18).fill(first + i),
    width: 3,
    height: 2,
  }));
  return {path, source: framesSource(pictures)};
}

const fileBytes = (frames: number) => 16 + 18 * frames;
const reading = (name: string, bytes: number): Reading => ({
  frames: 2,
  interval: 1,
  shortVideo: 'loop',
  target: {width: 3, height: 2},
  cache: {folder: join(home, name), bytes},
  ffmpeg: '',
  ffprobe: '',
});
const files = (name: string) => readdirSync(join(home, name)).map((file) => join(home, name, file));

describe('the cache of decoded clips', () => {
  it('gives the frames that were kept, any of them in any order', async () => {
    const settings = reading('plain', 1e6);
    const {path, source} = video('a', 4, 50);
    expect(await cachedVideo(path, settings, () => [0])).toBeUndefined();
    const whole = await keepVideo(path, source, settings);
    expect([...whole!.data]).toEqual([50, 51, 52, 53].flatMap((value) => Array(18).fill(value)));
    const some = await cachedVideo(path, settings, (total) => [total - 1, 1, 1]);
    expect(some).toEqual({
      data: Uint8Array.from([53, 51, 51].flatMap((value) => Array(18).fill(value))),
      frames: 3,
      height: 2,
      width: 3,
    });
  });

  it('tells videos apart by their file and by the size asked for', async () => {
    const settings = reading('apart', 1e6);
    const {path, source} = video('b', 2, 1);
    await keepVideo(path, source, settings);
    expect(await cachedVideo(path, {...settings, decodedSize: 64}, () => [0])).toBeUndefined();
    video('b', 2, 100);
    expect(await cachedVideo(path, settings, () => [0])).toBeUndefined();
  });

  it('takes a damaged file for none', async () => {
    const settings = reading('damaged', 1e6);
    const {path, source} = video('c', 3, 9);
    await keepVideo(path, source, settings);
    const [file] = files('damaged');
    const sound = readFileSync(file!);
    for (const length of [0, 10, 16, sound.length - 1]) {
      truncateSync(file!, length);
      expect(await cachedVideo(path, settings, () => [0]), `${length} bytes`).toBeUndefined();
      writeFileSync(file!, sound);
    }
    expect(await cachedVideo(path, settings, () => [0])).toBeDefined();
    writeFileSync(file!, Buffer.concat([Buffer.from('else'), sound.subarray(4)]));
    expect(await cachedVideo(path, settings, () => [0])).toBeUndefined();
  });

  it('keeps no video that would take more than an eighth of the limit', async () => {
    const settings = reading('long', 8 * 18 * 3);
    expect(await keepVideo('/nowhere', video('d', 4, 0).source, settings)).toBeUndefined();
    const {path, source} = video('e', 3, 0);
    expect(await keepVideo(path, source, settings)).toBeDefined();
    expect(files('long').length).toBe(1);
  });

  it('stays within the limit: what was used longest ago gives way, and what nobody finished', async () => {
    const settings = reading('full', 8 * fileBytes(3));
    const videos = Array.from({length: 8}, (_, i) => video(`f${i}`, 3, i));
    for (const {path, source} of videos) await keepVideo(path, source, settings);
    expect(files('full').length).toBe(8);
    for (const file of files('full')) utimesSync(file, 1000, 1000);
    const abandoned = join(home, 'full', 'x.clip.1.tmp');
    const underWay = join(home, 'full', 'x.clip.2.tmp');
    for (const file of [abandoned, underWay]) writeFileSync(file, '');
    utimesSync(abandoned, 1000, 1000);
    // Used now, all but the third.
    for (const {path} of videos.filter((_, i) => i !== 2)) await cachedVideo(path, settings, () => [0]);
    const {path, source} = video('g', 3, 99);
    await keepVideo(path, source, settings);
    expect(files('full')).not.toContain(abandoned);
    expect(files('full')).toContain(underWay);
    const found = await Promise.all(
      [...videos.map((each) => each.path), path].map((each) => cachedVideo(each, settings, () => [0])),
    );
    expect(found.map((clip) => clip?.data[0])).toEqual([0, 1, undefined, 3, 4, 5, 6, 7, 99]);
  });

  it('is written to and read by many at once, none of which sees half a clip', async () => {
    const settings = reading('busy', 1e6);
    const {path, source} = video('h', 40, 7);
    const seen = await Promise.all(
      Array.from({length: 24}, async (_, i) => {
        if (i % 3 === 0) await keepVideo(path, source, settings);
        return cachedVideo(path, settings, (total) => [0, total - 1]);
      }),
    );
    const whole = seen.filter((clip) => clip !== undefined);
    expect(whole.length).toBeGreaterThanOrEqual(8);
    for (const {data} of whole) expect([data[0], data[35]]).toEqual([7, 46]);
    expect(files('busy').length).toBe(1);
  });

  it('that cannot be written to ends nothing', async () => {
    const {path, source} = video('i', 2, 3);
    const settings = {...reading('x', 1e6), cache: {folder: join(path, 'below-a-file'), bytes: 1e6}};
    expect((await keepVideo(path, source, settings))?.frames).toBe(2);
  });
});
