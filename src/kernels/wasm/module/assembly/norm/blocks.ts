/** How the wide rows of a normalization (`NormCall`) are shared out to blocks. */
import {NormCall} from '../calls';

/** Whether a block takes the wide rows along that are left when all are taken several at a time. */
export function isLastBlock(call: NormCall, block: i32): bool {
  return (block + 1) * call.blockRows >= call.wideRows;
}

/** Bytes from what a block sums up, two rows, to that of the next: a row is left out, two threads that write to one line of a cache wait for each other. */
export function blockBytes(call: NormCall): usize {
  return (3 * call.width) << 2;
}
