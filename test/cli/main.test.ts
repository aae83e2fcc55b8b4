/** The command line around its commands: help, version, exit codes, errors as one line; and the real backends. */
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, describe, expect, it, vi} from 'vitest';
import {BACKEND_NAMES, measuredNetwork, startBackend} from '../../src/cli/input/backends';
import {Interrupted} from '../../src/cli/interrupted';
import {main} from '../../src/cli/main';
import {kernelCoverage} from '../../src/kernels/registry';
import {FormatError, InvalidArgumentError, UnavailableError} from '../../src/util/errors';
import {box} from './fake';

const stand = vi.hoisted(() => ({run: async (_args: readonly string[]): Promise<void> => {}}));
vi.mock('../../src/cli/commands/predict', async (original) => ({
  ...(await original<object>()),
  predictCommand: () => ({summary: 'a stand-in', run: (args: readonly string[]) => stand.run(args)}),
}));
afterEach(() => {
  stand.run = async () => {};
});

async function call(argv: string[], options = {}) {
  const {io, written} = box(options);
  return {code: await main(argv, io), ...written};
}

describe('main', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('ends after %s with the code that shells give it', async (signal, code) => {
    stand.run = async () => Promise.reject(new Interrupted(signal));
    const err = `tfjs-sts: interrupted (${signal}); nothing was written\n`;
    expect(await call(['predict'])).toEqual({code, out: '', err});
  });

  it.each([['--help'], ['-h'], ['help']])('%s lists the commands', async (flag) => {
    const {code, out, err} = await call([flag]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/usage: tfjs-sts COMMAND/);
    expect(out).toMatch(/^ {2}predict +a stand-in$/m);
  });

  it.each([['--version'], ['-v']])('%s', async (flag) => {
    expect(await call([flag])).toEqual({code: 0, out: '1.2.3\n', err: ''});
  });

  it('hands the rest of the arguments to the command', async () => {
    const seen: string[][] = [];
    stand.run = async (args) => void seen.push([...args]);
    expect(await call(['predict', 'a', '--top', '3'])).toEqual({code: 0, out: '', err: ''});
    expect(seen).toEqual([['a', '--top', '3']]);
  });

  it.each([
    [[], /^tfjs-sts: no command given.*nown are predict/],
    [['fly'], /^tfjs-sts: unknown command 'fly'.*nown are predict/],
    [['predcit'], /^tfjs-sts: unknown command 'predcit'; did you mean predict\? Known are/],
    [['constructor'], /^tfjs-sts: unknown command 'constructor'/],
    [['--fast'], /^tfjs-sts: unknown command '--fast'/],
  ])('%j is refused in one line', async (argv, message) => {
    const {code, out, err} = await call(argv);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(message);
    expect(err.match(/\n/g)).toHaveLength(1);
  });

  it.each([
    [
      ['analyze', 'a.mp4', '--every'],
      /^tfjs-sts: analyze needs a value behind --every; see tfjs-sts analyze --help\n$/,
    ],
    [
      ['info', 'x3d_s', '--size', '--json'],
      /: info needs a value behind --size, got --json; if that is the value: --size=--json;/,
    ],
    [['list', '--json=yes'], /: list takes no value for --json, got 'yes'; see/],
  ])('%j: an option without its value, or with one too many', async (argv, message) => {
    const {code, out, err} = await call(argv);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/Option '/);
  });

  it.each([
    [new InvalidArgumentError('bad number'), 'tfjs-sts: bad number\n'],
    [new FormatError("cannot read 'a\nb\u001b[31m'"), "tfjs-sts: cannot read 'a b [31m'\n"],
    [new UnavailableError('no ffmpeg'), 'tfjs-sts: no ffmpeg\n'],
    [new InvalidArgumentError('loadModel: no model: "a"'), 'tfjs-sts: no model: "a"\n'],
    [new FormatError('loadModel: my.pth: checkpoints.read: no'), 'tfjs-sts: my.pth: no\n'],
    [new InvalidArgumentError("conv3dTranspose: 'C: a' is: b"), "tfjs-sts: 'C: a' is: b\n"],
    [new FormatError('data.pkl: 3 bytes'), 'tfjs-sts: data.pkl: 3 bytes\n'],
    [
      new TypeError('x is\n  undefined'),
      'tfjs-sts: unexpected error: x is undefined (set TFJS_STS_DEBUG=1 to see where)\n',
    ],
    ['a thrown text', 'tfjs-sts: unexpected error: a thrown text (set TFJS_STS_DEBUG=1 to see where)\n'],
    [
      Object.assign(new TypeError("Unknown option '--x'"), {code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION'}),
      "tfjs-sts: Unknown option '--x'\n",
    ],
  ])('%s ends as one line and exit code 1', async (error, line) => {
    stand.run = () => Promise.reject(error);
    expect(await call(['predict'])).toEqual({code: 1, out: '', err: line});
  });

  it('shows the stack when asked to', async () => {
    stand.run = () => Promise.reject(new TypeError('odd'));
    const {err} = await call(['predict'], {env: {TFJS_STS_DEBUG: '1'}});
    expect(err).toMatch(/^tfjs-sts: unexpected error: odd .*\nTypeError: odd\n {4}at /);
  });
});

describe('startBackend', () => {
  it.each(['cpu', 'wasm', 'webgpu'])('%s computes, with kernels of ours', async (name) => {
    await startBackend(name);
    expect(kernelCoverage(name)).toMatchObject({IndirectConv3D: 'kernel', MaxPool3D: 'kernel'});
    expect(tf.getBackend()).toBe(name);
    expect([...(await tf.add(tf.tensor1d([1, 2]), 1).data())]).toEqual([2, 3]);
  });

  it('best is what was measured to be', async () => {
    expect(await startBackend('best', 1, 'x3d_s')).toBe('wasm');
    expect(await startBackend('best', 1, 'r2plus1d_r34_8x8', {threads: 1})).toBe('wasm');
    await expect(startBackend('best', 1, 'x3d_z')).rejects.toThrow(/did you mean x3d_s/);
    expect(measuredNetwork('x3d_s_sts.k400_e100')).toBe('x3d_s_sts');
    expect(measuredNetwork('efficientnet_lite0_sts')).toBe('efficientnet_lite0_sts');
    expect(measuredNetwork('x3d_s.safetensors')).toBeUndefined();
  });

  it('refuses an unknown one', async () => {
    await expect(startBackend('gpu')).rejects.toThrow(
      /unknown backend 'gpu'.*nown are best, wasm, cpu, webgpu, tensorflow/,
    );
    await expect(startBackend('constructor')).rejects.toThrow(InvalidArgumentError);
    await expect(startBackend('cpu', 2)).rejects.toThrow(
      new InvalidArgumentError('--threads 2: only --backend wasm takes threads, not cpu'),
    );
    expect(BACKEND_NAMES).toEqual(['best', 'wasm', 'cpu', 'webgpu', 'tensorflow']);
  });
});
