/** `tf.batchToSpaceND` on the wasm backend, of ops whose kernels are ours: the host calls its own transpose, slow from rank 5 on. */
import {
  BatchToSpaceND,
  type BatchToSpaceNDAttrs,
  type BatchToSpaceNDInputs,
  backend_util,
  reshape,
  slice,
  type Tensor,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {type Given, isNumeric} from '../../stock_kernels';

export const batchToSpaceNDConfig: StockReplacement = {
  kernelName: BatchToSpaceND,
  backendName: 'wasm',
  kernelFunc: ({inputs, attrs}) => {
    // The host hands a kernel tensors, though it types them as TensorInfo.
    const x = (inputs as Given<BatchToSpaceNDInputs>).x as Tensor;
    const {blockShape, crops} = attrs as unknown as BatchToSpaceNDAttrs;
    const all = sizeOf(blockShape);
    const apart = backend_util.getReshaped(x.shape, blockShape, all);
    const perm = backend_util.getPermuted(apart.length, blockShape.length);
    const whole = backend_util.getReshapedPermuted(x.shape, blockShape, all);
    const begin = backend_util.getSliceBeginCoords(crops, blockShape.length);
    const size = backend_util.getSliceSize(whole, crops, blockShape.length);
    return tidy(() => slice(reshape(transpose(reshape(x, apart), perm), whole), begin, size));
  },
  takes: ({inputs}) => isNumeric(inputs.x!),
};
