/**
 * What the cpu kernels share: the loop over all taps of a convolution, and the host's memory. The three kernels are
 * three products over the same loop: output += input * filter, and its two gradients.
 */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo, ConvPart} from '../../geometry/conv_info';
import {expandTaps, OUTSIDE, tapCount} from '../../geometry/taps';
import {sizeOf, type Triple} from '../../util/shapes';

/** Output positions whose taps are expanded at a time; tables of this length stay in the processor's cache. */
const BLOCK = 64;

/**
 * One tap of one output position. The numbers are flat indices: of the part's first output channel at that position,
 * of its first input channel at the position that the tap reads, and of the filter slice `[inputs, outputs]` of the
 * tap from the part's first output on.
 */
export type VisitTap = (part: ConvPart, output: number, input: number, slice: number) => void;

/** Visits every tap that reads something; taps outside the input are left out. */
export function forEachTap(info: ConvInfo, visit: VisitTap): void {
  const [batch, ...inputRest] = info.inputShape;
  const outputRest = info.outputShape.slice(1);
  const input = inputRest.slice(0, 3) as Triple;
  const output = outputRest.slice(0, 3) as Triple;
  const [inputs, outputs] = [sizeOf(inputRest), sizeOf(outputRest)];
  const [inputChannels, outputChannels] = [inputRest[3]!, outputRest[3]!];
  const [, sliceRows, sliceColumns] = info.filterView;
  const positions = sizeOf(output);
  for (const part of info.parts) {
    const taps = tapCount(part.rule);
    const table = new Int32Array(taps * BLOCK);
    for (let first = 0; first < positions; first += BLOCK) {
      const count = Math.min(BLOCK, positions - first);
      expandTaps(part.rule, input, output, first, count, table);
      for (let n = 0; n < batch; n++) {
        for (let i = 0; i < count; i++) {
          const y = n * outputs + (first + i) * outputChannels + part.outputChannel;
          for (let tap = 0; tap < taps; tap++) {
            const at = table[tap * count + i]!;
            if (at === OUTSIDE) continue;
            const x = n * inputs + at * inputChannels + part.inputChannel;
            visit(part, y, x, (part.firstTap + tap) * sliceRows * sliceColumns + part.outputChannel);
          }
        }
      }
    }
  }
}

/** Of float32, int32, bool. */
export type Values = Float32Array | Int32Array | Uint8Array;

/** The values of a tensor on the cpu backend. */
export function valuesOf(backend: MathBackendCPU, info: TensorInfo): Values {
  return backend.data.get(info.dataId).values as Values;
}

/** A new tensor of sums that were made in double precision. */
export function roundedTensor(backend: MathBackendCPU, shape: number[], sums: Float64Array): TensorInfo {
  return backend.makeTensorInfo(shape, 'float32', Float32Array.from(sums));
}
