/** A full memory on one thread. */

import '../../../src/entries/backends/wasm';
import {registerKernels, replaceStockKernels} from '../../../src/kernels/registry';
import {kernelConfigs, stockReplacements} from '../../../src/kernels/wasm';
import {startBackend} from '../../support/backends';
import {itRefusesWhatDoesNotFit, withAllocator} from './memory_cases';

itRefusesWhatDoesNotFit(async () => {
  const allocator = await withAllocator();
  await startBackend('wasm');
  registerKernels(kernelConfigs);
  replaceStockKernels(stockReplacements);
  return allocator;
});
