/**
 * The commands `shots`, `analyze` and `search` with a network that sees a cut where colours jump, and one that names colours: what
 * they print and write, what they refuse, how they end when told to.
 */
import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {basename} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {analyzeCommand} from '../../src/cli/commands/analyze';
import {searchCommand} from '../../src/cli/commands/search';
import {shotsCommand} from '../../src/cli/commands/shots';
import type {FilmTools} from '../../src/cli/input/film';
import {Interrupted} from '../../src/cli/interrupted';
import type {LoadedModel} from '../../src/models/zoo';
import {InvalidArgumentError, UnavailableError} from '../../src/util/errors';
import {ffmpegSource} from '../../src/video/clips/sources/ffmpeg';
import {readTimeline} from '../../src/video/timeline';
import {type Workshop, workshop} from '../video/clips/make_video';
import {box, colourModel} from './fake';

let shop: Workshop;
/** Red, green, blue for two seconds each, at 10 frames/s, without loss. */
let film: string;
beforeAll(() => {
  shop = workshop();
  const colour = (name: string) => `color=${name}:s=16x12:r=10:d=2,format=gbrp`;
  const graph = `${colour('0xff0000')}[a];${colour('0x00ff00')}[b];${colour('0x0000ff')}[c];[a][b][c]concat=n=3`;
  film = shop.make('film.mkv', '-filter_complex', graph, '-c:v', 'ffv1');
});
afterAll(() => shop.remove());

/** Sure of a cut behind each frame whose neighbour's colours are others. */
function jumpNetwork(frames: tf.Tensor5D) {
  const means = tf.tidy(() => tf.mean(frames, [0, 2, 3]).arraySync() as number[][]);
  const jumps = means.map((mean, i) =>
    mean.some((value, channel) => Math.abs(value - (means[i + 1] ?? mean)[channel]!) > 40) ? 0.875 : 0.125,
  );
  return {single: tf.tensor1d(jumps), many: tf.tensor1d(jumps)};
}

/** The tools, with these models; `calls` remembers what was asked for. */
function tools(changes: Partial<FilmTools> = {}) {
  const calls: string[] = [];
  const jumps = Object.assign(jumpNetwork, {dispose() {}}) as unknown as LoadedModel['model'];
  const fake: FilmTools = {
    async startBackend(name, threads) {
      calls.push(`backend ${name} ${threads}`);
      await tf.setBackend('cpu');
      return name === 'best' ? 'cpu' : name;
    },
    openVideo: ffmpegSource,
    async loadModel(name) {
      calls.push(`model ${name}`);
      const colours = colourModel(4);
      if (name !== 'transnet_v2') return colours;
      colours.model.dispose();
      return {...colours, model: jumps};
    },
    ...changes,
  };
  return {fake, calls};
}

const SHOTS = [
  {startFrame: 0, endFrame: 19, start: 0, end: 2, confidence: 1, transition: 'start'},
  {startFrame: 20, endFrame: 39, start: 2, end: 4, confidence: 0.875, transition: 'cut'},
  {startFrame: 40, endFrame: 59, start: 4, end: 6, confidence: 0.875, transition: 'cut'},
];

