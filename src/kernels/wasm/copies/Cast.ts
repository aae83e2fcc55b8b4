/**
 * `tf.cast` to bool, and to the type that a tensor has, on the wasm backend: the host cuts numbers off to a byte, so that 0.5 and
 * 256 are false, and copies what need not be. All other casts are the host's.
 */
import {
  Cast,
  type CastAttrs,
  type CastInputs,
  engine,
  NotEqual,
  scalar,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../../registry';
import {type Given, isNumeric} from '../../stock_kernels';
import {identityConfig} from './Identity';

const dtypeOf = (attrs: unknown) => (attrs as CastAttrs).dtype;

export const castConfig: StockReplacement = {
  kernelName: Cast,
  backendName: 'wasm',
  kernelFunc: (args) => {
    const {x} = args.inputs as Given<CastInputs>;
    if (x.dtype === dtypeOf(args.attrs)) return identityConfig.kernelFunc(args);
    return tidy(() => {
      // The host hands a kernel tensors, though it types them as TensorInfo.
      const compared = {a: x as Tensor, b: scalar(0, x.dtype)};
      return engine().runKernel(NotEqual, compared) as Tensor;
    });
  },
  takes: ({inputs, attrs}) => {
    const {x} = inputs as Given<CastInputs>;
    return isNumeric(x) && (x.dtype === dtypeOf(attrs) || dtypeOf(attrs) === 'bool');
  },
};
