/**
 * `setThreads` in Node, from before the backend starts: the same bits on one, two and three threads, and what becomes
 * of the workers.
 */
import {createHash} from 'node:crypto';
import type * as workerThreads from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import * as sts from '../../../../src/entries';
import {setThreads} from '../../../../src/entries/backends/wasm';
import {wasmStarter} from '../../../../src/kernels/wasm/runtime/set_threads';
import {batchNormTrain} from '../../../../src/ops/batch_norm_train';
import {gatedSwish} from '../../../../src/ops/gated_swish';
import {takenOnce} from '../../../../src/ops/grads/taken_once';
import {InvalidArgumentError, UnavailableError} from '../../../../src/util/errors';
import {heapOf, liveBackend, tensorOf, valuesOf} from '../wasm_host';
import {liveRuntime, startBehindWorkers} from './start_threads';

/** The workers that setThreads has started, by listening in on Node's class. */
const workers: workerThreads.Worker[] = [];
const builtin = process.getBuiltinModule('node:worker_threads');
const {Worker: Original} = builtin;

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
vi.spyOn(process.getBuiltinModule('node:os'), 'availableParallelism').mockReturnValue(1);

beforeAll(async () => {
  await import('@tensorflow/tfjs-layers');
  await import('@tensorflow/tfjs-backend-wasm');
  builtin.Worker = class extends Original {
    constructor(...given: ConstructorParameters<typeof Original>) {
      super(...given);
      workers.push(this);
    }
  };
});
afterAll(() => {
  builtin.Worker = Original;
});

/** Workers that have not ended: those have no thread number. */
const alive = () => workers.filter(({threadId}) => threadId > 0).length;

type Convolution = (x: tf.Tensor5D, w: tf.Tensor5D) => tf.Tensor5D;
interface Case {
  x: number[];
  w: number[];
  run: Convolution;
}
const conv3d =
  (strides: number | [number, number, number] = 1, options = {}): Convolution =>
  (x, w) =>
    sts.fused.conv3d({x, filter: w, strides, pad: 'same', ...options});

const cases: Record<string, Case> = {
  '3x1x1, few rows, deep': {x: [1, 4, 7, 7, 256], w: [3, 1, 1, 256, 64], run: conv3d()},
  '3x3x3': {x: [2, 4, 14, 13, 33], w: [3, 3, 3, 33, 21], run: conv3d()},
  '3x3x3, minimal filtering': {x: [2, 4, 15, 13, 33], w: [3, 3, 3, 33, 37], run: conv3d()},
  'strides, scattered gradients': {x: [1, 4, 15, 14, 12], w: [3, 3, 3, 12, 18], run: conv3d([1, 2, 2])},
  'stem 1x7x7': {x: [1, 4, 33, 35, 3], w: [1, 7, 7, 3, 24], run: conv3d([1, 2, 2])},
  'few channels': {x: [2, 9, 15, 13, 5], w: [3, 3, 3, 5, 11], run: conv3d()},
  'few channels, scattered gradients': {x: [1, 9, 17, 14, 3], w: [3, 3, 3, 3, 5], run: conv3d([1, 2, 2])},
  grouped: {x: [1, 4, 14, 14, 32], w: [3, 3, 3, 8, 32], run: conv3d(1, {groups: 4})},
  'bias, residual and activation': {
    x: [1, 4, 9, 9, 40],
    w: [1, 3, 3, 40, 24],
    run: (x, w) =>
      conv3d(1, {
        bias: tf.tensor1d(valuesOf([24], 3)),
        residual: tensorOf([1, 4, 9, 9, 24], 4),
        activation: 'swish',
      })(x, w),
  },
  depthwise: {
    x: [2, 5, 15, 15, 54],
    w: [3, 3, 3, 54, 1],
    run: (x, w) => sts.depthwiseConv3d(x, w, [1, 2, 2], 'same'),
  },
  'STS, temporal': {x: [2, 4, 14, 14, 40], w: [3, 1, 1, 40, 24], run: (x, w) => sts.stsConv3d(x, w, 1)},
  'STS, depthwise': {
    x: [1, 4, 15, 15, 45],
    w: [3, 3, 3, 45, 1],
    run: (x, w) => sts.stsDepthwiseConv3d(x, w, 1, 'same'),
  },
  'pointwise, tails': {x: [1, 3, 17, 19, 24], w: [1, 1, 1, 24, 54], run: conv3d(1, {activation: 'relu'})},
  'a gate': {x: [2, 5, 17, 19, 54], w: [2, 1, 1, 1, 54], run: (x, w) => tf.mul(x, w)},
  'a gate and swish': {
    x: [2, 5, 17, 19, 54],
    w: [2, 1, 1, 1, 54],
    run: (x, w) => takenOnce(() => gatedSwish(x, w)) as tf.Tensor5D,
  },
  'a single position': {x: [1, 1, 1, 1, 40], w: [1, 1, 1, 40, 9], run: conv3d()},
};

