/** Clones on wasm share the values of their tensor and outlive it. */
import * as tf from '@tensorflow/tfjs-core';
import {beforeEach, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import '../../../src/entries/backends/wasm';
import {replaceStockKernels} from '../../../src/kernels/registry';
import {stockReplacements} from '../../../src/kernels/wasm';
import {startBackend} from '../../support/backends';
import {liveBackend, tensorOf, valuesOf} from './wasm_host';

beforeEach(async () => {
  await startBackend('wasm');
  replaceStockKernels(stockReplacements);
  expect(sts.kernelCoverage().Identity).toBe('kernel');
});

const shape = [1, 2, 3, 4, 5];

it.each(['tensor', 'clone'])('the values stay until the last of them is disposed of: %s first', (first) => {
  const before = tf.memory();
  const x = tensorOf(shape, 1);
  const clone = tf.clone(x);
  const backend = liveBackend();
  expect(backend.getMemoryOffset(clone.dataId)).toBe(backend.getMemoryOffset(x.dataId));
  const [gone, left] = first === 'tensor' ? [x, clone] : [clone, x];
  gone.dispose();
  // What the allocator now gives must not be what the other holds.
  const others = [2, 3, 4].map((seed) => tensorOf(shape, seed));
  expect(left.dataSync()).toEqual(valuesOf(shape, 1));
  tf.dispose([left, ...others]);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
});

it('a clone of strings and of whole numbers is one', () => {
  const [words, numbers] = tf.tidy(() => [
    tf.clone(tf.tensor(['a', 'b'])),
    tf.clone(tf.tensor([1, 2], [2], 'int32')),
  ]);
  expect(words!.dataSync()).toEqual(['a', 'b']);
  expect(numbers!.dtype).toBe('int32');
  expect([...numbers!.dataSync()]).toEqual([1, 2]);
  tf.dispose([words!, numbers!]);
});

it('a variable that was cloned may be assigned to', () => {
  const variable = tf.tidy(() => tf.variable(tensorOf(shape, 1)));
  const clone = tf.clone(variable);
  tf.tidy(() => variable.assign(tensorOf(shape, 2)));
  expect(clone.dataSync()).toEqual(valuesOf(shape, 1));
  expect(variable.dataSync()).toEqual(valuesOf(shape, 2));
  tf.dispose([clone, variable]);
});
