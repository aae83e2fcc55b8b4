/** What a running kernel knows: its inputs and then its outputs, a handful, among which a search is faster than a map. */
import type {DataId, TensorInfo} from '@tensorflow/tfjs-core';

export class Frame {
  private readonly tensors: DataId[] = [];
  private readonly addresses: number[] = [];
  /** Made by the kernel. */
  readonly outputs: TensorInfo[] = [];

  place(dataId: DataId, address: number): void {
    this.tensors.push(dataId);
    this.addresses.push(address);
  }

  addressOf(dataId: DataId): number | undefined {
    return this.addresses[this.tensors.indexOf(dataId)];
  }
}