describe('shots', () => {
  it('prints a table, and tells on stderr what is done', async () => {
    const {io, written} = box();
    const {fake, calls} = tools();
    await shotsCommand(fake).run([film], io);
    expect(calls).toEqual(['backend best undefined', 'model transnet_v2']);
    expect(written.out.split('\n')).toEqual([
      'shot    start      end  begins with  confidence',
      '   1  0:00.00  0:02.00  the film',
      '   2  0:02.00  0:04.00  cut                0.88',
      '   3  0:04.00  0:06.00  cut                0.88',
      '',
    ]);
    const lines = written.err.trimEnd().split('\n');
    expect(lines.slice(0, 2)).toEqual(['loading transnet_v2 on cpu', `looking for shots in ${film}`]);
    expect(lines.at(-1)).toMatch(/^3 shots in 0:06, read in \d+\.\d s, \d+\.\dx real time$/);
  });

  it('prints the JSON that its help promises, and then nothing on stderr', async () => {
    const {io, written} = box();
    const {fake, calls} = tools();
    await shotsCommand(fake).run([film, '--format', 'json', '--threads', '2', '--threshold', '.4'], io);
    expect(calls[0]).toBe('backend best 2');
    expect(written.err).toBe('');
    const answer = JSON.parse(written.out);
    expect(answer).toEqual({video: film, frameRate: 10, frames: 60, shots: SHOTS});
    expect(Object.keys(answer)).toEqual(['video', 'frameRate', 'frames', 'shots']);
    expect(Object.keys(answer.shots[0])).toEqual(Object.keys(SHOTS[0]!));
  });

  it('finds none above its threshold', async () => {
    const {io, written} = box();
    await shotsCommand(tools().fake).run([film, '--format=json', '--threshold', '0.9'], io);
    expect(JSON.parse(written.out).shots).toEqual([{...SHOTS[0], endFrame: 59, end: 6}]);
  });

  it('remarks that a film ends before its header says', async () => {
    const cut = shop.at('cut.mkv');
    writeFileSync(cut, readFileSync(film).subarray(0, statSync(film).size * 0.6));
    const {io, written} = box();
    await shotsCommand(tools().fake).run([cut, '--format', 'json'], io);
    const {frames} = JSON.parse(written.out);
    expect(frames).toBeGreaterThan(10);
    expect(written.err).toMatch(
      new RegExp(
        `note: .*cut.mkv has ${frames} frames in 0:0\\d, but its header says 0:06; it may be cut short`,
      ),
    );
  });

  it('remarks that a picture has no shots', async () => {
    const picture = shop.make('one.png', '-f', 'lavfi', '-i', 'color=red:s=16x12', '-frames:v', '1');
    const {io, written} = box();
    await shotsCommand(tools().fake).run([picture, '--format', 'json'], io);
    expect(written.err).toMatch(/^tfjs-sts: note: .*one\.png is a single picture, which has no shots/);
    expect(JSON.parse(written.out).shots).toHaveLength(1);
  });

  it('shows on a terminal how far it is, how fast and how long it takes yet', async () => {
    const {io, written} = box({isTTY: true, columns: 100});
    await shotsCommand(tools().fake).run([film, '--format', 'json'], io);
    const drawn = written.err.split('\r\u001b[2K');
    expect(
      drawn.some((line) => /^\[=* *\] 0:0\d of 0:06, \d+\.\dx real time, \d+:\d\d left looking/.test(line)),
    ).toBe(true);
    expect(JSON.parse(written.out).shots).toHaveLength(3);
  });

  it('writes files by their extensions, several from one reading, whole and with nothing beside them', async () => {
    const {io, written} = box();
    const folder = shop.at('new/folder');
    const files = ['shots.csv', 'shots.edl', 'shots.vtt', 'shots.otio', 'shots.html', 'shots.txt'];
    const outputs = files.flatMap((name) => ['-o', `${folder}/${name}`]);
    const timecode = ['--start-timecode', '01:00:00:00', '--frame-rate', '25'];
    await shotsCommand(tools().fake).run([film, ...outputs, ...timecode, '-o', '-'], io);
    expect(readdirSync(folder).sort()).toEqual([...files].sort());
    const read = (name: string) => readFileSync(`${folder}/${name}`, 'utf8');
    expect(read('shots.csv').split('\r\n')[2]).toBe('shot,2,2,4,20,39,cut,0.875,,,,,');
    expect(read('shots.edl')).toContain('01:00:02:00 01:00:04:00 01:00:02:00 01:00:04:00');
    expect(read('shots.vtt')).toContain('00:00:02.000 --> 00:00:04.000\nShot 2, cut 0.88\n');
    expect(read('shots.otio')).toContain('"target_url": "../../film.mkv"');
    const page = read('shots.html');
    expect(page).toContain('src="../../film.mkv"');
    expect(page.match(/<img [^>]*src="data:image\/jpeg;base64,/g)).toHaveLength(3);
    expect(read('shots.txt')).toBe(written.out);
  });

  it('replaces an older file only when all went well', async () => {
    const path = shop.at('older.json');
    writeFileSync(path, 'older');
    const {fake} = tools({loadModel: async () => Promise.reject(new InvalidArgumentError('no such model'))});
    await expect(shotsCommand(fake).run([film, '-o', path], box().io)).rejects.toThrow('no such model');
    expect(readFileSync(path, 'utf8')).toBe('older');
    await shotsCommand(tools().fake).run([film, '-o', path], box().io);
    expect(JSON.parse(readFileSync(path, 'utf8')).shots).toEqual(SHOTS);
  });

  it('hands files over before the standard output, whose reader may end the process', async () => {
    const {io} = box();
    const path = shop.at('before.json');
    let isThere = false;
    const stdout = {
      write() {
        isThere = existsSync(path);
      },
    };
    await shotsCommand(tools().fake).run([film, '-o', '-', '-o', path], {...io, stdout});
    expect(isThere).toBe(true);
  });

  it('ends when it is told to, and writes nothing', async () => {
    const controller = new AbortController();
    const {io, written} = box();
    const path = shop.at('never.json');
    const {fake} = tools({
      loadModel: async (name) => {
        controller.abort(new Interrupted('SIGINT'));
        return tools().fake.loadModel(name, {});
      },
    });
    const running = shotsCommand(fake).run([film, '-o', path], {
      ...io,
      interruption: () => controller.signal,
    });
    await expect(running).rejects.toMatchObject({exitCode: 130});
    expect(written.out).toBe('');
    expect(existsSync(path)).toBe(false);
  });
});

describe('analyze', () => {
  it('prints for each shot what the model says', async () => {
    const {io, written} = box();
    const {fake, calls} = tools();
    await analyzeCommand(fake).run([film, '--model', 'colours'], io);
    expect(calls).toEqual(['backend best undefined', 'model transnet_v2', 'model colours']);
    const lines = written.out.trimEnd().split('\n');
    expect(lines[0]).toBe('shot    start      end  begins with  confidence  label  score');
    // Logits 4 for the channel that is full, -127/32 for the others.
    expect(lines.slice(1).map((line) => line.split(/ {2,}/).slice(-2))).toEqual([
      ['red', '1.00'],
      ['green', '1.00'],
      ['blue', '1.00'],
    ]);
  });

  it('asks about every so many seconds, and keeps labels and features', async () => {
    const {io, written} = box();
    const options = ['--format', 'json', '--every', '1000ms', '--top', '2', '--features'];
    await analyzeCommand(tools().fake).run([film, ...options], io);
    const timeline = readTimeline(written.out);
    expect(timeline.model).toBe('colours');
    expect(timeline.video).toMatchObject({
      name: 'film.mkv',
      width: 16,
      height: 12,
      frames: 60,
      duration: expect.closeTo(6, 9),
    });
    const rounded = (seconds: number) => Number(seconds.toFixed(9));
    expect(
      timeline.segments.map(({start, end, shot, labels}) => [
        rounded(start),
        rounded(end),
        shot,
        labels.length,
      ]),
    ).toEqual([
      [0, 2, 0, 2],
      [2, 4, 1, 2],
      [4, 6, 2, 2],
    ]);
    // What the classifier reads: means of red, green and blue as (v - 127) / 128.
    const [on, off] = [1, -127 / 128];
    timeline.segments.forEach(({features}, i) => {
      const expected = [0, 1, 2].map((channel) => (channel === i ? on : off));
      features!.forEach((value, channel) => void expect(value).toBeCloseTo(expected[channel]!, 5));
    });
  });

  it('says what the camera does where it is asked to', async () => {
    const {io, written} = box();
    const {fake, calls} = tools();
    await analyzeCommand(fake).run([film, '--camera', '--model', 'colours'], io);
    expect(calls.slice(1)).toEqual(['model transnet_v2', 'model colours', 'model camera_movement']);
    const lines = written.out.trimEnd().split('\n');
    expect(lines[0]).toBe('shot    start      end  begins with  confidence  camera  score  label  score');
    // Both models are the same here.
    expect(lines[2]!.split(/ {2,}/).slice(-4)).toEqual(['green', '1.00', 'green', '1.00']);
  });

  it('keeps no tensor', async () => {
    await analyzeCommand(tools().fake).run([film, '--camera'], box().io);
    const camera = tf.memory().numTensors;
    await analyzeCommand(tools().fake).run([film, '--camera'], box().io);
    expect(tf.memory().numTensors).toBe(camera);
    await analyzeCommand(tools().fake).run([film], box().io);
    const before = tf.memory().numTensors;
    await analyzeCommand(tools().fake).run([film], box().io);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('search', () => {
  let folder: string;
  beforeAll(async () => {
    folder = shop.at('timelines');
    mkdirSync(folder);
    await analyzeCommand(tools().fake).run([film, '--features', '-o', `${folder}/film.json`], box().io);
    writeFileSync(`${folder}/package.json`, '{"name": "something else"}');
  });

  it('finds the moments that are most like a clip', async () => {
    const green = shop.make(
      'green.mkv',
      '-f',
      'lavfi',
      '-i',
      'color=0x10f010:s=16x12:r=10:d=1',
      '-c:v',
      'ffv1',
    );
    const {io, written} = box();
    const {fake, calls} = tools();
    await searchCommand(fake).run([folder, '--like', green, '--top', '2'], io);
    expect(calls).toEqual(['backend best undefined', 'model colours']);
    const lines = written.out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^similarity +film +start +end +label$/);
    expect(lines[1]).toMatch(/^ +(0\.99\d|1\.000) {2}film\.mkv {2}0:02\.00 {2}0:04\.00 {2}green$/);
    expect(lines).toHaveLength(3);
    expect(written.err).toContain('the nearest of 3 segments, 1 other JSON file passed over');
  });

  it.each([
    ['5', 'blue'],
    ['0:00:05.0', 'blue'],
    ['1s', 'red'],
    ['6', 'blue'],
  ])('takes a moment of a film, @%s', async (moment, label) => {
    const {io, written} = box();
    await searchCommand(tools().fake).run([folder, '--like', `${film}@${moment}`, '--format', 'json'], io);
    const [first, ...others] = JSON.parse(written.out);
    expect(first).toMatchObject({video: 'film.mkv', file: `${folder}/film.json`, labels: [{label}, {}, {}]});
    expect(first.similarity).toBeCloseTo(1, 5);
    expect(others.every(({similarity}: {similarity: number}) => similarity < 0)).toBe(true);
    expect(written.err).toBe('');
  });

  it('refuses a moment after the end', async () => {
    const search = searchCommand(tools().fake).run([folder, '--like', `${film}@1:39`], box().io);
    await expect(search).rejects.toThrow(
      /--like asks for the moment 1:39.00 of '.*film\.mkv', whose last frame is at 0:05\.\d\d/,
    );
  });

  it('refuses features of two models, and a folder without any', async () => {
    const mixed = shop.at('mixed');
    mkdirSync(mixed);
    const json = readFileSync(`${folder}/film.json`, 'utf8');
    writeFileSync(`${mixed}/a.json`, json);
    writeFileSync(`${mixed}/b.json`, json.replace('"model": "colours"', '"model": "shapes"'));
    const search = (place: string) => searchCommand(tools().fake).run([place, '--like', film], box().io);
    await expect(search(mixed)).rejects.toThrow(/features of two models, colours \('.*a\.json'\) and shapes/);
    mkdirSync(shop.at('empty'));
    await expect(search(shop.at('empty'))).rejects.toThrow(
      /no timeline with features in '.*empty'; make some/,
    );
    await expect(search(shop.at('absent'))).rejects.toThrow(/no such folder/);
    await expect(search(film)).rejects.toThrow(/is a file; a folder is needed/);
  });
});

describe('help', () => {
  it.each([
    ['shots', shotsCommand],
    ['analyze', analyzeCommand],
    ['search', searchCommand],
  ])('of %s names every option', async (name, command) => {
    const {io, written} = box();
    await command(tools().fake).run(['--help'], io);
    expect(written.out).toContain(`usage: tfjs-sts ${name} `);
    const unknown = command(tools().fake).run(['--no-such-option'], box().io);
    const message = await unknown.catch((error: Error) => error.message);
    const options = /known are (.*); a file/.exec(message as string)![1]!.split(', ');
    expect(options.length).toBeGreaterThan(5);
    for (const option of options) expect(written.out).toContain(option);
  });
});

describe('the commands on films refuse', () => {
  const OUT = ['-o', 'OUT'];
  it.each([
    ['shots', [], /shots needs a FILM/],
    ['shots', ['FILM', 'FILM'], /shots takes one FILM, got 2/],
    ['shots', ['FILM', '--threshold', '1'], /--threshold is '1'; it must be a number from 0 on, less than 1/],
    ['shots', ['FILM', '--threshold', 'high'], /--threshold is 'high'/],
    ['shots', ['FILM', '--format', 'xml'], /--format is 'xml'; known are table, json/],
    ['shots', ['FILM', '-o', 'shots.xml'], /whose extension says no format; known are txt, json/],
    ['shots', ['FILM', '--frame-rate', '25fps'], /--frame-rate is '25fps'/],
    ['shots', ['FILM', '--format', 'edl', '--frame-rate', '12.5', ...OUT], /--frame-rate is 12\.5/],
    ['shots', ['FILM', '--format', 'edl', '--start-timecode', '1h', ...OUT], /--start-timecode is "1h"/],
    ['shots', ['FILM', '--format', 'json', '-o', 'FILM'], /film\.mkv', which is the film; give another name/],
    ['analyze', ['FILM', '--every', '0'], /--every is '0'; it must be a length of time/],
    ['analyze', ['FILM', '--every', '2 hours'], /--every is '2 hours'/],
    ['analyze', ['FILM', '--top', '0'], /--top is '0'/],
    ['search', ['FOLDER'], /search needs a clip to compare with/],
    ['search', ['FOLDER', '--like', 'FILM', '--format', 'csv'], /--format is 'csv'; known are table, json/],
  ] as const)('%s %j', async (name, args, message) => {
    const command = {shots: shotsCommand, analyze: analyzeCommand, search: searchCommand}[name];
    const out = shop.at('refused.txt');
    const given = args.map((arg) => (arg === 'FILM' ? film : arg === 'OUT' ? out : arg));
    const {io, written} = box();
    const {fake, calls} = tools();
    const running = command(fake).run(given, io);
    await expect(running).rejects.toThrow(message);
    await expect(running).rejects.toThrow(InvalidArgumentError);
    expect(written.out).toBe('');
    // A film of hours would have been analysed for nothing.
    expect(calls).toEqual([]);
    expect(readdirSync(shop.folder).filter((file) => file.includes(basename(out)))).toEqual([]);
  });

  it.each([
    ['a folder', '.', /it is a folder/],
    ['what lies in a file', 'film.mkv/inside/shots.json', /film\.mkv' is no folder/],
  ])('to write to %s, before anything is analysed', async (_, place, message) => {
    const {fake, calls} = tools();
    const running = shotsCommand(fake).run([film, '--format', 'json', '-o', shop.at(place)], box().io);
    await expect(running).rejects.toThrow(message);
    await expect(running).rejects.toThrow(UnavailableError);
    expect(calls).toEqual([]);
  });
});
