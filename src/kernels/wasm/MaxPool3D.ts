/** `tf.maxPool3d` on the wasm backend, in the place of the host's kernel, which begins at 1.2e-38 instead of -Infinity. */
import {type KernelConfig, MaxPool3D, type MaxPool3DInputs} from '@tensorflow/tfjs-core';
import {poolInfo} from '../pool_info';
import {type Given, onFloats, poolAttrsOf} from '../stock_kernels';
import {wasmKernel} from './config';
import {runPool} from './pool_call';

export const maxPool3DConfig: KernelConfig = wasmKernel(MaxPool3D, ({inputs, attrs}, host) =>
  onFloats(MaxPool3D, inputs as Given<MaxPool3DInputs>, ({x}) => {
    const info = poolInfo(x.shape, poolAttrsOf(attrs));
    const y = host.makeOutput(info.outputShape);
    runPool(host, 'maxPool', info, {x: host.addressOf(x), y: host.addressOf(y)});
    return y;
  }),
);
