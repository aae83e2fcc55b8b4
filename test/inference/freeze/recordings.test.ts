/**
 * Recorded rows of kernels in frozen models on wasm: what a recording must not take over from another state of the program,
 * and values that are not float32, against the same model by way of the engine or on cpu. On a shared memory, as
 * `setThreads` wants it before the backend starts.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, expect, it, vi} from 'vitest';
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

it('what was recorded while threads started is recorded anew for them', async () => {
  const x = tfl.input({shape: [8, 28, 28, 32]});
  // The first on all threads, the second on one, in the scratch of the recording.
  const frozen = frozenOf(x, conv(4, 3, 8).apply(conv(32, 3).apply(x)) as Value);
  const clip = tf.ones([1, 8, 28, 28, 32]);
  const runtime = connect(tf.backend() as BackendWasm)!;
  const change = runtime.setThreads(2);
  frozen.predict(clip);
  await change;
  const scratch = vi.spyOn(runtime.space, 'scratch');
  frozen.predict(clip);
  // All of a run's calls share the scratch that it begins with: one that grew would be another.
  const [first, ...others] = scratch.mock.calls.map(([bytes]) => bytes);
  scratch.mockRestore();
  expect(others.length).toBeGreaterThan(0);
  expect(Math.max(...others)).toBeLessThanOrEqual(first!);
  await setThreads(1);
});
