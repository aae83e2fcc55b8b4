/** The batches of data that may be told to end, the same whichever way it ends then. */
import type {Batch, Batches, BatchesOptions} from './batches';

/**
 * The batches of an epoch.
 *
 * @throws the reason of the signal once it is aborted: also where the data just ends, or fails in words of its own, as Node's functions do
 */
export async function* batchesOf(
  data: Pick<Batches, 'batches'>,
  epoch: number,
  options: BatchesOptions,
): AsyncGenerator<Batch, void, void> {
  const {signal} = options;
  signal?.throwIfAborted();
  try {
    yield* data.batches(epoch, options);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  signal?.throwIfAborted();
}
