/** Data sets of files through ffmpeg, in the process of the caller and in loader processes. */
import '@tensorflow/tfjs-backend-cpu';
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {copyFileSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, describe, expect, it} from 'vitest';
import {type DatasetOptions, datasets} from '../../../src/train/data';
import type {Dataset} from '../../../src/train/data/dataset';
import {loaderProgram} from '../../../src/train/data/loaders/process_pool';
import {formulaByte, workshop} from '../../video/clips/make_video';
import {buildLoader} from './loader_build';

const shop = workshop();
const removeBuild = buildLoader();
afterAll(() => {
  removeBuild();
  shop.remove();
});

const [WIDTH, HEIGHT] = [20, 14];
for (const folder of ['set', 'set/a', 'set/b', 'frames', 'pictures', 'pictures/x', 'pictures/y'])
  mkdirSync(shop.at(folder));
shop.formula('set/a/1.mkv', WIDTH, HEIGHT, 9);
shop.formula('set/b/2.mkv', WIDTH, HEIGHT, 12);
writeFileSync(shop.at('set/b/broken.mkv'), 'no video');

const validation: DatasetOptions = {frames: 3, interval: 2, crop: [10, 16], loaders: 0};
const training: DatasetOptions = {
  ...validation,
  crop: 12,
  augmentation: {colourJitter: {brightness: 0.4}, randAugment: {}},
  mix: {mixup: 0.2, cutmix: 1},
  mean: [124, 116, 104],
  std: 57,
};

async function read(data: Dataset, batchSize = 2, epoch = 0) {
  const batches = [];
  for await (const {x, y} of data.batches(epoch, {batchSize, seed: 11})) {
    batches.push({shape: x.shape, x: x.dataSync().slice(), y: [...y.dataSync()]});
    tf.dispose([x, y]);
  }
  return batches;
}

describe('validation', () => {
  it('reads the middle of each video, in the order of the list, and leaves out what it cannot read', async () => {
    const data = await datasets.folder(shop.at('set'), {...validation, mean: 10, std: 2});
    const batches = await read(data);
    expect(data.size).toBe(3);
    expect(batches.map(({shape, y}) => ({shape, y}))).toEqual([{shape: [2, 3, 10, 16, 3], y: [1, 0, 0, 1]}]);
    // floor((total - 3 x 2 + 1) / 2), of 9 and of 12 frames; crops begin at column and row 2.
    const expected = [2, 3].flatMap((start) =>
      Array.from({length: 3 * 10 * 16 * 3}, (_, i) => {
        const [frame, y, x] = [Math.floor(i / 480), Math.floor(i / 48) % 10, Math.floor(i / 3) % 16];
        return (formulaByte(x + 2, y + 2, start + 2 * frame, i % 3) - 10) / 2;
      }),
    );
    expect([...batches[0]!.x]).toEqual(expected);
    const {unreadable, perClass} = data.summary();
    expect(perClass).toEqual([1, 2]);
    expect(unreadable).toEqual([
      {path: shop.at('set/b/broken.mkv'), reason: expect.stringContaining('broken.mkv')},
    ]);
  });

  it('cannot be split off where no class has two items', async () => {
    mkdirSync(shop.at('single/a'), {recursive: true});
    copyFileSync(shop.at('set/a/1.mkv'), shop.at('single/a/1.mkv'));
    const data = await datasets.folder(shop.at('single'), validation);
    expect(() => data.split({share: 0.5})).toThrow(/^split: no class has two items; /);
  });

  it('refuses a data set of which nothing can be read', async () => {
    mkdirSync(shop.at('ruins/a'), {recursive: true});
    writeFileSync(shop.at('ruins/a/x.mp4'), 'nothing');
    const data = await datasets.folder(shop.at('ruins'), validation);
    await expect(read(data)).rejects.toThrow('datasets.folder: its one item cannot be read: ');
  });

  it('without ffmpeg says so at once, instead of listing every video', async () => {
    const data = await datasets.folder(shop.at('set'), {...validation, ffmpeg: 'no-such-ffmpeg'});
    await expect(read(data)).rejects.toThrow('no-such-ffmpeg was not found');
    expect(data.summary().unreadable).toEqual([]);
  });
});

