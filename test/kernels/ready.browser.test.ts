/** `ready` in a page whose WebGPU and WebGL are SwiftShader, as on every machine without a GPU. */
import * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import {ready} from '../../src/entries';
import '../../src/entries/backends/wasm';
import '../../src/entries/backends/webgpu';
import {startBackend} from '../support/backends';

it('takes wasm before software that calls itself a GPU, and says why', async () => {
  for (const name of ['webgl', 'webgpu', 'wasm'] as const) await startBackend(name);
  const {backend, reason, tried} = await ready();
  expect([backend, tf.getBackend()]).toEqual(['wasm', 'wasm']);
  // This page is not isolated, and has one core more or less than another.
  expect(reason).toMatch(/; one thread(: setThreads: this page is not cross-origin isolated.*)?$/);
  expect(tried.map((one) => one.backend)).toEqual(['tensorflow', 'webgpu', 'webgl']);
  for (const {reason} of tried.slice(1))
    expect(reason).toMatch(/swiftshader.*computes on the processor; it is no GPU/i);
});

it.each(['webgpu', 'webgl'])(
  'takes %s where that is preferred, and says that it is software',
  async (name) => {
    const {backend, reason, tried} = await ready({prefer: name});
    expect([backend, tf.getBackend(), tried.length]).toEqual([name, name, 0]);
    expect(reason).toMatch(/^preferred; software: .*swiftshader/i);
    const sum = tf.tidy(() => tf.sum(tf.tensor1d([1, 2, 3])));
    expect([...(await sum.data())]).toEqual([6]);
  },
);
