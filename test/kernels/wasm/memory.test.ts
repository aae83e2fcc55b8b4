/** A full memory on one thread. */

import {kernelConfigs, stockReplacements} from '../../../src/entries/wasm';
import {registerKernels, replaceStockKernels} from '../../../src/kernels/registry';
import {startBackend} from '../../support/backends';
import {itRefusesWhatDoesNotFit, withAllocator} from './memory_cases';

itRefusesWhatDoesNotFit(async () => {
  const allocator = await withAllocator();
  await startBackend('wasm');
  registerKernels(kernelConfigs);
  replaceStockKernels(stockReplacements);
  return allocator;
});
