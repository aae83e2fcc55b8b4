/** `tf.relu` and `tf.sigmoid` of float32 on the wasm backend, on all threads. The host keeps other types. */
import {Relu, Sigmoid, type TensorInfo} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {wasmKernel} from '../runtime/wasm_kernel';
import {type Operation, runElementwise} from './elementwise_call';

function configOf(kernelName: string, operation: Operation): StockReplacement {
  return {
    ...wasmKernel(kernelName, ({inputs}, runtime) =>
      runElementwise(runtime, operation, inputs.x as TensorInfo),
    ),
    takes: ({inputs}) => inputs.x!.dtype === 'float32' && sizeOf(inputs.x!.shape) > 0,
  };
}

export const curveConfigs: readonly StockReplacement[] = [
  configOf(Relu, 'relu'),
  configOf(Sigmoid, 'sigmoid'),
];