describe('training', () => {
  it('gives the same bits whatever the number of loaders, from the cache too', async () => {
    const folder = shop.at('set');
    const cache = {folder: shop.at('cache'), bytes: 1e6};
    const own = await read(await datasets.folder(folder, training));
    expect(own.map(({shape}) => shape[0])).toEqual([2, 1]);
    expect(own[0]!.shape).toEqual([2, 3, 12, 12, 3]);
    // The cache is filled first, then read.
    for (const more of [{loaders: 3, ahead: 1}, {cache, loaders: 1}, {cache}]) {
      const batches = await read(await datasets.folder(folder, {...training, ...more}));
      expect(batches, JSON.stringify(more)).toEqual(own);
    }
    expect(readdirSync(cache.folder).length).toBe(2);
    const other = await read(await datasets.folder(folder, {...training, cache}), 2, 1);
    expect(other[0]!.x).not.toEqual(own[0]!.x);
  });

  it('lies with the threads at once: they read on while the thread that trains does nothing else', async () => {
    const folder = shop.at('many');
    mkdirSync(`${folder}/a`, {recursive: true});
    shop.make('picture.png', '-f', 'lavfi', '-i', 'color=s=16x16', '-frames:v', '1');
    for (let i = 0; i < 12; i++) copyFileSync(shop.at('picture.png'), `${folder}/a/${i}.png`);
    writeFileSync(shop.at('calls'), '');
    const ffmpeg = shop.script(
      'counted',
      `case "$*" in *-version*) exit 0;; esac\nffmpeg "$@"\necho >> ${shop.at('calls')}`,
    );
    const data = await datasets.images(folder, {crop: 16, ffmpeg, loaders: 2, ahead: 1});
    const begun = await data.begin(0, {batchSize: 12, seed: 1});
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let turn = 0; turn < 500 && shop.read('calls').length < 12; turn++) Atomics.wait(pause, 0, 0, 20);
    expect(shop.read('calls').length).toBe(12);
    await begun.close();
  });

  it('splits into augmented and plain clips', async () => {
    const cached = {...training, cache: {folder: shop.at('cache'), bytes: 1e6}};
    const parts = (await datasets.folder(shop.at('set'), cached)).split({share: 0.5, seed: 3});
    expect([parts.training.size, parts.validation.size]).toEqual([2, 1]);
    const own = (await datasets.folder(shop.at('set'), {...validation, crop: 12, cache: cached.cache})).split(
      {share: 0.5, seed: 3},
    );
    const batches = await read(parts.validation);
    expect(batches.map(({y}) => y)).toEqual((await read(own.validation)).map(({y}) => y));
    expect(await read(parts.validation, 2, 7)).toEqual(batches);
  });
});

describe('other lists', () => {
  it('raw frames are the frames of the video that they came of', async () => {
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-i',
      shop.at('set/a/1.mkv'),
      '-start_number',
      '1',
      shop.at('frames/f_%03d.png'),
    ]);
    writeFileSync(shop.at('frames.txt'), 'frames 9 1\nframes 40 0\n');
    const data = await datasets.rawframes(shop.at('frames.txt'), {...validation, pattern: 'f_%03d.png'});
    const [batch] = await read(data);
    const [video] = await read(await datasets.folder(shop.at('set'), validation), 1);
    expect(batch).toEqual({shape: [1, 3, 10, 16, 3], x: video!.x, y: [0, 1]});
    expect(data.summary().unreadable[0]!.reason).toMatch(/no such file.*f_0\d\d\.png/);
    // The frames in the middle are 2, 4 and 6, counted from 0.
    mkdirSync(shop.at('damaged'));
    for (let i = 1; i <= 9; i++)
      copyFileSync(shop.at(`frames/f_00${i}.png`), shop.at(`damaged/f_00${i}.png`));
    writeFileSync(shop.at('damaged/f_005.png'), 'no picture');
    writeFileSync(shop.at('damaged.txt'), 'damaged 9 0\n');
    const damaged = await datasets.rawframes(shop.at('damaged.txt'), {...validation, pattern: 'f_%03d.png'});
    await expect(read(damaged)).rejects.toThrow(
      /'.*damaged\/f_005\.png' is no picture, or damaged \(ffmpeg says: Invalid PNG signature/,
    );
  });

  it('pictures come without a time axis, scaled as ffmpegSource scales', async () => {
    copyFileSync(shop.at('frames/f_003.png'), shop.at('pictures/x/a.png'));
    copyFileSync(shop.at('frames/f_007.png'), shop.at('pictures/y/b.png'));
    const data = await datasets.images(shop.at('pictures'), {
      size: [HEIGHT, WIDTH],
      crop: [HEIGHT, WIDTH],
      loaders: 0,
    });
    const [batch] = await read(data);
    expect(batch!.shape).toEqual([2, HEIGHT, WIDTH, 3]);
    const expected = [2, 6].flatMap((frame) =>
      Array.from({length: WIDTH * HEIGHT * 3}, (_, i) =>
        formulaByte(Math.floor(i / 3) % WIDTH, Math.floor(i / 3 / WIDTH), frame, i % 3),
      ),
    );
    expect([...batch!.x]).toEqual(expected);
    const small = await datasets.images(shop.at('pictures'), {size: 8, crop: [8, 11], loaders: 0});
    expect((await read(small))[0]!.shape).toEqual([2, 8, 11, 3]);
  });

  it('a list of paths', async () => {
    writeFileSync(shop.at('list.txt'), 'set/a/1.mkv 0\nset/b/missing.mkv 1\n');
    const data = await datasets.kinetics(shop.at('list.txt'), {...validation, classes: ['one', 'two']});
    expect((await read(data))[0]!.y).toEqual([1, 0]);
    expect(data.summary().unreadable[0]!.reason).toContain('no such file');
  });
});

