/**
 * Gradient of the indirect convolution with respect to its input, on the cpu backend. The table is walked forward and
 * each output gradient is scattered to the positions that its output read, which is the inverted table applied.
 */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../ops/conv_info';
import {
  convInfoOf,
  IndirectConv3DBackpropInput,
  type IndirectConv3DBackpropInputInputs,
} from '../../ops/kernel_names';
import {OUTSIDE, tapCount} from '../../ops/taps';
import {type Block, forEachBlock, valuesOf} from './blocks';

function scatter(dy: Float32Array, w: Float32Array, dx: Float32Array, info: ConvInfo): void {
  const batch = info.inputShape[0];
  const inSize = dx.length / batch;
  const outSize = dy.length / batch;
  forEachBlock(info, (block) => {
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < block.count; i++) {
        scatterTaps(
          dy,
          n * outSize + (block.first + i) * info.outputShape[4],
          w,
          dx,
          n * inSize,
          info,
          block,
          i,
        );
      }
    }
  });
}

/** Scatters the gradient of one output position, `dy[dyOffset...]`, to what its taps read. */
function scatterTaps(
  dy: Float32Array,
  dyOffset: number,
  w: Float32Array,
  dx: Float32Array,
  dxOffset: number,
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
    const row = dxOffset + position * info.inputShape[4] + part.inputChannel;
    const slice = (part.firstTap + tap) * inputs * outputs + part.outputChannel;
    for (let group = 0; group < part.groups; group++) {
      const firstOutput = group * perGroup;
      for (let input = 0; input < inputs; input++) {
        const weights = slice + input * outputs;
        let sum = 0;
        for (let o = firstOutput; o < firstOutput + perGroup; o++) sum += dy[gradient + o]! * w[weights + o]!;
        const at = row + group * inputs + input;
        dx[at] = dx[at]! + sum;
      }
    }
  }
}

export const indirectConv3DBackpropInputConfig: KernelConfig = {
  kernelName: IndirectConv3DBackpropInput,
  backendName: 'cpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {dy, filter} = inputs as IndirectConv3DBackpropInputInputs;
    const info = convInfoOf(attrs);
    const cpu = backend as MathBackendCPU;
    const dx = new Float32Array(info.inputShape.reduce((size, length) => size * length, 1));
    scatter(valuesOf(cpu, dy), valuesOf(cpu, filter), dx, info);
    return cpu.makeTensorInfo(info.inputShape, 'float32', dx);
  },
};
