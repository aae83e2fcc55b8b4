/**
 * Programs of kernels that run as recordings on wasm (src/train/loop/traced/program_steps.ts), against the same computation op by op: to the
 * bit on one thread and on three, where threads change meanwhile and where the memory has no room for a recording.
 */
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import '../../../src/entries';
import '../../../src/entries/backends/wasm';
import {createNetwork} from '../../../src/entries/networks';
import {train} from '../../../src/entries/train';
import {replaceStockKernels, restoreStockKernels} from '../../../src/kernels/registry';
import {stockReplacements} from '../../../src/kernels/wasm';
import type {WasmRuntime} from '../../../src/kernels/wasm/runtime/wasm_runtime';
import {conv3d, depthwiseConv3d} from '../../../src/ops';
import {takenOnce} from '../../../src/ops/grads/taken_once';
import type {KernelProgram} from '../../../src/train/loop/traced/kernel_program';
import {traceKernels} from '../../../src/train/loop/traced/kernel_trace';
import {stepsOf} from '../../../src/train/loop/traced/program_steps';
import {OutOfMemoryError} from '../../../src/util/errors';
import {inAnotherOrder} from '../../kernels/wasm/threads/another_order';
import {liveRuntime, startThreads} from '../../kernels/wasm/threads/start_threads';

beforeAll(async () => {
  await startThreads(2);
  replaceStockKernels(stockReplacements);
  await liveRuntime().setThreads(1);
});
afterEach(() => vi.restoreAllMocks());

const random = (seed: number, ...shape: number[]) => tf.randomUniform(shape, -1, 1, 'float32', seed);
const inputs = (seed: number) => [
  random(seed, 2, 4, 9, 7, 5),
  random(seed + 1, 3, 3, 3, 5, 12),
  random(seed + 2, 3, 3, 3, 12, 1),
  random(seed + 3, 1, 1, 1, 12, 40),
  random(seed + 4, 40, 6),
];

/** Convolutions of several forms, of which one result is read by the gradients of all, and the host's own kernels between them. */
function loss(
  x: tf.Tensor,
  first: tf.Tensor,
  second: tf.Tensor,
  third: tf.Tensor,
  last: tf.Tensor,
): tf.Scalar {
  const stem = tf.relu(conv3d(x as tf.Tensor5D, first as tf.Tensor5D, 1, 'same'));
  const middle = depthwiseConv3d(stem as tf.Tensor5D, second as tf.Tensor5D, 1, 'same');
  const sum = tf.add(tf.tanh(middle), stem);
  const wide = tf.relu(conv3d(sum as tf.Tensor5D, third as tf.Tensor5D, 1, 'same'));
  const gated = tf.mul(wide, tf.sigmoid(tf.mean(wide, [1, 2, 3], true)));
  const logits = tf.matMul(tf.mean(gated, [1, 2, 3]) as tf.Tensor2D, last as tf.Tensor2D);
  return tf.mean(tf.square(tf.logSoftmax(logits)));
}

function gradients(given: readonly tf.Tensor[]): tf.Tensor[] {
  return tf.tidy(() => {
    const {value, grads} = takenOnce(() =>
      tf.valueAndGrads((...tensors: tf.Tensor[]) => loss(...(tensors as Parameters<typeof loss>)))([
        ...given,
      ]),
    );
    return [value, ...grads];
  });
}

function traced(seed: number): KernelProgram {
  const given = inputs(seed);
  const {result, program} = traceKernels(
    given,
    () => gradients(given),
    (made) => made,
  );
  tf.dispose([given, result]);
  return program!;
}

const valuesOf = (tensors: readonly tf.Tensor[]) => tensors.map((one) => [...one.dataSync()]);
const held = () => [tf.memory().numTensors, tf.memory().numDataBuffers, tf.backend().numDataIds()];

/** What a program gives in one run, and what the computation gives. */
function compare(program: KernelProgram, seed: number): void {
  const before = held();
  const given = inputs(seed);
  const [run, expected] = [program.run(given), gradients(given)];
  expect(valuesOf(run)).toEqual(valuesOf(expected));
  expect(valuesOf(run).flat().every(Number.isFinite)).toBe(true);
  tf.dispose([given, run, expected]);
  expect(held()).toEqual(before);
}

describe.each([1, 3])('on %i threads', (threads) => {
  beforeAll(() => liveRuntime().setThreads(threads, 0));

  it('gives the bits of each run, in turns of all threads', () => {
    const program = traced(1);
    const turns = vi.spyOn(liveRuntime(), 'runTurns');
    for (const seed of [10, 20, 30]) compare(program, seed);
    expect(turns.mock.calls.length > 0).toBe(threads > 1);
    const calls = turns.mock.calls.reduce((sum, [, count]) => sum + count, 0);
    if (threads > 1) expect(calls / 3).toBeGreaterThan(25);
    program.dispose();
  });

  it('calls kernels one by one where the memory has no room for a recording', () => {
    const program = traced(2);
    compare(program, 10);
    const {space} = liveRuntime();
    const {withScratch} = space;
    for (const refused of [1, 2, 3]) {
      let asked = 0;
      vi.spyOn(space, 'withScratch').mockImplementation((bytes, use) => {
        if (++asked === refused) throw new OutOfMemoryError('no room');
        withScratch.call(space, bytes, use);
      });
      compare(program, 10 * refused);
      expect(asked).toBeGreaterThan(refused);
    }
    program.dispose();
  });
});

