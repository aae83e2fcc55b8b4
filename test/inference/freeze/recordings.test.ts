/**
 * Recorded rows of kernels in frozen models on wasm: what a recording must not take over from another state of the program,
 * and values that are not float32, against the same model by way of the engine or on cpu. On a shared memory, as
 * `setThreads` wants it before the backend starts.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import '../../../src/entries/backends/wasm';
import {freeze} from '../../../src/inference/freeze';
import {predictInSlabs} from '../../../src/inference/slabs';
import {restoreStockKernels} from '../../../src/kernels/registry';
import {setThreads} from '../../../src/kernels/wasm/runtime/set_threads';
import {connect} from '../../../src/kernels/wasm/runtime/wasm_runtime';
import {registerWithHost, layers as sts} from '../../../src/layers';
import {startBackend} from '../../support/backends';
import {wasmPaths} from '../../support/wasm_paths_node';
import {scramble} from './same_answers';

type Value = tfl.SymbolicTensor;

const conv = (filters: number, kernelSize: number | [number, number, number], strides = 1) =>
  sts.conv3d({filters, kernelSize, strides, padding: 'same'});

const frozenOf = (inputs: Value, outputs: Value) => {
  const model = tfl.model({inputs, outputs});
  scramble(model);
  return freeze(model);
};

const held = () => [tf.memory().numTensors, tf.backend().numDataIds()];

beforeAll(async () => {
  registerWithHost();
  await startBackend('cpu');
  await import('@tensorflow/tfjs-backend-wasm');
  await setThreads(2, {wasmPaths});
  await startBackend('wasm');
  await setThreads(1);
});

it('a mean that keeps its axes has them at the end of a recording', () => {
  const x = tfl.input({shape: [3, 5, 6, 4]});
  const frozen = frozenOf(
    x,
    sts.globalAveragePooling3d({keepDims: true}).apply(conv(4, 3).apply(x)) as Value,
  );
  const y = frozen.predict(tf.ones([2, 3, 5, 6, 4])) as tf.Tensor;
  expect(y.shape).toEqual([2, 1, 1, 1, 4]);
});

it('what was made with a sibling before a recording is made once', () => {
  const x = tfl.input({shape: [3, 12, 13, 20]});
  const first = conv(32, [1, 3, 3]).apply(x) as Value;
  const there = tfl.layers.thresholdedReLU({theta: 0.1}).apply(first) as Value;
  const after = conv(32, 1).apply(there) as Value;
  // Its turn is in the row that begins with the one after the threshold.
  const sibling = conv(32, [1, 3, 3]).apply(x) as Value;
  const frozen = frozenOf(x, tfl.layers.concatenate().apply([after, sibling]) as Value);
  const clip = tf.randomNormal([1, 3, 12, 13, 20], 0, 1, 'float32', 1);
  tf.dispose(frozen.predict(clip));
  const before = held();
  tf.dispose(frozen.predict(clip));
  expect(held()).toEqual(before);
});

it('a batch of none has a mean of its own', () => {
  const x = tfl.input({shape: [3, 5, 6, 4]});
  const frozen = frozenOf(x, sts.globalAveragePooling3d().apply(conv(4, 3).apply(x)) as Value);
  const before = held();
  const y = frozen.predict(tf.zeros([0, 3, 5, 6, 4])) as tf.Tensor;
  expect([y.shape, Array.from(y.dataSync())]).toEqual([[0, 4], []]);
  y.dispose();
  // The clip.
  expect(held()).toEqual(before.map((count) => count + 1));
});

it('clips of whole numbers are added and multiplied as numbers', async () => {
  const x = tfl.input({shape: [3, 5, 6, 4]});
  const factors = conv(4, 1).apply(sts.globalAveragePooling3d({keepDims: true}).apply(x)) as Value;
  const outputs = [
    tfl.layers.add().apply([conv(4, 3).apply(x) as Value, x]),
    tfl.layers.multiply().apply([x, factors]),
  ] as Value[];
  // Not 0, whose sign is another thing.
  const floats = tf.floor(tf.randomUniform([2, 3, 5, 6, 4], 1, 255, 'float32', 1));
  for (const output of outputs) {
    const frozen = frozenOf(x, output);
    for (const clip of [floats, tf.slice(floats, 0, 1)]) {
      const expected = (frozen.predict(clip) as tf.Tensor).dataSync();
      const actual = frozen.predict(tf.cast(clip, 'int32')) as tf.Tensor;
      expect(actual.dtype).toBe('float32');
      expect(Math.max(...expected)).toBeGreaterThan(1);
      expect(actual.dataSync()).toEqual(expected);
      if (clip.shape[0] !== 1 || output !== outputs[0]) continue;
      const slabs = (await predictInSlabs(frozen, tf.cast(clip, 'int32') as tf.Tensor5D, {
        slab: 2,
      })) as tf.Tensor;
      expect(slabs.dataSync()).toEqual(expected);
    }
  }
});

it('the host has its convolution back at once', () => {
  const x = tfl.input({shape: [3, 5, 6, 4]});
  const frozen = frozenOf(x, tfl.layers.conv3d({filters: 4, kernelSize: 3}).apply(x) as Value);
  const clip = tf.ones([1, 3, 5, 6, 4]);
  frozen.predict(clip);
  const ours = tf.getKernel('Conv3D', 'wasm')!;
  restoreStockKernels('wasm', ['Conv3D']);
  const hosts = tf.getKernel('Conv3D', 'wasm')!;
  const {kernelFunc} = hosts;
  let calls = 0;
  hosts.kernelFunc = (args) => {
    calls++;
    return kernelFunc(args);
  };
  frozen.predict(clip);
  hosts.kernelFunc = kernelFunc;
  tf.unregisterKernel('Conv3D', 'wasm');
  tf.registerKernel(ours);
  expect(calls).toBe(1);
});

/** Copies that a call asks for by itself, past a recording. */
function copiesOf(call: () => void): number {
  const runtime = connect(tf.backend() as BackendWasm)!;
  const runRows = vi.spyOn(runtime, 'runRows');
  call();
  const copies = runRows.mock.calls.filter(([{run}]) => run === 'copyRuns').length;
  runRows.mockRestore();
  return copies;
}

