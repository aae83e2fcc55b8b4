/** A wasm backend that is removed, registered again and started anew: nothing calls functions of the one that is gone. */
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, expect, it} from 'vitest';
import {kernelCoverage} from '../../src/entries';
import '../../src/entries/backends/wasm';
import {replaceStockKernels, restoreStockKernels} from '../../src/kernels/registry';
import {stockReplacements} from '../../src/kernels/wasm';
import {startBackend} from '../support/backends';

async function restart(): Promise<void> {
  const factory = tf.findBackendFactory('wasm')!;
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory);
  await tf.setBackend('wasm');
}

/** Sums that the host's kernels make, as ours leave whole numbers and last axes to them. */
function expectSums(): void {
  tf.tidy(() => {
    const whole = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], 'int32');
    expect([...tf.sum(whole, 0).dataSync()]).toEqual([5, 7, 9]);
    expect([...tf.sum(tf.tensor2d([1, 2, 3, 4], [2, 2]), 1).dataSync()]).toEqual([3, 7]);
    expect([...tf.mean(tf.tensor2d([1, 2, 3, 4], [2, 2]), 1).dataSync()]).toEqual([1.5, 3.5]);
  });
}

afterEach(() => restoreStockKernels());

it("the host's kernels behind ours belong to the new one", async () => {
  await startBackend('wasm');
  replaceStockKernels(stockReplacements);
  expectSums();
  await restart();
  expect(kernelCoverage().Sum).toBe('kernel');
  expectSums();
  restoreStockKernels('wasm');
  expectSums();
});

it('replacements pass on that their backend starts and ends', async () => {
  const calls: string[] = [];
  const own = (name: string) => (backend: object) => void calls.push(`${name} ${backend === tf.backend()}`);
  const stock = {kernelName: 'Both', backendName: 'wasm', kernelFunc: () => []};
  await startBackend('wasm');
  tf.registerKernel({...stock, setupFunc: own('start'), disposeFunc: own('end')});
  replaceStockKernels({...stockReplacements, configs: [{...stock, kernelFunc: () => []}]});
  await restart();
  expect(calls).toEqual(['end true', 'start true']);
  restoreStockKernels('wasm');
  expect(calls.length).toBe(2);
  tf.unregisterKernel('Both', 'wasm');
});
