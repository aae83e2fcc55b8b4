/** The command `predict` with a tiny model: answers, output forms, progress, and what it refuses. */
import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {predictCommand} from '../../src/cli/commands/predict';
import {fromLayersModel, safetensors} from '../../src/models/checkpoints';
import {createNetwork} from '../../src/networks';
import {InvalidArgumentError, UnavailableError} from '../../src/util/errors';
import {ffmpegSource} from '../../src/video/clips/sources/ffmpeg';
import {serve} from '../models/zoo/server';
import {type Workshop, workshop} from '../video/clips/make_video';
import {box, colourModel, fakePredict} from './fake';

let shop: Workshop;
let red: string;
beforeAll(() => {
  shop = workshop();
  // Pure red, lossless: mean of the channels is [1, -127/128, -127/128] after normalisation.
  red = shop.make(
    'red.mkv',
    '-f',
    'lavfi',
    '-i',
    'color=0xff0000:s=16x12:r=10:d=2,format=gbrp',
    '-c:v',
    'ffv1',
  );
});
afterAll(() => shop.remove());

/** What the command keeps on the disk while it runs. */
const temporary = () => readdirSync(tmpdir()).filter((name) => /^tfjs-sts-\w{6}$/.test(name));

const logits = [4, (-4 * 127) / 128, (-4 * 127) / 128];
const sum = logits.reduce((total, value) => total + Math.exp(value), 0);
const expected = logits.map((value) => Math.exp(value) / sum);

