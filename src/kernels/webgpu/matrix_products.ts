/**
 * `tf.matMul` on the webgpu backend where the host adds wrong products up (4.22): for long sums of few results it runs a program that cuts the
 * sums into pieces, and that one reads a transposed second matrix in quads of the wrong axis. `tf.layers.dense` of 2000 units and more gets
 * its gradient by x so. Here the second matrix is transposed first; the host keeps all other calls.
 */
import {
  _FusedMatMul,
  BatchMatMul,
  type BatchMatMulAttrs,
  engine,
  type KernelFunc,
  type Tensor,
  transpose,
} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../util/shapes';
import type {StockReplacement} from '../registry';

/** Sums from here on are cut into pieces. */
const LONG_SUM = 2000;

/** Whether quads are read across the second matrix. Which results are few depends on the device. */
function isWrong({inputs, attrs}: Parameters<KernelFunc>[0]): boolean {
  const {transposeA, transposeB} = attrs as unknown as BatchMatMulAttrs;
  if (!transposeB) return false;
  const [a, b] = [inputs.a!.shape, inputs.b!.shape];
  const batch = sizeOf(a.slice(0, -2)) * sizeOf(b.slice(0, -2));
  const [columns, length] = b.slice(-2) as [number, number];
  const across = transposeA ? a.at(-1)! : length;
  return batch === 1 && length >= LONG_SUM && across % 4 === 0 && columns % 4 === 0;
}

export const matrixProductConfigs: readonly StockReplacement[] = [BatchMatMul, _FusedMatMul].map(
  (kernelName) => ({
    kernelName,
    backendName: 'webgpu',
    takes: isWrong,
    kernelFunc: ({inputs, attrs}) => {
      // The host hands a kernel tensors, though it types them as TensorInfo.
      const b = inputs.b as Tensor;
      const axes = b.shape.map((_, axis) => axis);
      const transposed = transpose(b, [...axes.slice(0, -2), b.rank - 1, b.rank - 2]);
      const y = engine().runKernel(kernelName, {...inputs, b: transposed}, {...attrs, transposeB: false});
      transposed.dispose();
      return y;
    },
  }),
);
