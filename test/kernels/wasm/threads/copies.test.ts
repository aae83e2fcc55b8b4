/** The tests of slices, concatenations and the like once more, on three threads. In a process of its own, as its memory is shared. */
import * as tf from '@tensorflow/tfjs-core';
import {vi} from 'vitest';

vi.mock('../../../support/backends', async () => {
  const {startThreads} = await import('./start_threads');
  await import('@tensorflow/tfjs-backend-cpu');
  let started: Promise<void> | undefined;
  return {
    inBrowser: false,
    startBackend: async (name: string) => {
      started ??= startThreads(3);
      await started;
      await tf.setBackend(name);
    },
  };
});

await import('../copies.shared.test');