describe('predict', () => {
  it('prints the labels, most likely first, in two columns', async () => {
    const {io, written} = box();
    const {command, calls} = fakePredict();
    await command.run([red], io);
    expect(calls).toEqual(['backend best undefined', 'model efficientnet_lite0_sts 4']);
    expect(written.out.split('\n')).toEqual([
      `red    ${expected[0]!.toFixed(3)}`,
      `green  ${expected[1]!.toFixed(3)}`,
      `blue   ${expected[2]!.toFixed(3)}`,
      '',
    ]);
  });

  it('prints one JSON object and nothing on stderr', async () => {
    const {io, written} = box();
    const {command, calls} = fakePredict();
    const choices = [
      '--top',
      '2',
      '--frames',
      '3',
      '--model',
      'colours',
      '--backend',
      'cpu',
      '--threads',
      '3',
    ];
    await command.run([red, '--json', ...choices], io);
    expect(calls).toEqual(['backend cpu 3', 'model colours 3']);
    expect(written.err).toBe('');
    expect(written.out.endsWith('}\n')).toBe(true);
    const answer = JSON.parse(written.out);
    expect(Object.keys(answer)).toEqual([
      'video',
      'model',
      'backend',
      'frames',
      'predictions',
      'milliseconds',
    ]);
    expect(answer).toMatchObject({video: red, model: 'colours', backend: 'cpu', frames: 3});
    expect(
      answer.predictions.map(({label, index}: {label: string; index: number}) => [label, index]),
    ).toEqual([
      ['red', 0],
      ['green', 1],
    ]);
    expect(answer.predictions[0].probability).toBeCloseTo(expected[0]!, 5);
    expect(Number.isInteger(answer.milliseconds)).toBe(true);
  });

  it.each([
    // 20 frames: a span of 12 begins at floor(9 / 2); a span of 40 begins anew where the video ends.
    [3, [4, 7, 10, 13]],
    [10, [0, 10]],
    ['uniform', [2, 7, 12, 17]],
  ] as const)('looks at frames of the distance that the model says: %s', async (interval, frames) => {
    const read: number[] = [];
    const {model, info} = colourModel(4);
    const {command} = fakePredict({
      loadModel: async () => ({model, info: {...info, interval}}),
      async openVideo(...args) {
        const source = await ffmpegSource(...args);
        const original = source.frames.bind(source);
        source.frames = (wanted) => {
          read.push(...(wanted ?? []));
          return original(wanted);
        };
        return source;
      },
    });
    await command.run([red], box().io);
    expect(read).toEqual(frames);
  });

  it('prints all labels when more are asked for, and numbers those without a name', async () => {
    const {io, written} = box();
    const {model, info} = colourModel(4);
    const {command} = fakePredict({loadModel: async () => ({model, info: {...info, labels: ['red']}})});
    await command.run([red, '--top', '99'], io);
    expect(written.out.replaceAll(/ .*/g, '')).toBe('red\nclass\nclass\n');
    expect(written.out).toMatch(/^class 1 {2}0\.\d{3}\nclass 2 {2}0/m);
  });

  it('tells the stages in plain lines where stderr is no terminal', async () => {
    const {io, written} = box();
    await fakePredict().command.run([red], io);
    const lines = written.err.trimEnd().split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'loading efficientnet_lite0_sts on cpu',
      `reading 4 frames of ${red}`,
      'asking colours',
    ]);
    expect(lines[3]).toMatch(/^colours, 4 frames, cpu, \d+\.\d s$/);
    expect(written.err).not.toContain('\r');
    expect(written.err).not.toContain('\u001b');
  });

  it('rewrites one line on a terminal, never longer than it is wide', async () => {
    const {io, written} = box({isTTY: true, columns: 40});
    await fakePredict().command.run([red, '--json'], io);
    const drawn = written.err.split('\r\u001b[2K').slice(1);
    expect(drawn.length).toBeGreaterThan(6);
    expect(drawn.some((line) => line.startsWith('[====='))).toBe(true);
    expect(drawn.slice(0, -1).every((line) => line.length < 40 && !line.includes('\n'))).toBe(true);
    expect(drawn.at(-1)).toMatch(/^colours, 4 frames, cpu, .* s\n$/);
    expect(JSON.parse(written.out).predictions).toHaveLength(3);
  });

  it('takes a terminal of 0 columns for one of 80', async () => {
    const {io, written} = box({isTTY: true, columns: 0});
    await fakePredict().command.run([red], io);
    expect(written.err).toContain('\u001b[2Kloading efficientnet_lite0_sts on cpu ...');
  });

  it('remarks that a video ends before its header says', async () => {
    const cut = shop.at('cut.mkv');
    writeFileSync(cut, readFileSync(red).subarray(0, statSync(red).size * 0.7));
    const {io, written} = box();
    await fakePredict().command.run([cut, '--json'], io);
    expect(written.err).toMatch(
      /^tfjs-sts: note: .*cut\.mkv has \d frames in 0:01, but its header says 0:02; it may be cut short\n$/,
    );
  });

  it.each([
    ['30', 6, true],
    ['29', 6, false],
    // Three labels never fall below a third.
    ['30', 3, false],
  ])(
    'leads from a film of %s s that none of %s labels fits to analyze: %s',
    async (seconds, labels, leads) => {
      const film = shop.make(
        ...([`long${seconds}.mkv`, '-f', 'lavfi', '-i', `color=gray:s=16x12:r=1:d=${seconds}`] as const),
        ...(['-c:v', 'ffv1'] as const),
      );
      const {command} = fakePredict({
        async loadModel() {
          const {model, info} = colourModel(4);
          const doubled = tfl.layers
            .concatenate()
            .apply([model.outputs[0]!, model.outputs[0]!]) as tfl.SymbolicTensor;
          const wide = tfl.model({inputs: model.inputs, outputs: doubled});
          return {model: labels === 6 ? wide : model, info};
        },
      });
      const {io, written} = box();
      await command.run([film, '--json'], io);
      expect(/note: no label fits .* well, which takes 0:30: .*tfjs-sts analyze/.test(written.err)).toBe(
        leads,
      );
    },
  );

  it('keeps no tensor', async () => {
    await fakePredict().command.run([red], box().io);
    const before = tf.memory().numTensors;
    await fakePredict().command.run([red], box().io);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes probabilities as they are', async () => {
    const {io, written} = box();
    const {model, info} = colourModel(4);
    const {command} = fakePredict({
      loadModel: async () => ({model, info: {...info, output: 'probabilities'}}),
    });
    await command.run([red, '--top', '1'], io);
    expect(written.out).toBe('red  5.000\n');
  });

  it('chooses the backend again where a file says which network it is for', async () => {
    const asked: unknown[] = [];
    const {command} = fakePredict({
      async startBackend(...given) {
        asked.push(given);
        await tf.setBackend('cpu');
        return `backend ${asked.length}`;
      },
      async loadModel() {
        const {model, info} = colourModel(4);
        return {model, info: {...info, network: 'x3d_s'}};
      },
    });
    const {io, written} = box();
    await command.run([red, '--model', 'mine.safetensors', '--json'], io);
    expect(asked).toEqual([
      ['best', undefined, undefined],
      ['best', undefined, 'x3d_s'],
    ]);
    expect(JSON.parse(written.out).backend).toBe('backend 2');
  });

  it('takes several videos with the model loaded once, each below its name', async () => {
    const green = shop.make(
      'green.mkv',
      '-f',
      'lavfi',
      '-i',
      'color=0x00ff00:s=16x12:r=10:d=2',
      '-c:v',
      'ffv1',
    );
    const {io, written} = box();
    const {command, calls} = fakePredict();
    await command.run([red, green, '--top', '1'], io);
    expect(calls).toEqual(['backend best undefined', 'model efficientnet_lite0_sts 4']);
    expect(written.out).toMatch(/^.*red\.mkv\n {2}red {2}0\.\d{3}\n.*green\.mkv\n {2}green {2}0\.\d{3}\n$/);
    expect(written.err).toMatch(/colours, 4 frames, cpu, 2 videos, \d/);
    const json = box();
    await fakePredict().command.run([red, green, '--json'], json.io);
    const lines = json.written.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({video, predictions}) => [video, predictions[0].label])).toEqual([
      [red, 'red'],
      [green, 'green'],
    ]);
    expect(json.written.err).toBe('');
  });

  it('goes on behind a video that cannot be read, and fails in the end', async () => {
    const {io, written} = box();
    const absent = shop.at('absent.mp4');
    const running = fakePredict().command.run([absent, red, '--json'], io);
    await expect(running).rejects.toThrow(`1 of 2 videos have no answer: ${absent}`);
    expect(JSON.parse(written.out).predictions[0].label).toBe('red');
    expect(written.err).toMatch(/^tfjs-sts: no such file: '.*absent\.mp4'\n$/);
  });

  it('takes the standard input, and leaves nothing of it behind', async () => {
    const before = temporary();
    const {io, written} = box({stdin: [readFileSync(red)]});
    await fakePredict().command.run(['-', '--json'], io);
    expect(JSON.parse(written.out)).toMatchObject({video: '-', predictions: [{label: 'red'}, {}, {}]});
    expect(temporary()).toEqual(before);
    const empty = fakePredict().command.run(['-'], box().io);
    await expect(empty).rejects.toThrow(/standard input/);
    expect(temporary()).toEqual(before);
  });

  it('says of a classifier that it was never trained, and of classes that they have no names', async () => {
    const {model, info} = colourModel(4);
    const bias = model.layers.at(-1)!.weights[1]!;
    bias.write(tf.zeros(bias.shape as number[]));
    const {io, written} = box();
    const {command} = fakePredict({loadModel: async () => ({model, info: {...info, labels: []}})});
    await command.run([red, '--json'], io);
    expect(written.err.split('\n')).toEqual([
      expect.stringMatching(
        /^tfjs-sts: note: the classifier of colours was never trained, .* means nothing\./,
      ),
      expect.stringMatching(/^tfjs-sts: note: colours has no names for its classes/),
      '',
    ]);
    expect(JSON.parse(written.out).predictions).toHaveLength(3);
  });

  it('takes the address of a model, downloads it with progress, and needs no network again', async () => {
    const network = 'efficientnet_lite_tiny_sts';
    await tf.setBackend('cpu');
    const model = createNetwork(network);
    const labels = '["a", "b", "c", "d", "e"]';
    const bytes = safetensors.write(await fromLayersModel(model), {network, labels});
    model.dispose();
    const server = await serve({'tiny.safetensors': {bytes, etag: '"1"'}});
    const url = `${server.origin}/tiny.safetensors`;
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.stubEnv('TFJS_STS_CACHE', shop.at('cache'));
    try {
      const [first, second] = [box({isTTY: true}), box()];
      await predictCommand().run([red, '--model', url, '--backend', 'cpu'], first.io);
      await server.close();
      await predictCommand().run([red, '--model', url, '--backend', 'cpu'], second.io);
      expect(first.written.err).toMatch(/\[=+\] 100\/100 loading http/);
      expect(
        first.written.out
          .split('\n')
          .map((line) => line[0])
          .filter(Boolean)
          .sort()
          .join(''),
      ).toBe('abcde');
      expect(second.written.out).toBe(first.written.out);
      expect(server.asked.length).toBe(1);
      expect(String(warn.mock.calls[0])).toMatch(/The copy in the cache is used/);
    } finally {
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
    }
  });

  it('shows its help', async () => {
    const {io, written} = box();
    const {command, calls} = fakePredict();
    await command.run(['--help'], io);
    expect(written.out).toMatch(/usage: tfjs-sts predict VIDEO/);
    for (const option of ['--model', '--top', '--frames', '--backend', '--threads', '--json'])
      expect(written.out).toContain(option);
    expect(calls).toEqual([]);
  });
});

