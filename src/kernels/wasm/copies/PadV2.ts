/**
 * `tf.pad` on the wasm backend: the constant everywhere, then the values in their place. To write the constant at the borders alone
 * takes less by itself, but in a step of training the pooling behind it then takes that much longer.
 */
import {type NumericDataType, PadV2, type PadV2Attrs, type PadV2Inputs} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {type Given, isNumeric} from '../../stock_kernels';
import {planZeros} from '../plan/zeros';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runCopy, stepsOf} from './copy_call';

export const padV2Config: StockReplacement = {
  ...wasmKernel(PadV2, ({inputs, attrs}, runtime) => {
    const {x} = inputs as Given<PadV2Inputs>;
    const {paddings, constantValue} = attrs as unknown as PadV2Attrs;
    const shape = x.shape.map((length, axis) => paddings[axis]![0] + length + paddings[axis]![1]);
    const y = runtime.makeOutput(shape, x.dtype as NumericDataType);
    // What the module writes can be recorded.
    if (Object.is(constantValue, 0) && x.dtype !== 'bool') {
      runtime.runRows(planZeros('y', sizeOf(shape)), {y: runtime.addressOf(y)});
    } else runtime.write(y, constantValue);
    const [from, to] = [stepsOf(x.shape), stepsOf(shape)];
    runCopy(runtime, {
      from: {tensor: x},
      to: {tensor: y, first: paddings.reduce((first, [before], axis) => first + before * to[axis]!, 0)},
      axes: x.shape.map((length, axis) => ({length, from: from[axis]!, to: to[axis]!})),
    });
    return y;
  }),
  takes: ({inputs}) => isNumeric(inputs.x!),
};
