/** The golden layers of test/ops once more, on three threads. In a process of its own, whose memory is shared. */
import {vi} from 'vitest';

vi.mock('../../../support/implementations', async () => {
  const {startThreads} = await import('./start_threads');
  const implementations = [{name: 'wasm, kernels, 3 threads', backend: 'wasm', use: () => startThreads(3)}];
  return {implementations, conformingImplementations: implementations};
});

await import('../../../ops/golden.shared.test');
