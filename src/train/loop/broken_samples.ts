/** What in a batch is no number to learn from: NaN or infinite. Asked only when a step has gone wrong. */
import type * as tf from '@tensorflow/tfjs-core';
import type {Batch} from '../batches/batches';

/** How many samples are named. */
const MOST = 3;

/** Samples of the batch that are not finite, in words; undefined if all are. */
export async function brokenSamples({x, y, names}: Batch): Promise<string | undefined> {
  const [inputs, targets] = [await brokenRows(x), await brokenRows(y)];
  const rows = inputs.length > 0 ? inputs : targets;
  if (rows.length === 0) return undefined;
  const what = inputs.length > 0 ? 'an input' : 'a target';
  const named = rows.slice(0, MOST).map((row) => (names?.[row] ? `'${names[row]}'` : `number ${row}`));
  const more = rows.length > MOST ? ` and ${rows.length - MOST} more` : '';
  return `${what} that is NaN or infinite (${named.join(', ')}${more} of ${x.shape[0]} samples)`;
}

/** Numbers of those along the first axis that have a value which is not finite. */
async function brokenRows(tensor: tf.Tensor): Promise<number[]> {
  const values = await tensor.data();
  const length = tensor.size / tensor.shape[0]!;
  return Array.from({length: tensor.shape[0]!}, (_, row) => row).filter(
    (row) => !values.subarray(row * length, (row + 1) * length).every(Number.isFinite),
  );
}
