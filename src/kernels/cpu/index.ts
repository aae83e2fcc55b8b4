/** The kernels of the cpu backend. Registering them is the entry's business (entries/cpu.ts). */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import type {StockReplacements} from '../registry';
import {hostConvolutionConfigs} from '../stock_kernels';
import {avgPool3DConfig} from './AvgPool3D';
import {avgPool3DGradConfig} from './AvgPool3DGrad';
import {indirectConv3DConfig} from './IndirectConv3D';
import {indirectConv3DBackpropFilterConfig} from './IndirectConv3DBackpropFilter';
import {indirectConv3DBackpropInputConfig} from './IndirectConv3DBackpropInput';
import {maxPool3DConfig} from './MaxPool3D';
import {maxPool3DGradConfig} from './MaxPool3DGrad';
import {updateConfigs} from './updates';

/** The kernels of this package's own ops. */
export const kernelConfigs: readonly KernelConfig[] = [
  indirectConv3DConfig,
  indirectConv3DBackpropInputConfig,
  indirectConv3DBackpropFilterConfig,
  ...updateConfigs,
];

/** In the place of the host's own kernels. */
export const stockReplacements: StockReplacements = {
  backendName: 'cpu',
  configs: [
    ...hostConvolutionConfigs(kernelConfigs),
    maxPool3DConfig,
    maxPool3DGradConfig,
    avgPool3DConfig,
    avgPool3DGradConfig,
  ],
  canRun: () => true,
};
