/** Which build of the wasm kernels the command line runs. */
import {expect, it, vi} from 'vitest';
import {enableRelaxedSimd, hasRelaxedSimd} from '../../src/cli/relaxed_simd';
import {bestBuild} from '../../src/kernels/wasm/module/instantiate';

it('none on an engine without WebAssembly, which still says its version', () => {
  vi.stubGlobal('WebAssembly', undefined);
  expect(hasRelaxedSimd()).toBe(false);
  vi.unstubAllGlobals();
});

it('the one with fused multiply-add, on Node 20 too', () => {
  const isHidden = process.versions.node.startsWith('20.');
  // The probe says the same as the kernels' own modules, before and after.
  expect(hasRelaxedSimd()).toBe(!isHidden);
  expect(bestBuild()).toBe(isHidden ? 'simd' : 'relaxed-simd');
  enableRelaxedSimd();
  enableRelaxedSimd();
  expect(hasRelaxedSimd()).toBe(true);
  expect(bestBuild()).toBe('relaxed-simd');
});
