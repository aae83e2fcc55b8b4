/** The kernels of the wasm backend. Registering them is the entry's business (src/wasm.ts). */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {indirectConv3DConfig} from './IndirectConv3D';
import {indirectConv3DBackpropFilterConfig} from './IndirectConv3DBackpropFilter';
import {indirectConv3DBackpropInputConfig} from './IndirectConv3DBackpropInput';

export const kernelConfigs: readonly KernelConfig[] = [
  indirectConv3DConfig,
  indirectConv3DBackpropInputConfig,
  indirectConv3DBackpropFilterConfig,
];