const withoutFilter: Record<string, (x: tf.Tensor5D) => tf.Tensor> = {
  'sum over all positions': (x) => tf.sum(x, [0, 1, 2, 3]),
  maxPool3d: (x) => tf.maxPool3d(x, 3, [1, 2, 2], 'same'),
  avgPool3d: (x) => tf.avgPool3d(x, [2, 3, 3], 2, 'same'),
  'batchNormTrain with ReLU': (x) => {
    const channels = x.shape[4];
    const [gamma, beta] = [tf.tensor1d(valuesOf([channels], 3)), tf.tensor1d(valuesOf([channels], 4))];
    const {y} = batchNormTrain(tf.reshape(x, [-1, channels]), gamma, beta, 1e-3, 'relu');
    return tf.reshape(y, x.shape);
  },
  'batchNormTrain of a sum with ReLU': (x) => {
    const channels = x.shape[4];
    const [gamma, beta] = [tf.tensor1d(valuesOf([channels], 3)), tf.tensor1d(valuesOf([channels], 4))];
    const shortcut = tf.square(x);
    return takenOnce(() => batchNormTrain(x, gamma, beta, 1e-3, 'relu', shortcut).y);
  },
  'batchNormTrain with swish': (x) => {
    const channels = x.shape[4];
    const [gamma, beta] = [tf.tensor1d(valuesOf([channels], 3)), tf.tensor1d(valuesOf([channels], 4))];
    return takenOnce(() => batchNormTrain(x, gamma, beta, 1e-3, 'swish').y);
  },
  batchNormTrain: (x) => {
    const channels = x.shape[4];
    const [gamma, beta] = [tf.tensor1d(valuesOf([channels], 3)), tf.tensor1d(valuesOf([channels], 4))];
    const {y} = batchNormTrain(tf.reshape(x, [-1, channels]), gamma, beta, 1e-3);
    return tf.reshape(y, x.shape);
  },
};

/** Values as something short to compare: equal for equal bits. */
const digest = (values: NodeJS.TypedArray) => createHash('sha256').update(values).digest('hex');

const digestFrom = (run: () => tf.Tensor) => tf.tidy(() => digest(run().dataSync()));

/** Output, gradient by x, gradient by w. */
function everything({x, w, run}: Case) {
  return tf.tidy(() => {
    const inputs = [tensorOf(x, 1), tensorOf(w, 2)] as const;
    const y = run(...inputs);
    const gradients = tf.grads((a: tf.Tensor, b: tf.Tensor) => run(a as tf.Tensor5D, b as tf.Tensor5D));
    const dy = tensorOf(y.shape, 5);
    return [y, ...gradients([...inputs], dy)].map((tensor) => digest(tensor.dataSync()));
  });
}
const depthwise = () =>
  digestFrom(() => cases.depthwise!.run(tensorOf(cases.depthwise!.x, 1), tensorOf(cases.depthwise!.w, 2)));

