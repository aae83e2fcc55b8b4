/** What a running kernel knows: its inputs and then its outputs. */
import type {DataId, TensorInfo} from '@tensorflow/tfjs-core';

/** Among a handful a search is faster than a map; an update of all weights of a model has hundreds. */
const HANDFUL = 16;

export class Frame {
  private readonly tensors: DataId[] = [];
  private readonly addresses: number[] = [];
  /** Of those beyond a handful. */
  private others: Map<DataId, number> | undefined;
  /** Made by the kernel. */
  readonly outputs: TensorInfo[] = [];

  place(dataId: DataId, address: number): void {
    if (this.tensors.length === HANDFUL) {
      this.others ??= new Map();
      this.others.set(dataId, address);
      return;
    }
    this.tensors.push(dataId);
    this.addresses.push(address);
  }

  addressOf(dataId: DataId): number | undefined {
    return this.others?.get(dataId) ?? this.addresses[this.tensors.indexOf(dataId)];
  }
}
