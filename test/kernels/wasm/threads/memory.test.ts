/** A full memory on three threads, whose memory is shared. */
import {itRefusesWhatDoesNotFit, withAllocator} from '../memory_cases';
import {startThreads} from './start_threads';

itRefusesWhatDoesNotFit(async () => {
  const allocator = await withAllocator();
  await startThreads(3);
  return allocator;
});
