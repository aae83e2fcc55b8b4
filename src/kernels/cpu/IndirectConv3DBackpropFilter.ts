/**
 * Gradient of the indirect convolution with respect to its filter, on the cpu backend: per tap the product of the
 * rows that it gathers with the output gradients, summed in double precision over all positions.
 */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../ops/conv_info';
import {
  convInfoOf,
  IndirectConv3DBackpropFilter,
  type IndirectConv3DBackpropFilterInputs,
} from '../../ops/kernel_names';
import {OUTSIDE, tapCount} from '../../ops/taps';
import {type Block, forEachBlock, valuesOf} from './blocks';

function gather(x: Float32Array, dy: Float32Array, dw: Float64Array, info: ConvInfo): void {
  const batch = info.inputShape[0];
  const inSize = x.length / batch;
  const outSize = dy.length / batch;
  forEachBlock(info, (block) => {
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < block.count; i++) {
        gatherTaps(
          x,
          n * inSize,
          dy,
          n * outSize + (block.first + i) * info.outputShape[4],
          dw,
          info,
          block,
          i,
        );
      }
    }
  });
}

/** Adds to `dw` what one output position, with gradient `dy[dyOffset...]`, gives to the filter. */
function gatherTaps(
  x: Float32Array,
  xOffset: number,
  dy: Float32Array,
  dyOffset: number,
  dw: Float64Array,
  info: ConvInfo,
  {part, count, table}: Block,
  i: number,
): void {
  const [, inputs, outputs] = info.filterView;
  const perGroup = part.outputChannels / part.groups;
  const gradient = dyOffset + part.outputChannel;
  const taps = tapCount(part.rule);
  for (let tap = 0; tap < taps; tap++) {
    const position = table[tap * count + i]!;
    if (position === OUTSIDE) continue;
    const row = xOffset + position * info.inputShape[4] + part.inputChannel;
    const slice = (part.firstTap + tap) * inputs * outputs + part.outputChannel;
    for (let group = 0; group < part.groups; group++) {
      const firstOutput = group * perGroup;
      for (let input = 0; input < inputs; input++) {
        const value = x[row + group * inputs + input]!;
        const weights = slice + input * outputs;
        for (let o = firstOutput; o < firstOutput + perGroup; o++)
          dw[weights + o] = dw[weights + o]! + value * dy[gradient + o]!;
      }
    }
  }
}

export const indirectConv3DBackpropFilterConfig: KernelConfig = {
  kernelName: IndirectConv3DBackpropFilter,
  backendName: 'cpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x, dy} = inputs as IndirectConv3DBackpropFilterInputs;
    const info = convInfoOf(attrs);
    const cpu = backend as MathBackendCPU;
    const dw = new Float64Array(info.filterShape.reduce((size, length) => size * length, 1));
    gather(valuesOf(cpu, x), valuesOf(cpu, dy), dw, info);
    return cpu.makeTensorInfo(info.filterShape, 'float32', Float32Array.from(dw));
  },
};
