/**
 * `tf.add`, `tf.mul` and `tf.sub` of float32 of one shape, and `tf.add` and `tf.mul` of clips with a value for each channel, on the wasm
 * backend: the host's own take one thread in Node, and value by value where shapes differ. They keep all other calls, and of one shape
 * those of few values.
 */
import {Add, Multiply, Sub, type TensorInfo} from '@tensorflow/tfjs-core';
import {isOfChannels} from '../../../geometry/channels';
import {sameShape, sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {wasmKernel} from '../runtime/wasm_kernel';
import {type ChannelwiseOperation, runChannelwise} from './channelwise_call';
import {type Operation, runElementwise} from './elementwise_call';

/** Fewer values are one thread's work. */
export const LEAST_VALUES = 2 ** 14;

interface Operands {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

const areFloats = ({a, b}: Operands) => a.dtype === 'float32' && b.dtype === 'float32';

function configOf(
  kernelName: string,
  operation: Operation,
  withChannels?: ChannelwiseOperation,
): StockReplacement {
  return {
    ...wasmKernel(kernelName, ({inputs}, runtime) => {
      const {a, b} = inputs as unknown as Operands;
      return sameShape(a.shape, b.shape)
        ? runElementwise(runtime, operation, a, {other: b})
        : runChannelwise(runtime, withChannels!, {x: a, values: b});
    }),
    takes: ({inputs}) => {
      const operands = inputs as unknown as Operands;
      const {a, b} = operands;
      if (!areFloats(operands)) return false;
      if (sameShape(a.shape, b.shape)) return sizeOf(a.shape) >= LEAST_VALUES;
      return withChannels !== undefined && isOfChannels(b.shape, a.shape);
    },
  };
}

export const arithmeticConfigs: readonly StockReplacement[] = [
  configOf(Add, 'add', 'sum'),
  configOf(Multiply, 'multiply', 'product'),
  configOf(Sub, 'subtract'),
];
