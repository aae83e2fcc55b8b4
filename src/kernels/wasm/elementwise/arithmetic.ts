/**
 * `tf.add`, `tf.mul` and `tf.sub` of float32 of one shape, `tf.add` and `tf.mul` of clips with a value for each channel, and of tensors and
 * one value these, `tf.div` by it and its difference from them, on the wasm backend: the host's own take one thread in Node, go value
 * by value where shapes differ, and cannot be recorded (runtime/tape.ts). They keep all other calls.
 */
import {Add, Multiply, RealDiv, Sub, type TensorInfo} from '@tensorflow/tfjs-core';
import {isOfChannels} from '../../../geometry/channels';
import {sameShape, sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';
import {type ChannelwiseOperation, runChannelwise} from './channelwise_call';
import {type Operation, runElementwise} from './elementwise_call';

interface Operands {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

/** Operands of certain shapes, and what a kernel does with them. */
interface Case {
  fits(operands: Operands): boolean;
  run(runtime: WasmRuntime, operands: Operands): TensorInfo;
}

const ofOneShape = (operation: Operation): Case => ({
  fits: ({a, b}) => sameShape(a.shape, b.shape),
  run: (runtime, {a, b}) => runElementwise(runtime, operation, a, {other: b}),
});

/** The second operand is values that the first is taken with. */
const withValues = (operation: ChannelwiseOperation, fits: Case['fits']): Case => ({
  fits,
  run: (runtime, {a, b}) => runChannelwise(runtime, operation, {x: a, values: b}),
});

const withChannels = (operation: ChannelwiseOperation) =>
  withValues(operation, ({a, b}) => isOfChannels(b.shape, a.shape));

const withOneValue = (operation: ChannelwiseOperation) => withValues(operation, ({a, b}) => isOneValue(b, a));

const ofOneValue = (operation: ChannelwiseOperation): Case => ({
  fits: ({a, b}) => isOneValue(a, b),
  run: (runtime, {a, b}) => runChannelwise(runtime, operation, {x: b, values: a}),
});

/** One that leaves others their shape. */
const isOneValue = ({shape}: TensorInfo, others: TensorInfo) =>
  sizeOf(shape) === 1 && shape.length <= others.shape.length;

const areFloats = ({a, b}: Operands) =>
  [a, b].every(({dtype, shape}) => dtype === 'float32' && sizeOf(shape) > 0);

function configOf(kernelName: string, ...cases: readonly Case[]): StockReplacement {
  const caseOf = (operands: Operands) => cases.find((one) => one.fits(operands));
  return {
    ...wasmKernel(kernelName, ({inputs}, runtime) => {
      const operands = inputs as unknown as Operands;
      return caseOf(operands)!.run(runtime, operands);
    }),
    takes: ({inputs}) => {
      const operands = inputs as unknown as Operands;
      return areFloats(operands) && caseOf(operands) !== undefined;
    },
  };
}

export const arithmeticConfigs: readonly StockReplacement[] = [
  configOf(Add, ofOneShape('add'), withChannels('sum'), withOneValue('sum'), ofOneValue('sum')),
  configOf(
    Multiply,
    ...[ofOneShape('multiply'), withChannels('product'), withOneValue('product'), ofOneValue('product')],
  ),
  configOf(Sub, ofOneShape('subtract'), ofOneValue('difference')),
  configOf(RealDiv, withOneValue('quotient')),
];
