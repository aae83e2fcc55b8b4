/** `tf.avgPool3d` on the wasm backend: means of the inputs inside the window. */
import {AvgPool3D, type AvgPool3DInputs, type KernelConfig} from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {type Given, poolAttrsOf, takingWholes} from '../../stock_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runPool} from './pool_call';

const ofFloats = wasmKernel(AvgPool3D, ({inputs, attrs}, runtime) => {
  const {x} = inputs as Given<AvgPool3DInputs>;
  const info = poolInfo(x.shape, poolAttrsOf(attrs));
  const y = runtime.makeOutput(info.outputShape);
  runPool(runtime, 'averagePool', info, {x: runtime.addressOf(x), y: runtime.addressOf(y)});
  return y;
});

export const avgPool3DConfig: KernelConfig = takingWholes(ofFloats);
