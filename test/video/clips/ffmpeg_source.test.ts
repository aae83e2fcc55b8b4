/** Frames through the system's ffmpeg: exact pixels, timestamps, odd files and names, stopping, and every refusal. */
import {execFileSync} from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {relative} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {FormatError, InvalidArgumentError, UnavailableError} from '../../../src/util/errors';
import {ffmpegSource} from '../../../src/video/clips/sources/ffmpeg';
import {collect, formulaFrame, type Workshop, workshop} from './make_video';

let shop: Workshop;
let lossless: string;
beforeAll(() => {
  shop = workshop();
  lossless = shop.formula('lossless.mkv', 33, 21, 12);
});
afterAll(() => shop.remove());

/** Number of child processes of this one that run ffmpeg or ffprobe, dead ones that nobody waited for included. */
function children(): number {
  const table = execFileSync('ps', ['-A', '-o', 'ppid=,comm='], {encoding: 'utf8'});
  const mine = new RegExp(`^ *${process.pid} .*ff(?:mpeg|probe)`);
  return table.split('\n').filter((line) => mine.test(line)).length;
}

async function opens(path: string, options = {}) {
  const source = await ffmpegSource(path, options);
  const frames = await collect(source);
  await source.close();
  return {info: source.info, frames};
}

it('asks ffprobe once of a file, until it is another one', async () => {
  const said = shop.at('said');
  const ffprobe = shop.script('counted', `echo >> '${said}'; exec ffprobe "$@"`);
  const times = () => readFileSync(said, 'utf8').length;
  const path = shop.at('changing.mkv');
  const count = async () => {
    const source = await ffmpegSource(path, {ffprobe});
    const frames = await source.countFrames();
    await source.close();
    return frames;
  };
  copyFileSync(lossless, path);
  expect([await count(), await count(), times()]).toEqual([12, 12, 2]);
  copyFileSync(shop.formula('longer.mkv', 33, 21, 13), path);
  expect([await count(), await count(), times()]).toEqual([13, 13, 4]);
  truncateSync(path, 100);
  await expect(count()).rejects.toThrow(FormatError);
});

