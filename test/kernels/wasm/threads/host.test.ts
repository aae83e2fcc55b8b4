/**
 * The tests of the host's memory once more, on three threads: guard zones, growth, packed weights, no allocation when
 * warm. In a process of its own, whose memory is shared.
 */
import {vi} from 'vitest';

vi.mock('../../../support/backends', async () => {
  const {startThreads} = await import('./start_threads');
  let started: Promise<void> | undefined;
  return {
    startBackend: () => {
      started ??= startThreads(3);
      return started;
    },
  };
});

await import('../host.test');
