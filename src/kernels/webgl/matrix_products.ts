/**
 * `tf.matMul` on the webgl backend where the host adds wrong products up (4.22): its program takes sums in pairs, and of an odd length it adds
 * the product of what lies behind the last row and column. That is 0 as long as nothing was computed there, and ops such as `tf.exp` compute
 * there too: a `tf.layers.dense` of an odd number of units gets wrong gradients by its input from the second update on. Here such matrices
 * are made longer by zeros first; the host keeps all other calls.
 */
import {
  _FusedMatMul,
  BatchMatMul,
  type BatchMatMulAttrs,
  engine,
  pad,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../registry';

export const matrixProductConfigs: readonly StockReplacement[] = [BatchMatMul, _FusedMatMul].map(
  (kernelName) => ({
    kernelName,
    backendName: 'webgl',
    takes: ({inputs, attrs}) => {
      const {transposeA} = attrs as unknown as BatchMatMulAttrs;
      return inputs.a!.shape.at(transposeA ? -2 : -1)! % 2 === 1;
    },
    kernelFunc: ({inputs, attrs}) => {
      const {transposeA, transposeB} = attrs as unknown as BatchMatMulAttrs;
      // The host hands a kernel tensors, though it types them as TensorInfo.
      const a = longer(inputs.a as Tensor, transposeA ? -2 : -1);
      const b = longer(inputs.b as Tensor, transposeB ? -1 : -2);
      const y = engine().runKernel(kernelName, {...inputs, a, b}, {...attrs});
      a.dispose();
      b.dispose();
      return y;
    },
  }),
);

/** A zero more along an axis counted from the end. */
function longer(matrix: Tensor, axis: -1 | -2): Tensor {
  const {rank} = matrix;
  return pad(
    matrix,
    matrix.shape.map((_, i): [number, number] => [0, i === rank + axis ? 1 : 0]),
  );
}
