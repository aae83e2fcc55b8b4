/** The kernels of the webgl backend. Registering them is the entry's business (src/entries/backends/webgl.ts). */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import type {StockReplacements} from '../registry';
import {hostConvolutionConfigs} from '../stock_kernels';
import {indirectConv3DConfig} from './convolution/IndirectConv3D';
import {indirectConv3DBackpropFilterConfig} from './convolution/IndirectConv3DBackpropFilter';
import {indirectConv3DBackpropInputConfig} from './convolution/IndirectConv3DBackpropInput';
import {matrixProductConfigs} from './matrix_products';
import {avgPool3DConfig} from './pooling/AvgPool3D';
import {avgPool3DGradConfig} from './pooling/AvgPool3DGrad';
import {maxPool3DConfig} from './pooling/MaxPool3D';
import {maxPool3DGradConfig} from './pooling/MaxPool3DGrad';
import {canRun} from './program';
import {meanConfig} from './reductions/Mean';

/** The kernels of this package's own ops. */
export const kernelConfigs: readonly KernelConfig[] = [
  indirectConv3DConfig,
  indirectConv3DBackpropInputConfig,
  indirectConv3DBackpropFilterConfig,
];

/** In the place of the host's own kernels. */
export const stockReplacements: StockReplacements = {
  backendName: 'webgl',
  configs: [
    ...hostConvolutionConfigs(kernelConfigs),
    maxPool3DConfig,
    maxPool3DGradConfig,
    avgPool3DConfig,
    avgPool3DGradConfig,
    meanConfig,
    ...matrixProductConfigs,
  ],
  canRun,
};
