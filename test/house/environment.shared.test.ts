/**
 * The ground the other tests stand on, in Node and in Chromium: every backend starts and computes, all of them share
 * one tfjs-core, and golden files are readable.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {describe, expect, it} from 'vitest';
import {backendNames, startBackend} from '../support/backends';
import {readGolden, readGoldenJson, readRepositoryFile} from '../support/golden';

describe.each(backendNames)('backend %s', (name) => {
  it('starts and computes', async () => {
    await startBackend(name);
    expect(tf.getBackend()).toBe(name);
    const product = tf.tidy(() =>
      tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2])),
    );
    expect(Array.from(await product.data())).toEqual([19, 22, 43, 50]);
    product.dispose();
  });

  it('has the gradients of stock ops', async () => {
    await startBackend(name);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(x, x)))(tf.tensor1d([1, -2, 3]));
    expect(Array.from(await gradient.data())).toEqual([2, -4, 6]);
  });
});

it('has one tfjs-core, shared with tfjs-layers', () => {
  const layer = layers.layers.dense({units: 2});
  expect(layer.apply(tf.ones([1, 3]))).toBeInstanceOf(tf.Tensor);
});

describe('golden files', () => {
  it('are read as bytes and as JSON', async () => {
    const bytes = await readGolden('layers/inflate.safetensors');
    const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    expect(Number(headerLength)).toBeLessThan(bytes.length);
    expect(await readGoldenJson<object>('layers/inflate.json')).toBeTypeOf('object');
  });

  it('fail by name when they are missing', async () => {
    await expect(readGolden('no/such.file')).rejects.toThrow(/no\/such\.file/);
    expect((await readRepositoryFile('package.json')).length).toBeGreaterThan(500);
  });
});
