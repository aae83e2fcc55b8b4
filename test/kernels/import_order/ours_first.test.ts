/** Our entries are imported before the host's backends: then there is nothing to replace yet. */
import {expect, it, vi} from 'vitest';

const warn = vi.hoisted(() => vi.spyOn(console, 'warn'));

import '../../../src/entries/backends/cpu';
import '../../../src/entries/backends/wasm';
import {kernelCoverage} from '../../../src/entries';
import {expectNoDuplicates, expectReplacedAndRestored} from './contract';

it('replaces the kernels of each backend that starts', async () => {
  expect(kernelCoverage('wasm').MaxPool3D).toBe('absent');
  await import('@tensorflow/tfjs-backend-wasm');
  await import('@tensorflow/tfjs-backend-cpu');
  await expectReplacedAndRestored();
  expectNoDuplicates(warn);
});
