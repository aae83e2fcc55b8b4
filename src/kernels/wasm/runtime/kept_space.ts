/** Memory of our own in the host's heap: scratch of kernels, and weights in the order in which the module reads them. */
import type {DataId} from '@tensorflow/tfjs-core';
import type {Heap} from '../memory/heap';

/** Vectors are 16 bytes; the host's allocator aligns to 8. */
const ALIGNMENT = 16;

/** Memory that was allocated with space to align it. */
interface Allocation {
  address: number;
  aligned: number;
  bytes: number;
}

export class KeptSpace {
  /** Packed weights by the tensor that they were packed from, then by the way they were packed. */
  private readonly weights = new Map<DataId, Map<string, Allocation>>();
  private scratchSpace: Allocation | undefined;

  constructor(private readonly heap: Heap) {}

  /** Scratch that holds until the next call of `scratch`, kept for the next kernel. */
  scratch(bytes: number): number {
    if (this.scratchSpace === undefined || this.scratchSpace.bytes < bytes) {
      if (this.scratchSpace !== undefined) this.free(this.scratchSpace);
      this.scratchSpace = undefined;
      this.scratchSpace = this.allocate(bytes);
    }
    return this.scratchSpace.aligned;
  }

  /** Runs `use` with scratch that is free again when it returns. */
  withScratch(bytes: number, use: (at: number) => void): void {
    const allocation = this.allocate(bytes);
    try {
      use(allocation.aligned);
    } finally {
      this.free(allocation);
    }
  }

  /** What `pack` made of a tensor's values in this layout, made once and kept with the tensor. */
  packed(dataId: DataId, layout: string, bytes: number, pack: (to: number) => void): number {
    const layouts = this.weights.get(dataId) ?? new Map<string, Allocation>();
    const known = layouts.get(layout);
    if (known !== undefined) return known.aligned;
    const allocation = this.allocate(bytes);
    try {
      pack(allocation.aligned);
    } catch (error) {
      this.free(allocation);
      throw error;
    }
    this.weights.set(dataId, layouts.set(layout, allocation));
    return allocation.aligned;
  }

  /** Of which something is kept. */
  get tensors(): DataId[] {
    return [...this.weights.keys()];
  }

  /** Frees what was made of a tensor. */
  forgetTensor(dataId: DataId): void {
    for (const allocation of this.weights.get(dataId)?.values() ?? []) this.free(allocation);
    this.weights.delete(dataId);
  }

  /** Frees the scratch, and returns whether there was any. */
  releaseScratch(): boolean {
    const scratch = this.scratchSpace;
    if (scratch !== undefined) this.free(scratch);
    this.scratchSpace = undefined;
    return scratch !== undefined;
  }

  /** Forgets all of it where the heap that it was in is gone. */
  forget(): void {
    this.weights.clear();
    this.scratchSpace = undefined;
  }

  private allocate(bytes: number): Allocation {
    const address = this.heap.allocate(bytes + ALIGNMENT);
    return {address, aligned: address + ALIGNMENT - (address % ALIGNMENT), bytes};
  }

  private free({address}: Allocation): void {
    this.heap.free(address);
  }
}
