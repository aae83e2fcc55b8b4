/** `tf.relu` of float32 on the wasm backend, on all threads. The host keeps other types and few values. */
import {Relu, type ReluInputs} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import type {Given} from '../../stock_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {LEAST_VALUES} from './arithmetic';
import {runElementwise} from './elementwise_call';

export const reluConfig: StockReplacement = {
  ...wasmKernel(Relu, ({inputs}, runtime) =>
    runElementwise(runtime, 'relu', (inputs as Given<ReluInputs>).x),
  ),
  takes: ({inputs}) => inputs.x!.dtype === 'float32' && sizeOf(inputs.x!.shape) >= LEAST_VALUES,
};
