/** What the cpu kernels share: the walk over a convolution in blocks of output positions, and the host's memory. */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo, ConvPart} from '../../ops/conv_info';
import {expandTaps, tapCount} from '../../ops/taps';
import type {Triple} from '../../util/shapes';

/** Output positions whose taps are expanded at a time; tables of this length stay in the processor's cache. */
const BLOCK = 64;

/** Some output positions of one part: `table[tap * count + i]` is the input position of output `first + i`. */
export interface Block {
  part: ConvPart;
  first: number;
  count: number;
  table: Int32Array;
}

/** Calls `visit` for every part and block of output positions, batch and channels not counted. */
export function forEachBlock(info: ConvInfo, visit: (block: Block) => void): void {
  const input = info.inputShape.slice(1, 4) as Triple;
  const output = info.outputShape.slice(1, 4) as Triple;
  const positions = output[0] * output[1] * output[2];
  for (const part of info.parts) {
    const table = new Int32Array(tapCount(part.rule) * BLOCK);
    for (let first = 0; first < positions; first += BLOCK) {
      const count = Math.min(BLOCK, positions - first);
      expandTaps(part.rule, input, output, first, count, table);
      visit({part, first, count, table});
    }
  }
}

/** The values of a tensor on the cpu backend. */
export function valuesOf(backend: MathBackendCPU, info: TensorInfo): Float32Array {
  return backend.data.get(info.dataId).values as Float32Array;
}
