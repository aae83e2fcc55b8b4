/** `tf.spaceToBatchND` on the wasm backend, of ops whose kernels are ours: the host calls its own transpose, slow from rank 5 on. */
import {
  backend_util,
  pad,
  reshape,
  SpaceToBatchND,
  type SpaceToBatchNDAttrs,
  type SpaceToBatchNDInputs,
  type Tensor,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {type Given, isNumeric} from '../../stock_kernels';

export const spaceToBatchNDConfig: StockReplacement = {
  kernelName: SpaceToBatchND,
  backendName: 'wasm',
  kernelFunc: ({inputs, attrs}) => {
    // The host hands a kernel tensors, though it types them as TensorInfo.
    const x = (inputs as Given<SpaceToBatchNDInputs>).x as Tensor;
    const {blockShape, paddings} = attrs as unknown as SpaceToBatchNDAttrs;
    const none = x.shape.slice(1 + blockShape.length).map(() => [0, 0]);
    const all = sizeOf(blockShape);
    return tidy(() => {
      const padded = pad(x, [[0, 0], ...paddings, ...none] as [number, number][]);
      const apart = backend_util.getReshaped(padded.shape, blockShape, all, false);
      const perm = backend_util.getPermuted(apart.length, blockShape.length, false);
      const shape = backend_util.getReshapedPermuted(padded.shape, blockShape, all, false);
      return reshape(transpose(reshape(padded, apart), perm), shape);
    });
  },
  takes: ({inputs}) => isNumeric(inputs.x!),
};
