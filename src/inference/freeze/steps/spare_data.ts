/**
 * Data of values that nobody reads any more, kept within one run of a frozen model for the next result of as many values:
 * to give back memory and to ask for it again takes longer than to find it here. A run holds no more at any time than it
 * needs at some time without this.
 */
import type {DataId, TensorInfo} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';

export class SpareData {
  /** The oldest first. */
  private readonly spares: {readonly info: TensorInfo; readonly size: number}[] = [];
  /** Numbers in spares, in values that are read, and the most that there were of the latter. */
  private spare = 0;
  private living = 0;
  private most = 0;

  /** @param free gives memory back to the backend */
  constructor(private readonly free: (dataId: DataId) => void) {}

  /** Data for another value of so many numbers, which are whatever lies there; undefined where new memory is needed. */
  take(size: number): TensorInfo | undefined {
    const {spares} = this;
    this.living += size;
    for (let i = spares.length - 1; i >= 0; i--) {
      if (spares[i]!.size !== size) continue;
      this.spare -= size;
      return spares.splice(i, 1)[0]!.info;
    }
    this.most = Math.max(this.most, this.living);
    while (this.living + this.spare > this.most) this.freeOldest();
    return undefined;
  }

  /** A value is not read any more. */
  give(info: TensorInfo): void {
    this.living -= sizeOf(info.shape);
    this.putBack(info);
  }

  /** What was taken is not needed. */
  putBack(info: TensorInfo): void {
    const size = sizeOf(info.shape);
    this.spare += size;
    this.spares.push({info, size});
  }

  /** A value of so many numbers is somebody else's from now on, or does not come about. */
  forget(size: number): void {
    this.living -= size;
  }

  /** Frees the spares: what comes next asks the backend for memory by itself. */
  clear(): void {
    while (this.spares.length > 0) this.freeOldest();
    this.most = this.living;
  }

  private freeOldest(): void {
    const {info, size} = this.spares.shift()!;
    this.spare -= size;
    this.free(info.dataId);
  }
}
