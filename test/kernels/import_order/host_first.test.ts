/** The host's backends are imported first, as most programs do it. */
import {expect, it, vi} from 'vitest';

const warn = vi.hoisted(() => vi.spyOn(console, 'warn'));

import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '../../../src/entries/backends/wasm';
import '../../../src/entries/backends/cpu';
import {kernelCoverage} from '../../../src/entries';
import {expectNoDuplicates, expectReplacedAndRestored} from './contract';

it('starts no backend, and replaces the kernels of each that starts', async () => {
  expect(Object.keys(tf.engine().registry)).toEqual([]);
  expect(kernelCoverage('wasm').MaxPool3D).toBe('stock');
  await expectReplacedAndRestored();
  expectNoDuplicates(warn);
});
