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
  getKernel,
  type KernelBackend,
  PadV2,
  type TensorInfo,
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
    kernelFunc: ({inputs, attrs, backend: webgl}) => {
      const backend = webgl as KernelBackend;
      const {transposeA, transposeB} = attrs as unknown as BatchMatMulAttrs;
      const a = longer(inputs.a!, transposeA ? -2 : -1, backend);
      const b = longer(inputs.b!, transposeB ? -1 : -2, backend);
      const y = kernelOf(kernelName)({inputs: {...inputs, a, b}, attrs: {...attrs}, backend});
      for (const {dataId} of [a, b]) backend.disposeData(dataId);
      return y;
    },
  }),
);

/** A zero more along an axis counted from the end. */
function longer(x: TensorInfo, axis: -1 | -2, backend: KernelBackend): TensorInfo {
  const paddings = x.shape.map((_, i) => [0, i === x.shape.length + axis ? 1 : 0]);
  return kernelOf(PadV2)({inputs: {x}, attrs: {paddings, constantValue: 0}, backend}) as TensorInfo;
}

const kernelOf = (kernelName: string) => getKernel(kernelName, 'webgl')!.kernelFunc;
