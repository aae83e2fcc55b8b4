/** What depends on a shape alone, worked out once: a model mostly runs at one size. */
import {sameShape} from '../../../util/shapes';

/** A program that runs at more sizes than that works them out anew. */
const MOST = 8;

export class ByShape<T> {
  private readonly known: {readonly shape: readonly number[]; readonly value: T}[] = [];

  constructor(private readonly make: (shape: readonly number[]) => T) {}

  /** The same object for the same shape. */
  get(shape: readonly number[]): T {
    const last = this.known[0];
    if (last !== undefined && sameShape(last.shape, shape)) return last.value;
    const place = this.known.findIndex((one) => sameShape(one.shape, shape));
    const found = place < 0 ? {shape: [...shape], value: this.make(shape)} : this.known.splice(place, 1)[0]!;
    // The latest first.
    this.known.unshift(found);
    this.known.splice(MOST);
    return found.value;
  }
}