describe('ffmpegSource, frames', () => {
  it('gives the exact pixels of a lossless video of odd size, numbered and timed', async () => {
    const {info, frames} = await opens(lossless);
    expect(info).toMatchObject({width: 33, height: 21, framesPerSecond: 10, duration: 1.2});
    expect(frames.map(({index}) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    for (const {data, index, timestamp, width, height} of frames) {
      expect([width, height]).toEqual([33, 21]);
      expect(timestamp).toBeCloseTo(index / 10, 6);
      expect(data).toEqual(formulaFrame(33, 21, index));
    }
  });

  it('reads only the frames asked for, as often as asked', async () => {
    const source = await ffmpegSource(lossless);
    for (const wanted of [[0], [11], [2, 3, 7], [5, 11]]) {
      const frames = await collect(source.frames(wanted));
      expect(frames.map(({index}) => index)).toEqual(wanted);
      for (const {data, index, timestamp} of frames) {
        expect(timestamp).toBeCloseTo(index / 10, 6);
        expect(data).toEqual(formulaFrame(33, 21, index));
      }
    }
    expect(await collect(source.frames([]))).toEqual([]);
    expect((await collect(source.frames([10, 40]))).map(({index}) => index)).toEqual([10]);
    await source.close();
  });

  it('reads long lists of frames too', async () => {
    const path = shop.formula('long.mkv', 8, 8, 200);
    const wanted = Array.from({length: 80}, (_, i) => 10 + 2 * i);
    const source = await ffmpegSource(path);
    const frames = await collect(source.frames(wanted));
    expect(frames.map(({index}) => index)).toEqual(wanted);
    expect(frames.every(({data, index}) => Buffer.compare(data, formulaFrame(8, 8, index)) === 0)).toBe(true);
    await source.close();
  });

  it('counts frames that the container does not count', async () => {
    const source = await ffmpegSource(lossless);
    expect(source.info.frameCount).toBeUndefined();
    expect(await source.countFrames()).toBe(12);
    expect(await source.countFrames(true)).toBe(12);
    await source.close();
  });

  it('scales the short side and keeps the aspect', async () => {
    const {info, frames} = await opens(lossless, {size: 14});
    expect([info.width, info.height]).toEqual([22, 14]);
    expect(frames).toHaveLength(12);
    expect(frames.every(({data}) => data.length === 22 * 14 * 3)).toBe(true);
  });

  it('turns frames upright by the rotation that the file notes', async () => {
    // Left half red, right half blue; a quarter turn brings one of them to the top.
    const flat = shop.make(
      'flat.mp4',
      '-f',
      'lavfi',
      '-i',
      'color=red:s=64x32:d=0.4[a];color=blue:s=64x32:d=0.4[b];[a][b]hstack',
    );
    const noted = shop.make('noted.mp4', '-i', flat, '-c', 'copy', '-metadata:s:v:0', 'rotate=90');
    const {info, frames} = await opens(noted);
    expect([info.width, info.height]).toEqual([32, 128]);
    const {data} = frames[0]!;
    const top = data.subarray(0, 3);
    const bottom = data.subarray(data.length - 3);
    const colours = [top[0]! > top[2]!, bottom[0]! > bottom[2]!];
    const reference = execFileSync('ffmpeg', [
      '-v',
      'error',
      '-i',
      noted,
      '-frames:v',
      '1',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      '-',
    ]);
    expect(reference).toHaveLength(data.length);
    expect(colours).toEqual([reference[0]! > reference[2]!, reference.at(-3)! > reference.at(-1)!]);
    expect(colours[0]).not.toBe(colours[1]);
  });

  it('shows wide pixels as wide as they are meant', async () => {
    const wide = shop.make(
      'wide.mkv',
      '-f',
      'lavfi',
      '-i',
      'testsrc=s=72x57:r=5:d=0.4,setsar=4/3',
      '-c:v',
      'ffv1',
    );
    const {info, frames} = await opens(wide);
    expect([info.width, info.height]).toEqual([96, 57]);
    expect(frames).toHaveLength(2);
  });

  it('gives each frame of a variable frame rate once, at its own time', async () => {
    const variable = shop.formula(
      'variable.mkv',
      16,
      16,
      6,
      '-vf',
      "setpts='0.1*N*N/TB'",
      '-vsync',
      'passthrough',
    );
    const {frames} = await opens(variable);
    expect(frames.map(({timestamp}) => Math.round(timestamp * 1000))).toEqual([0, 100, 400, 900, 1600, 2500]);
    expect(frames.every(({data, index}) => Buffer.compare(data, formulaFrame(16, 16, index)) === 0)).toBe(
      true,
    );
  });

  it('reads a video of one frame, and a picture', async () => {
    expect((await opens(shop.formula('one.mkv', 20, 10, 1))).frames).toHaveLength(1);
    const picture = shop.make('picture.png', '-f', 'lavfi', '-i', 'testsrc=s=20x10', '-frames:v', '1');
    expect((await opens(picture)).frames).toHaveLength(1);
  });

  it.each([
    '-dash.mkv',
    'two words.mkv',
    'new\nline.mkv',
    'shot%03d.mkv',
    'quote\'".mkv',
    'a:b,c;[d].mkv',
    'http:',
    '#?&.mkv',
  ])('opens exactly the file named %j', async (name) => {
    copyFileSync(lossless, shop.at(name));
    expect((await opens(shop.at(name))).frames).toHaveLength(12);
    const near = relative(process.cwd(), shop.at(name));
    expect((await opens(near)).frames).toHaveLength(12);
  });

  it('opens a picture named like a sequence as itself', async () => {
    const other = shop.make('shot0.png', '-f', 'lavfi', '-i', 'color=red:s=30x30', '-frames:v', '1');
    copyFileSync(
      shop.make('plain.png', '-f', 'lavfi', '-i', 'color=blue:s=20x10', '-frames:v', '1'),
      shop.at('shot%d.png'),
    );
    expect((await opens(other)).info.width).toBe(30);
    expect((await opens(shop.at('shot%d.png'))).info.width).toBe(20);
  });
});

describe('ffmpegSource, stopping', () => {
  const endless = () =>
    shop.make('endless.mkv', '-f', 'lavfi', '-i', 'testsrc=s=320x240:r=30:d=60', '-c:v', 'mjpeg');

  it('leaves no process behind after a break, an error in the loop, or the end', async () => {
    const source = await ffmpegSource(endless());
    for await (const {index} of source) if (index === 3) break;
    expect(children()).toBe(0);
    await expect(
      (async () => {
        for await (const _ of source) throw new Error('mine');
      })(),
    ).rejects.toThrow('mine');
    expect(children()).toBe(0);
    await collect(source.frames([0, 4]));
    expect(children()).toBe(0);
  });

  it('waits for a slow reader instead of piling frames up', async () => {
    const source = await ffmpegSource(shop.at('endless.mkv'));
    const iterator = source[Symbol.asyncIterator]();
    await iterator.next();
    expect(children()).toBe(1);
    const before = process.memoryUsage().arrayBuffers;
    await new Promise((resolve) => setTimeout(resolve, 300));
    // 1,800 frames of 230 kB would be 400 MB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
    await iterator.return?.();
    expect(children()).toBe(0);
  });

  it('close() ends readings under way, says so, and may be called again', async () => {
    const source = await ffmpegSource(shop.at('endless.mkv'));
    const iterator = source[Symbol.asyncIterator]();
    await iterator.next();
    await source.close();
    expect(children()).toBe(0);
    await expect(iterator.next()).rejects.toThrow(/is closed; open it again/);
    await expect(collect(source)).rejects.toThrow(InvalidArgumentError);
    await source.close();
  });

  it('an abort ends the reading with its reason', async () => {
    const controller = new AbortController();
    const source = await ffmpegSource(shop.at('endless.mkv'), {signal: controller.signal});
    const reading = (async () => {
      for await (const {index} of source) if (index === 2) controller.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
    expect(children()).toBe(0);
    await expect(ffmpegSource(lossless, {signal: controller.signal})).rejects.toThrow('enough');
  });
});

describe('ffmpegSource, starting', () => {
  it('an abort while ffmpeg is being started ends it', async () => {
    const controller = new AbortController();
    const source = await ffmpegSource(lossless, {signal: controller.signal});
    const first = source[Symbol.asyncIterator]().next();
    controller.abort(new Error('at once'));
    await expect(first).rejects.toThrow('at once');
    expect(children()).toBe(0);
  });

  it('a count that failed is tried again', async () => {
    const path = shop.at('moved.mkv');
    copyFileSync(lossless, path);
    const source = await ffmpegSource(path);
    renameSync(path, `${path}.away`);
    await expect(source.countFrames()).rejects.toThrow(/No such file/);
    renameSync(`${path}.away`, path);
    expect(await source.countFrames()).toBe(12);
  });
});

describe('ffmpegSource, refusals', () => {
  const refused = (path: string, options = {}) =>
    ffmpegSource(path, options).then(
      () => expect.unreachable('it opened'),
      (error: unknown) => error as Error,
    );

  it.each([
    ['no such file', () => shop.at('absent.mp4'), UnavailableError, /^no such file: '.*absent\.mp4'$/],
    [
      'an address',
      () => 'http://127.0.0.1:9/clip.mp4',
      UnavailableError,
      /^no such file: .*download it first/,
    ],
    ['a protocol', () => 'concat:a|b', UnavailableError, /^no such file/],
    ['a folder', () => shop.folder, InvalidArgumentError, /is a directory/],
    ['a device', () => '/dev/null', InvalidArgumentError, /is not a regular file/],
    ['an empty name', () => '', InvalidArgumentError, /empty/],
    ['a name with a zero byte', () => 'a\0b', InvalidArgumentError, /zero byte/],
  ])('%s', async (_, path, type, message) => {
    const error = await refused(path());
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
  });

  it.each([
    ['zero bytes', 'empty.mp4', ''],
    ['a short text', 'short.mp4', 'hello'],
    ['a text file', 'text.txt', 'This is a text.\n'.repeat(200)],
    ['a text file called a video', 'text.mp4', 'This is a text.\n'.repeat(200)],
    ['random bytes', 'noise.mkv', 'noise'],
    ['a page', 'page.html', '<!doctype html><html><body>hello</body></html>'.repeat(30)],
    [
      'a playlist into the network',
      'list.m3u8',
      '#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:4,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n',
    ],
  ])('%s', async (_, name, content) => {
    const noise = Uint8Array.from({length: 5000}, (_, i) => (Math.imul(i + 1, 2654435761) >>> 13) & 255);
    writeFileSync(shop.at(name), content === 'noise' ? noise : content);
    const error = await refused(shop.at(name));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^cannot read '.*' as a video: [^\n]+$/);
    expect(children()).toBe(0);
  });

  it('sound without pictures, also with a cover', async () => {
    const sound = shop.make('sound.m4a', '-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'aac');
    expect((await refused(sound)).message).toMatch(/holds no video stream/);
    const cover = shop.make('cover.jpg', '-f', 'lavfi', '-i', 'testsrc=s=32x32', '-frames:v', '1');
    const song = shop.make(
      'song.m4a',
      '-i',
      sound,
      '-i',
      cover,
      '-map',
      '0',
      '-map',
      '1',
      '-c',
      'copy',
      '-disposition:v',
      'attached_pic',
    );
    expect((await refused(song)).message).toMatch(/holds no video stream/);
  });

  it('missing programs, saying how to install them', async () => {
    const probe = await refused(lossless, {ffprobe: 'no-such-ffprobe'});
    expect(probe).toBeInstanceOf(UnavailableError);
    expect(probe.message).toMatch(/^no-such-ffprobe was not found: install ffmpeg .*apt-get.*brew.*winget/);
    const source = await ffmpegSource(lossless, {ffmpeg: 'no-such-ffmpeg'});
    await expect(collect(source)).rejects.toThrow(/^no-such-ffmpeg was not found: install ffmpeg/);
    writeFileSync(shop.at('tool'), '');
    chmodSync(shop.at('tool'), 0o644);
    expect((await refused(lossless, {ffprobe: shop.at('tool')})).message).toMatch(
      /could not be started \(EACCES\)/,
    );
  });

  it('bad sizes and frame numbers', async () => {
    expect(await refused(lossless, {size: 0})).toBeInstanceOf(InvalidArgumentError);
    expect(await refused(lossless, {size: 2.5})).toBeInstanceOf(InvalidArgumentError);
    const source = await ffmpegSource(lossless);
    for (const bad of [[-1], [1.5], [3, 3], [4, 2], [Number.NaN]]) {
      await expect(collect(source.frames(bad))).rejects.toThrow(/frame numbers must be whole/);
    }
  });

  it('a file cut off gives the frames that are there', async () => {
    const source = await ffmpegSource(shop.cutOff());
    expect(source.info.frameCount).toBe(60);
    const readable = await source.countFrames(true);
    expect(readable).toBeGreaterThan(5);
    expect(readable).toBeLessThan(60);
    expect(await collect(source)).toHaveLength(readable);

    const headless = shop.at('headless.mp4');
    copyFileSync(shop.make('late.mp4', '-f', 'lavfi', '-i', 'testsrc=s=160x120:r=20:d=1'), headless);
    truncateSync(headless, 4000);
    expect(await refused(headless)).toBeInstanceOf(FormatError);
  });

  it('a folder called like a video', async () => {
    mkdirSync(shop.at('folder.mp4'));
    expect((await refused(shop.at('folder.mp4'))).message).toMatch(/is a directory/);
  });
});
