/**
 * `tf.add`, `tf.mul` and `tf.sub` of float32 of one shape, and `tf.mul` of clips with a value for each channel, on the wasm backend: the
 * host's own take one thread in Node. They keep all other calls, and those of few values.
 */
import {Add, Multiply, Sub, type TensorInfo} from '@tensorflow/tfjs-core';
import {sameShape, sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {wasmKernel} from '../runtime/wasm_kernel';
import {type Operation, runElementwise, runScaling} from './elementwise_call';

/** Fewer values are one thread's work. */
export const LEAST_VALUES = 2 ** 14;

interface Operands {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

const areMany = ({a, b}: Operands) =>
  a.dtype === 'float32' && b.dtype === 'float32' && sizeOf(a.shape) >= LEAST_VALUES;

/** Whether `b` has a value for each channel of each clip of `a`. */
function isScale({a, b}: Operands): boolean {
  const last = a.shape.length - 1;
  return (
    last > 1 &&
    b.shape.length === a.shape.length &&
    b.shape.every((length, axis) => length === (axis === 0 || axis === last ? a.shape[axis] : 1))
  );
}

function configOf(kernelName: string, operation: Operation): StockReplacement {
  return {
    ...wasmKernel(kernelName, ({inputs}, runtime) => {
      const {a, b} = inputs as unknown as Operands;
      return sameShape(a.shape, b.shape)
        ? runElementwise(runtime, operation, a, {other: b})
        : runScaling(runtime, a, b);
    }),
    takes: ({inputs}) => {
      const operands = inputs as unknown as Operands;
      const isTaken =
        sameShape(operands.a.shape, operands.b.shape) || (operation === 'multiply' && isScale(operands));
      return isTaken && areMany(operands);
    },
  };
}

export const arithmeticConfigs: readonly StockReplacement[] = [
  configOf(Add, 'add'),
  configOf(Multiply, 'multiply'),
  configOf(Sub, 'subtract'),
];
