/** Which build of the wasm kernels the command line runs, and with which flags of the engine. */
import {expect, it, vi} from 'vitest';
import {canWiden, enableEngineFlags, hasRelaxedSimd} from '../../src/cli/engine_flags';
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
  enableEngineFlags();
  enableEngineFlags();
  expect(hasRelaxedSimd()).toBe(true);
  expect(bestBuild()).toBe('relaxed-simd');
});

it('wider vectors on x86 alone, and where the engine knows the flag', () => {
  expect(canWiden('24.21.0', 'x64')).toBe(true);
  expect(canWiden('26.1.0', 'x64')).toBe(true);
  expect(canWiden('24.21.0', 'arm64')).toBe(false);
  for (const node of ['20.19.0', '22.23.3', '240.1.0', '28.0.0'])
    expect(canWiden(node, 'x64'), node).toBe(false);
});
