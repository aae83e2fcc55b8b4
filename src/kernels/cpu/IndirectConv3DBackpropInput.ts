/**
 * Gradient of the indirect convolution with respect to its input, on the cpu backend. The taps are walked forward and
 * each output gradient is scattered to the positions that its output read, which is the inverted table applied.
 */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../geometry/conv_info';
import {
  convInfoOf,
  IndirectConv3DBackpropInput,
  type IndirectConv3DBackpropInputInputs,
} from '../../geometry/kernel_names';
import {sizeOf} from '../../util/shapes';
import {forEachTap, roundedTensor, type Values, valuesOf} from './each_tap';

/** Adds the gradient to `dx`; all three flat in the layouts of the ConvInfo. */
function scatter(dy: Values, w: Values, dx: Float64Array, info: ConvInfo): void {
  const [, inputs, outputs] = info.filterView;
  forEachTap(info, (part, yRow, xRow, slice) => {
    const perGroup = part.outputChannels / part.groups;
    for (let group = 0; group < part.groups; group++) {
      const end = (group + 1) * perGroup;
      for (let input = 0; input < inputs; input++) {
        const weights = slice + input * outputs;
        let sum = 0;
        for (let o = group * perGroup; o < end; o++) sum += dy[yRow + o]! * w[weights + o]!;
        dx[xRow + group * inputs + input]! += sum;
      }
    }
  });
}

export const indirectConv3DBackpropInputConfig: KernelConfig = {
  kernelName: IndirectConv3DBackpropInput,
  backendName: 'cpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {dy, filter} = inputs as IndirectConv3DBackpropInputInputs;
    const info = convInfoOf(attrs);
    const cpu = backend as MathBackendCPU;
    const dx = new Float64Array(sizeOf(info.inputShape));
    scatter(valuesOf(cpu, dy), valuesOf(cpu, filter), dx, info);
    return roundedTensor(cpu, info.inputShape, dx);
  },
};
