/** How the scratch of a call is divided: the module is told addresses, and vectors want them at multiples of 16 bytes. */
import {FLOAT_BYTES} from '../convolution/part_call';

/** A vector of the module. */
const VECTOR_BYTES = 16;

/** Rooms one after the other, each given as its offset in bytes from the start. */
export class ScratchPlan {
  /** What the rooms so far need. */
  bytes = 0;

  take(bytes: number): number {
    const at = this.bytes;
    this.bytes += Math.ceil(bytes / VECTOR_BYTES) * VECTOR_BYTES;
    return at;
  }

  /** Room for floats, or for as many addresses: a wasm address is as long. */
  floats(count: number): number {
    return this.take(count * FLOAT_BYTES);
  }

  /** Room for a call of these fields. */
  fields(names: readonly string[]): number {
    return this.floats(names.length);
  }
}
