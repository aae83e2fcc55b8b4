/**
 * Gradient of the indirect convolution with respect to its filter, on the cpu backend: per tap the products of the
 * input row that it reads with the output gradients, summed over all positions.
 */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../geometry/conv_info';
import {
  convInfoOf,
  IndirectConv3DBackpropFilter,
  type IndirectConv3DBackpropFilterInputs,
} from '../../geometry/kernel_names';
import {sizeOf} from '../../util/shapes';
import {forEachTap, roundedTensor, type Values, valuesOf} from './each_tap';

/** Adds the gradient to `dw`; all three flat in the layouts of the ConvInfo. */
function gather(x: Values, dy: Values, dw: Float64Array, info: ConvInfo): void {
  const [, inputs, outputs] = info.filterView;
  forEachTap(info, (part, yRow, xRow, slice) => {
    const perGroup = part.outputChannels / part.groups;
    for (let group = 0; group < part.groups; group++) {
      const end = (group + 1) * perGroup;
      for (let input = 0; input < inputs; input++) {
        const value = x[xRow + group * inputs + input]!;
        const weights = slice + input * outputs;
        for (let o = group * perGroup; o < end; o++) dw[weights + o]! += value * dy[yRow + o]!;
      }
    }
  });
}

export const indirectConv3DBackpropFilterConfig: KernelConfig = {
  kernelName: IndirectConv3DBackpropFilter,
  backendName: 'cpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x, dy} = inputs as IndirectConv3DBackpropFilterInputs;
    const info = convInfoOf(attrs);
    const cpu = backend as MathBackendCPU;
    const dw = new Float64Array(sizeOf(info.filterShape));
    gather(valuesOf(cpu, x), valuesOf(cpu, dy), dw, info);
    return roundedTensor(cpu, info.filterShape, dw);
  },
};