describe('convolutions that a concatenation alone reads', () => {
  const inputs = () => tfl.input({shape: [4, 13, 14, 20]});
  const clip = () => tf.randomNormal([2, 4, 13, 14, 20], 0, 1, 'float32', 1);
  /** Of every form: minimal filtering in space and in time, direct, pointwise, narrow, by channel, STS; widths that no vector divides. */
  const branches = (x: Value): Value[] =>
    [
      conv(32, [1, 3, 3]),
      sts.conv3d({filters: 18, kernelSize: [3, 1, 1], padding: 'same', activation: 'relu'}),
      conv(5, 3),
      conv(9, 1),
      conv(3, [3, 3, 3]),
      sts.depthwiseConv3d({kernelSize: 3, padding: 'same', activation: 'swish'}),
      sts.stsConv3d({filters: 6, kernelSize: [3, 1, 1], padding: 'same'}),
      sts.stsConv3d({filters: 8, kernelSize: 3, padding: 'same', groups: 2}),
    ].map((layer) => layer.apply(x) as Value);

  it('write where it would copy them to', () => {
    const x = inputs();
    // Each of an input of its own, since siblings share what is made of one.
    const apart = branches(x).map((_, i) => branches(conv(20, 1).apply(x) as Value)[i]!);
    const model = tfl.model({inputs: x, outputs: [tfl.layers.concatenate().apply(apart) as Value, ...apart]});
    scramble(model);
    const [whole] = model.outputs as [Value];
    const joined = freeze(tfl.model({inputs: x, outputs: whole}));
    const separate = freeze(tfl.model({inputs: x, outputs: apart}));
    const given = clip();
    const expected = tf.concat(separate.predict(given) as tf.Tensor[], -1);
    tf.dispose(joined.predict(given));
    let actual: tf.Tensor | undefined;
    expect(
      copiesOf(() => {
        actual = joined.predict(given) as tf.Tensor;
      }),
    ).toBe(0);
    expect(actual!.shape).toEqual([2, 4, 13, 14, 32 + 18 + 5 + 9 + 3 + 20 + 6 + 8]);
    expect(actual!.dataSync()).toEqual(expected.dataSync());
  });

  it.each<[string, (x: Value) => Value[]]>([
    [
      'one is read elsewhere, too',
      (x) => {
        const [a, b] = [conv(8, 3).apply(x), conv(8, 1).apply(conv(8, 1).apply(x))] as [Value, Value];
        return [a, b, conv(4, 3).apply(a) as Value];
      },
    ],
    [
      'one is read twice',
      (x) => {
        const a = conv(8, 3).apply(x) as Value;
        return [a, a];
      },
    ],
    [
      'what one reads takes more than kernels',
      (x) => {
        const there = tfl.layers.thresholdedReLU({theta: 0.1}).apply(conv(8, 1).apply(x)) as Value;
        return [conv(8, 3).apply(conv(8, 1).apply(x)), conv(8, 3).apply(there)] as Value[];
      },
    ],
    ['one is no convolution', (x) => [conv(8, 3).apply(x) as Value, x]],
    ['they are siblings', (x) => [conv(32, [1, 3, 3]).apply(x), conv(32, [1, 3, 3]).apply(x)] as Value[]],
  ])('are copied where %s', (_, parts) => {
    const x = inputs();
    const values = parts(x);
    const model = tfl.model({inputs: x, outputs: tfl.layers.concatenate().apply(values) as Value});
    scramble(model);
    const given = clip();
    const frozen = freeze(model);
    tf.dispose(frozen.predict(given));
    const before = held();
    const actual = frozen.predict(given) as tf.Tensor;
    const expected = model.predict(given) as tf.Tensor;
    expect(actual.shape).toEqual(expected.shape);
    const [largest] = tf.max(tf.abs(expected)).dataSync();
    const [apart] = tf.max(tf.abs(tf.sub(actual, expected))).dataSync();
    expect(largest).toBeGreaterThan(0.1);
    expect(apart).toBeLessThan(1e-5 * largest!);
    tf.dispose([actual, expected]);
    // What was measured: two numbers and what they were made of.
    expect(held()[0]! - before[0]!).toBeLessThanOrEqual(6);
  });
});

it('what was recorded while threads started is recorded anew for them', async () => {
  const x = tfl.input({shape: [8, 28, 28, 32]});
  // The first on all threads, the second on one, in the scratch of the recording.
  const frozen = frozenOf(x, conv(4, 3, 8).apply(conv(32, 3).apply(x)) as Value);
  const clip = tf.ones([1, 8, 28, 28, 32]);
  const runtime = connect(tf.backend() as BackendWasm)!;
  const change = runtime.setThreads(2);
  frozen.predict(clip);
  await change;
  const turns = vi.spyOn(runtime, 'runTurns');
  const scratch = vi.spyOn(runtime.space, 'scratch');
  frozen.predict(clip);
  // Both calls are turns of one recording, and share the scratch that it begins with: one that grew would be another.
  expect(turns.mock.calls.map(([, count]) => count)).toEqual([2]);
  expect(scratch).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
  await setThreads(1);
});