describe('an end', () => {
  /** Processes whose command line holds the text. */
  const running = (text: string) => {
    const found = execFileSync('ps', ['-eo', 'args']).toString().split('\n');
    return found.filter((line) => line.includes(text) && !line.startsWith('ps ')).length;
  };
  const loaders = () => {
    const found = execFileSync('ps', ['-eo', 'ppid=,args=']).toString().split('\n');
    return found.filter((line) => line.trim().startsWith(`${process.pid} `) && line.includes('clip_loader'))
      .length;
  };
  const isAlive = (pid: number) =>
    execFileSync('ps', ['-eo', 'pid='])
      .toString()
      .split('\n')
      .some((line) => Number(line) === pid);

  /** An ffmpeg that never gives a frame, as a hanging file system would have it. */
  const slowTool = (marker: string) =>
    shop.script(marker, 'case "$*" in *-version*) exit 0;; esac\nwhile :; do sleep 0.1; done');

  it.each([0, 2])('by a signal leaves no ffmpeg behind (loaders: %s)', async (loaders) => {
    const marker = `slow-${loaders}-${process.pid}`;
    const ffmpeg = slowTool(marker);
    const data = await datasets.folder(shop.at('set'), {...validation, ffmpeg, loaders});
    const stop = new AbortController();
    const batches = data.batches(0, {batchSize: 2, seed: 1, signal: stop.signal});
    const next = batches.next();
    next.catch(() => {});
    while (running(marker) === 0) await new Promise((resolve) => setTimeout(resolve, 30));
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    await expect.poll(() => running(marker), {timeout: 20_000}).toBe(0);
  });

  it('of the process that trains, however it ends, ends loaders and what they run', async () => {
    const marker = `orphan-${process.pid}`;
    const ffmpeg = slowTool(marker);
    const [url, folder] = [loaderProgram.url().href, shop.at('set/a/1.mkv')];
    const reading = {frames: 3, interval: 2, shortVideo: 'loop', target: {width: 16, height: 10}};
    const program = `
      const {fork} = await import('node:child_process');
      const loader = fork(new URL(${JSON.stringify(url)}), {execArgv: [], serialization: 'advanced'});
      const item = {kind: 'video', path: ${JSON.stringify(folder)}};
      const reading = ${JSON.stringify({...reading, ffmpeg, ffprobe: 'ffprobe'})};
      loader.send({id: 0, item, place: {seed: 1, epoch: 0, index: 0}, reading});
      loader.once('spawn', () => console.log(loader.pid));`;
    const trainer = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(trainer.stdout, 'data')) as [Buffer];
    await expect.poll(() => running(marker), {timeout: 20_000}).toBeGreaterThan(0);
    trainer.kill('SIGKILL');
    await expect.poll(() => running(marker), {timeout: 20_000}).toBe(0);
    await expect.poll(() => isAlive(Number(pid)), {timeout: 20_000}).toBe(false);
  });

  it('of a loader process ends the reading, and the next one has others', async () => {
    const marker = `killed-${process.pid}`;
    const data = await datasets.folder(shop.at('set'), {...validation, ffmpeg: slowTool(marker), loaders: 2});
    const next = data.batches(0, {batchSize: 2, seed: 1}).next();
    next.catch(() => {});
    await expect.poll(() => running(marker), {timeout: 20_000}).toBeGreaterThan(0);
    execFileSync('pkill', ['-9', '-P', String(process.pid), '-f', 'clip_loader']);
    await expect(next).rejects.toThrow(/a loader process ended \(with SIGKILL\)/);
    execFileSync('pkill', ['-9', '-f', marker]);
    expect(await read(await datasets.folder(shop.at('set'), {...validation, loaders: 2}))).toHaveLength(1);
  });

  it('of a loader process is no matter of who reads later, even if a reading was left open', async () => {
    const data = await datasets.folder(shop.at('set'), {...validation, loaders: 2});
    const left = data.batches(0, {batchSize: 1, seed: 1});
    tf.dispose(Object.values((await left.next()).value!));
    execFileSync('pkill', ['-9', '-P', String(process.pid), '-f', 'clip_loader']);
    // Until its end is heard of, it is asked.
    const count = () => read(data).then(({length}) => length, String);
    await expect.poll(count, {timeout: 20_000}).toBe(1);
    await left.return();
  });

  it('by a signal to all processes of a terminal is no matter of loaders', async () => {
    const data = await datasets.folder(shop.at('set'), {...validation, loaders: 2});
    const batches = data.batches(0, {batchSize: 1, seed: 1});
    tf.dispose(Object.values((await batches.next()).value!));
    const found = execFileSync('ps', ['-eo', 'pgid=,pid=,ppid=,args=']).toString().split('\n');
    const groups = found
      .filter((line) => line.includes('clip_loader'))
      .map((line) => line.trim().split(/ +/));
    const ours = groups.filter(([, , parent]) => parent === String(process.pid));
    expect(ours.map(([group]) => group)).toEqual(ours.map(([, pid]) => pid));
    expect(ours).toHaveLength(2);
    await batches.return();
  });

  it('of the last reading ends the loaders that readings share', async () => {
    const data = await datasets.folder(shop.at('set'), {...validation, loaders: 2});
    const [one, other] = [0, 1].map((epoch) => data.batches(epoch, {batchSize: 1, seed: 1}));
    for (const batches of [one!, other!]) tf.dispose(Object.values((await batches.next()).value!));
    expect(loaders()).toBe(2);
    await one!.return();
    expect(loaders()).toBe(2);
    await other!.return();
    expect(loaders()).toBe(0);
  });

  it('of a loader process that cannot be started says what to do', async () => {
    const {url} = loaderProgram;
    loaderProgram.url = () => new URL('file:///nowhere/clip_loader.mjs');
    try {
      const data = await datasets.folder(shop.at('set'), {...validation, loaders: 1});
      await expect(read(data)).rejects.toThrow(/a loader process ended .*set loaders to 0/);
    } finally {
      loaderProgram.url = url;
    }
  });
});

it.each([
  [{crop: 4}, /datasets.folder: frames is undefined/],
  [{frames: 2, size: 30}, /crop is missing/],
  [{frames: 2, crop: 0}, /crop is 0/],
  [{frames: 2, crop: 4, interval: 0}, /interval is 0/],
  [{frames: 2, crop: 4, shortVideo: 'x'}, /shortVideo is "x"/],
  [{frames: 2, crop: 4, std: 0}, /std is 0/],
  [{frames: 2, crop: 4, loaders: -1}, /loaders is -1/],
  [{frames: 2, crop: 4, cache: {folder: ''}}, /cache is/],
  [{frames: 2, crop: 4, augmentation: {flp: 1}}, /unknown option flp; did you mean flip/],
  [{frames: 2, crop: 4, augmentations: {}}, /unknown option augmentations; did you mean augmentation\?/],
])('refuses %o', async (options, message) => {
  await expect(datasets.folder(shop.at('set'), options as DatasetOptions)).rejects.toThrow(message);
});
