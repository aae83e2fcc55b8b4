/** Our entries are imported after the host's backends have started and run. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {expect, it, vi} from 'vitest';
import {kernelCoverage} from '../../../src/entries';
import {expectNoDuplicates, expectReplacedAndRestored} from './contract';

it('replaces the kernels at once', async () => {
  const warn = vi.spyOn(console, 'warn');
  await tf.setBackend('cpu');
  await tf.setBackend('wasm');
  expect(kernelCoverage().MaxPool3D).toBe('stock');
  await import('../../../src/entries/backends/wasm');
  expect(kernelCoverage().MaxPool3D).toBe('kernel');
  await import('../../../src/entries/backends/cpu');
  expect(kernelCoverage('cpu').MaxPool3D).toBe('kernel');
  await expectReplacedAndRestored();
  expectNoDuplicates(warn);
});
