/** The kernels of the webgl backend. Registering them is the entry's business (src/entries/backends/webgl.ts). */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import type {StockReplacements} from '../registry';
import {hostConvolutionConfigs} from '../stock_kernels';
import {indirectConv3DConfig} from './convolution/IndirectConv3D';
import {indirectConv3DBackpropFilterConfig} from './convolution/IndirectConv3DBackpropFilter';
import {indirectConv3DBackpropInputConfig} from './convolution/IndirectConv3DBackpropInput';
import {canRun} from './program';

/** The kernels of this package's own ops. */
export const kernelConfigs: readonly KernelConfig[] = [
  indirectConv3DConfig,
  indirectConv3DBackpropInputConfig,
  indirectConv3DBackpropFilterConfig,
];

/** In the place of the host's own kernels. */
export const stockReplacements: StockReplacements = {
  backendName: 'webgl',
  configs: hostConvolutionConfigs(kernelConfigs),
  canRun,
};
