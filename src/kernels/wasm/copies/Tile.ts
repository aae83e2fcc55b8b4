/** `tf.tile`, and with it `tf.broadcastTo`, on the wasm backend. The host goes value by value. */
import {type NumericDataType, Tile, type TileAttrs, type TileInputs} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../../registry';
import {type Given, isNumeric} from '../../stock_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runCopy, stepsOf} from './copy_call';

export const tileConfig: StockReplacement = {
  ...wasmKernel(Tile, ({inputs, attrs}, runtime) => {
    const {x} = inputs as Given<TileInputs>;
    const {reps} = attrs as unknown as TileAttrs;
    const shape = x.shape.map((length, axis) => length * reps[axis]!);
    const y = runtime.makeOutput(shape, x.dtype as NumericDataType);
    const [from, to] = [stepsOf(x.shape), stepsOf(shape)];
    // A repetition is an axis of its own along which nothing is left behind in x.
    const axes = x.shape.flatMap((length, axis) => [
      {length: reps[axis]!, from: 0, to: length * to[axis]!},
      {length, from: from[axis]!, to: to[axis]!},
    ]);
    runCopy(runtime, {from: {tensor: x}, to: {tensor: y}, axes});
    return y;
  }),
  takes: ({inputs}) => isNumeric(inputs.x!),
};