describe.sequential('setThreads in Node', () => {
  it.each([0, -1, 1.5, Number.NaN, 65])('refuses %s threads', async (count) => {
    await expect(setThreads(count)).rejects.toThrow(InvalidArgumentError);
  });

  it('names the .wasm that it was sent to and that is not there', async () => {
    await expect(setThreads(2, {wasmPaths: '/no/such/folder/'})).rejects.toThrow(
      new UnavailableError(
        'setThreads: /no/such/folder/tfjs-backend-wasm-simd.wasm cannot be read; say where the .wasm files of ' +
          '@tensorflow/tfjs-backend-wasm are, as for its setWasmPaths: setThreads(n, {wasmPaths}).',
      ),
    );
  });

  it('by itself takes one thread where the address space is limited', async () => {
    const limits = vi.spyOn(process.getBuiltinModule('node:fs'), 'readFileSync');
    limits.mockReturnValue('Max address space         16384000000          16384000000          bytes\n');
    expect(await wasmStarter.start!(undefined)).toMatch(
      /^one thread: the address space of the process is limited/,
    );
    limits.mockReturnValue('Max address space         unlimited            unlimited            bytes\n');
    expect(await wasmStarter.start!(undefined)).toBe('one thread');
    limits.mockRestore();
  });

  it('has nothing to do for one thread before the backend starts', async () => {
    await setThreads(1);
    expect(tf.engine().registry.wasm).toBeUndefined();
  });

  it('starts the backend on a shared memory', async () => {
    await setThreads(2);
    expect(tf.getBackend()).toBe('wasm');
    expect(heapOf(liveBackend()).HEAPU8.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(alive()).toBe(1);
    expect(sts.kernelCoverage().IndirectConv3D).toBe('kernel');
  });

  it.each(Object.entries(cases))('gives the same bits on 1, 2 and 3 threads: %s', async (_, given) => {
    await setThreads(1);
    const expected = everything(given);
    for (const threads of [2, 3]) {
      await startBehindWorkers(liveRuntime(), threads);
      expect(everything(given)).toEqual(expected);
    }
  });

  it.each(Object.entries(withoutFilter))('gives the same bits on 1, 2 and 3 threads: %s', async (_, op) => {
    const {MaxPool3DGrad, AvgPool3DGrad, BatchNormTrainGrad} = sts.kernelCoverage();
    expect([MaxPool3DGrad, AvgPool3DGrad, BatchNormTrainGrad]).toEqual(['kernel', 'kernel', 'kernel']);
    const both = () =>
      tf.tidy(() => {
        const x = tensorOf([2, 5, 15, 14, 37], 1);
        const y = op(x);
        const dx = tf.grad((a: tf.Tensor) => op(a as tf.Tensor5D))(x, tensorOf(y.shape, 2));
        return [y, dx].map((tensor) => digest(tensor.dataSync()));
      });
    await setThreads(1);
    const expected = both();
    for (const threads of [2, 3]) {
      await startBehindWorkers(liveRuntime(), threads);
      expect(both()).toEqual(expected);
    }
  });

  it('has workers that compute', async () => {
    const rows = await startBehindWorkers(liveRuntime(), 2);
    const run = () => sts.conv3d(tensorOf([1, 1, 20, 50, 8], 1), tensorOf([1, 1, 1, 8, 8], 2), 1, 'same');
    let turns = 0;
    // How many turns it takes until a worker has woken up in time is up to the system.
    do digestFrom(run);
    while (++turns < 200 && rows() === turns * 1000);
    expect(rows()).toBeLessThan(turns * 1000);
  });

  it('reaches memory that was added after the workers had started', async () => {
    await setThreads(1);
    const filter = tensorOf([1, 1, 1, 1024, 8], 2);
    const input = valuesOf([4, 16, 16, 1024], 1);
    const run = () =>
      digestFrom(() => sts.conv3d(tf.tensor5d(input, [1, 4, 16, 16, 1024]), filter, 1, 'same'));
    const expected = run();
    await liveRuntime().setThreads(3, 0);
    const end = heapOf(liveBackend()).HEAPU8.byteLength;
    const kept: tf.Tensor[] = [];
    do kept.push(tf.zeros([input.length]));
    while (liveBackend().getMemoryOffset(kept.at(-1)!.dataId) < end);
    expect(heapOf(liveBackend()).HEAPU8.byteLength).toBeGreaterThan(end);
    expect(run()).toEqual(expected);
    tf.dispose([filter, ...kept]);
  });

  it('says on the next kernels that a worker is gone, until it is told to go on', async () => {
    await liveRuntime().setThreads(2, 0);
    const expected = depthwise();
    await workers.at(-1)!.terminate();
    const error = /a worker of setThreads is gone \(exit code 1\); call setThreads\(n\) for new ones/;
    expect(depthwise).toThrow(error);
    expect(depthwise).toThrow(error);
    await setThreads(2);
    expect(depthwise()).toEqual(expected);
  });

  it('does what the last of several calls says', async () => {
    await Promise.all([setThreads(4), setThreads(2), setThreads(3)]);
    expect(alive()).toBe(2);
    depthwise();
  });

  it('says once that there are more threads than cores', () => {
    const said = warn.mock.calls.map(([text]) => String(text)).filter((text) => /core/.test(text));
    expect(said).toEqual([expect.stringMatching(/^tfjs-sts: setThreads\(\d\) on a machine of 1 core: /)]);
  });

  it('ends the workers for one thread, and with the backend', async () => {
    await setThreads(3);
    expect(alive()).toBe(2);
    await setThreads(1);
    expect(alive()).toBe(0);
    depthwise();
    await setThreads(2);
    const ended = new Promise((resolve) => workers.at(-1)!.once('exit', resolve));
    tf.removeBackend('wasm');
    await ended;
    expect(alive()).toBe(0);
  });
});
