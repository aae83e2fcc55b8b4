/** Indirect convolution on the cpu backend: per output position and tap, one input row times one filter slice. */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../ops/conv_info';
import {convInfoOf, IndirectConv3D, type IndirectConv3DInputs} from '../../ops/kernel_names';
import {OUTSIDE, tapCount} from '../../ops/taps';
import {type Block, forEachBlock, valuesOf} from './blocks';

/** x, w, y flat in the layouts of ConvInfo; sums in double precision, rounded once per part. */
function convolve(x: Float32Array, w: Float32Array, y: Float32Array, info: ConvInfo): void {
  const [batch, , , , inChannels] = info.inputShape;
  const outChannels = info.outputShape[4];
  const inSize = x.length / batch;
  const outSize = y.length / batch;
  const sums = new Float64Array(outChannels);
  forEachBlock(info, (block) => {
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < block.count; i++) {
        const {outputChannel, outputChannels} = block.part;
        const at = n * outSize + (block.first + i) * outChannels + outputChannel;
        sums.fill(0, 0, outputChannels);
        addTaps(x, n * inSize, inChannels, w, info.filterView, block, i, sums);
        for (let o = 0; o < outputChannels; o++) y[at + o] = y[at + o]! + sums[o]!;
      }
    }
  });
}

/** Adds to `sums` what one output position of a block receives from all its taps. */
function addTaps(
  x: Float32Array,
  xOffset: number,
  inChannels: number,
  w: Float32Array,
  [, inputs, outputs]: ConvInfo['filterView'],
  {part, count, table}: Block,
  i: number,
  sums: Float64Array,
): void {
  const perGroup = part.outputChannels / part.groups;
  const taps = tapCount(part.rule);
  for (let tap = 0; tap < taps; tap++) {
    const position = table[tap * count + i]!;
    if (position === OUTSIDE) continue;
    const row = xOffset + position * inChannels + part.inputChannel;
    const slice = (part.firstTap + tap) * inputs * outputs + part.outputChannel;
    for (let group = 0; group < part.groups; group++) {
      const firstOutput = group * perGroup;
      for (let input = 0; input < inputs; input++) {
        const value = x[row + group * inputs + input]!;
        const weights = slice + input * outputs;
        for (let o = firstOutput; o < firstOutput + perGroup; o++)
          sums[o] = sums[o]! + value * w[weights + o]!;
      }
    }
  }
}

export const indirectConv3DConfig: KernelConfig = {
  kernelName: IndirectConv3D,
  backendName: 'cpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x, filter, bias} = inputs as IndirectConv3DInputs;
    const info = convInfoOf(attrs);
    const cpu = backend as MathBackendCPU;
    const y = new Float32Array(info.outputShape.reduce((size, length) => size * length, 1));
    if (bias !== undefined) {
      const values = valuesOf(cpu, bias);
      for (let at = 0; at < y.length; at += values.length) y.set(values, at);
    }
    convolve(valuesOf(cpu, x), valuesOf(cpu, filter), y, info);
    return cpu.makeTensorInfo(info.outputShape, 'float32', y);
  },
};