describe('predict refuses', () => {
  it.each([
    ['no video', [], /predict needs a video/],
    ['the standard input twice', ['-', '-'], /can read the standard input, -, only once/],
    ['--top 0', ['VIDEO', '--top', '0'], /--top is '0'/],
    ['--top five', ['VIDEO', '--top', 'five'], /--top is 'five'/],
    ['--top 1.5', ['VIDEO', '--top', '1.5'], /--top is '1.5'/],
    ['--frames -1', ['VIDEO', '--frames=-1'], /--frames is '-1'/],
    ['--frames nothing', ['VIDEO', '--frames='], /--frames is ''/],
    ['--frames 0x10', ['VIDEO', '--frames', '0x10'], /--frames is '0x10'/],
  ])('%s', async (_, args, message) => {
    const {command, calls} = fakePredict();
    const running = command.run(
      args.map((argument) => (argument === 'VIDEO' ? red : argument)),
      box().io,
    );
    await expect(running).rejects.toThrow(message);
    await expect(running).rejects.toThrow(InvalidArgumentError);
    expect(calls).toEqual([]);
  });

  it('a misspelt option, with the one that was meant', async () => {
    await expect(fakePredict().command.run([red, '--fames', '8'], box().io)).rejects.toThrow(
      'predict has no option --fames; did you mean --frames? Known are --model, ',
    );
  });

  it('an unknown option', async () => {
    await expect(fakePredict().command.run([red, '--fast'], box().io)).rejects.toThrow(
      /predict has no option --fast; known are --model/,
    );
  });

  it('a video that is not there before anything is loaded', async () => {
    const {command, calls} = fakePredict();
    await expect(command.run([shop.at('absent.mp4')], box().io)).rejects.toThrow(/^no such file/);
    expect(calls).toEqual([]);
  });

  it('a video shorter than the clip, saying which --frames would do', async () => {
    const short = shop.formula('short.mkv', 16, 16, 3);
    await expect(fakePredict().command.run([short], box().io)).rejects.toThrow(
      `'${short}' has 3 frames but colours looks at 4; use --frames 3 or a longer video`,
    );
    const {io, written} = box();
    await fakePredict().command.run([short, '--frames', '3'], io);
    expect(written.out).not.toBe('');
  });

  it('an unknown model, leaving a terminal clean', async () => {
    const {io, written} = box({isTTY: true});
    await expect(fakePredict().command.run([red, '--model', 'transnet_v2'], io)).rejects.toThrow(
      /transnet_v2 finds where the shots of a film end/,
    );
    await expect(fakePredict().command.run([red, '--model', 'absent'], io)).rejects.toThrow(
      /the known ones are colours/,
    );
    expect(written.err.endsWith('\r\u001b[2K')).toBe(true);
    expect(written.out).toBe('');
  });

  it('a missing backend', async () => {
    const {command} = fakePredict({
      startBackend: async () => {
        throw new UnavailableError('no such backend');
      },
    });
    await expect(command.run([red], box().io)).rejects.toThrow(UnavailableError);
  });
});