describe('turns that wait for no other', () => {
  async function weightsOf(name: string, size: object, spy?: (runtime: WasmRuntime) => void) {
    await liveRuntime().setThreads(3, 0);
    const model = createNetwork(name, {...size, classes: 3, seed: 1});
    spy?.(liveRuntime());
    const {shape} = model.inputs[0]!;
    const data = {
      ...{size: 8, classes: ['a', 'b', 'c']},
      async *batches() {
        for (let i = 0; i < 4; i++) {
          yield {
            x: random(i, 2, ...(shape.slice(1) as number[])) as tf.Tensor5D,
            y: tf.tidy(() =>
              tf.cast(tf.oneHot(tf.tensor1d([i % 3, 2], 'int32'), 3), 'float32'),
            ) as tf.Tensor2D,
          };
        }
      },
    };
    await train(model, data, {
      recipe: {
        ...{epochs: 1, batchSize: 2, learningRate: 0.01, preciseBatchNorm: 0},
        optimizer: {name: 'sgd', momentum: 0.9} as const,
      },
    });
    const weights = valuesOf(model.weights.map((weight) => weight.read()));
    model.dispose();
    vi.restoreAllMocks();
    return weights;
  }

  it.each<[string, object]>([
    ['x3d_s', {frames: 4, height: 32, width: 32}],
    ['x3d_s_sts', {frames: 4, height: 32, width: 32}],
    ['efficientnet_lite0_sts', {frames: 8, height: 32, width: 32}],
    ['mobilenet_v2_sts', {frames: 8, height: 32, width: 32}],
  ])('may come in another order: %s', async (name, size) => {
    let [turns, early] = [0, 0];
    const other = await weightsOf(name, size, (runtime) => {
      vi.spyOn(runtime, 'runTurns').mockImplementation(
        inAnotherOrder(runtime, (before) => {
          turns++;
          if (before > 0) early++;
        }),
      );
    });
    expect(early / turns).toBeGreaterThan(0.2);
    expect(other).toEqual(await weightsOf(name, size));
  });
});

it('records anew when threads are others', async () => {
  await liveRuntime().setThreads(1);
  const program = traced(3);
  for (const threads of [1, 3, 2, 1]) {
    await liveRuntime().setThreads(threads, 0);
    for (const seed of [10, 20]) compare(program, seed);
  }
  program.dispose();
});

it('ends a recording that would hold on to much that others have made', () => {
  const shape = [2 ** 22];
  const kernel = tf.getKernel(tf.Add, 'wasm')!;
  const operand = (value: number) => ({value, shape, dtype: 'float32' as const});
  // Each adds a value of 16 MiB, which nobody reads after it, to the sum of those before: from 8 on.
  const calls = Array.from({length: 7}, (_, i) => ({
    ...{kernel, isList: false, attrs: undefined, first: 8 + i, end: 9 + i},
    inputs: [['a', operand(i === 0 ? 0 : 7 + i)] as const, ['b', operand(i + 1)] as const],
  }));
  const spent = calls.map((_, i) => (i === 0 ? [0, 1] : [7 + i, i + 1]));
  const steps = stepsOf(tf.backend(), calls, spent);
  expect(steps.map(({first, end}) => [first, end])).toEqual([
    [0, 3],
    [3, 6],
    [6, 7],
  ]);
  expect(steps.every(({recording}) => recording !== undefined)).toBe(true);
  expect(steps.map(({reads, makes}) => [reads.map(({value}) => value), makes])).toEqual([
    [[0, 1, 2, 3], [10]],
    [[10, 4, 5, 6], [13]],
    [[13, 7], [14]],
  ]);
});

it('leaves nothing of kernels that make data before they look at their inputs', async () => {
  const x = random(1, 4, 6);
  const compute = () =>
    tf.tidy(() => [tf.zerosLike(tf.relu(x)), tf.transpose(x), tf.cumsum(x, 1), ...tf.grads(tf.elu)([x])]);
  const {result, program} = traceKernels([x], compute, (made) => made);
  const before = held();
  for (let run = 0; run < 3; run++) {
    const made = program!.run([x]);
    expect(valuesOf(made)).toEqual(valuesOf(result));
    tf.dispose(made);
    // What is recorded is so once more.
    await liveRuntime().setThreads(1);
    expect(held()).toEqual(before);
  }
  program!.dispose();
  tf.dispose([x, result]);
});

it('kernels that cannot be recorded are called one by one', () => {
  restoreStockKernels('wasm', ['Relu', 'Sigmoid', 'Add', 'Multiply']);
  const program = traced(4);
  for (const seed of [10, 20]) compare(program, seed);
  program.dispose();
  replaceStockKernels(stockReplacements);
});
