/** Models in a program that has no backend, or one that has not started: what `import` alone gives. */
import * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import {loadModel} from '../../../src/models/zoo';
import {createNetwork} from '../../../src/networks';

it('says which imports are missing without a backend', async () => {
  expect(tf.engine().backendNames()).toEqual([]);
  const message = /none is imported; for wasm: import '@tensorflow\/tfjs-backend-wasm'/;
  expect(() => createNetwork('x3d_tiny_sts')).toThrow(message);
  await expect(loadModel('transnet_v2')).rejects.toThrow(message);
});

it('starts a backend that is imported', async () => {
  await import('@tensorflow/tfjs-backend-wasm');
  const {model} = await loadModel('transnet_v2');
  expect(tf.getBackend()).toBe('wasm');
  model.dispose();
});
