/** The forward kernel on the tensorflow backend: each part as an op of TensorFlow on a view, their sums, and the epilogue. */
import * as tf from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../../geometry/conv_info';
import {activationOf, IndirectConv3D, THROUGH_ENGINE} from '../../../geometry/kernel_names';
import {reshape, sumByChannel, type TensorFlowBackend, tensorFlowOf} from '../backend';
import {checkedInfo} from './checked_info';
import {dense} from './dense';
import {applyEpilogue} from './epilogue';
import {grouped} from './grouped';
import {gridOf, partFilter, unviewOutput, viewInput} from './views';

function convolve(backend: TensorFlowBackend, x: tf.Tensor5D, filter: tf.Tensor, info: ConvInfo): tf.Tensor {
  const terms = info.parts.map((part) => {
    const grid = gridOf(info, part);
    const convolvePart = grid.groups === 1 ? dense : grouped;
    const input = viewInput(x, part, info.outputShape[1]);
    const y = convolvePart(backend, input, partFilter(filter, info, part, grid), grid);
    return [part.outputChannel, unviewOutput(y, part, info)] as const;
  });
  return sumByChannel(backend, terms);
}

export const indirectConv3DConfig: tf.KernelConfig & {[THROUGH_ENGINE]: true} = {
  [THROUGH_ENGINE]: true,
  kernelName: IndirectConv3D,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {x, filter, bias, residual} = inputs as Record<string, tf.Tensor>;
    const info = checkedInfo(IndirectConv3D, attrs);
    const tensorflow = tensorFlowOf(backend);
    return tf.tidy(() => {
      const input = reshape(x!, info.inputShape) as tf.Tensor5D;
      const y = convolve(tensorflow, input, filter!, info);
      const result = applyEpilogue(tensorflow, y, {bias, residual, activation: activationOf(attrs)});
      return reshape(result, info.outputShape);
    });
  },
};
