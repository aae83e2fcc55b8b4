/** `ready` in Node with the backends that there are: webgpu on Dawn and SwiftShader, wasm with threads. */
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import {ready} from '../../src/entries';
import {setThreads} from '../../src/entries/backends/wasm';
import '../../src/entries/backends/webgpu';

it('passes over SwiftShader and starts wasm, on threads', async () => {
  const {backend, reason, tried} = await ready({threads: 2});
  expect([backend, tf.getBackend()]).toEqual(['wasm', 'wasm']);
  expect(reason).toMatch(/; 2 threads$/);
  expect(tried[1]).toEqual({
    backend: 'webgpu',
    reason: expect.stringMatching(/swiftshader.*computes on the processor/i),
  });
  await setThreads(1);
});

it('starts webgpu on it where that is preferred', async () => {
  const {backend, reason} = await ready({prefer: 'webgpu'});
  expect([backend, tf.getBackend()]).toEqual(['webgpu', 'webgpu']);
  expect(reason).toMatch(/^preferred; software: .*swiftshader/i);
  const sum = tf.tidy(() => tf.sum(tf.tensor1d([1, 2, 3])));
  expect([...(await sum.data())]).toEqual([6]);
});
