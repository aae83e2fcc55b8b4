/** The kernels of the wasm backend. Registering them is the entry's business (src/wasm.ts). */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {KernelConfig} from '@tensorflow/tfjs-core';
import type {StockReplacements} from '../registry';
import {conv2dGradientConfigs} from '../stock_conv2d';
import {hostConvolutionConfigs} from '../stock_kernels';
import {avgPool3DConfig} from './AvgPool3D';
import {avgPool3DGradConfig} from './AvgPool3DGrad';
import {batchNormTrainConfig} from './BatchNormTrain';
import {batchNormTrainGradConfig} from './BatchNormTrainGrad';
import {connect} from './host';
import {identityConfig} from './Identity';
import {indirectConv3DConfig} from './IndirectConv3D';
import {indirectConv3DBackpropFilterConfig} from './IndirectConv3DBackpropFilter';
import {indirectConv3DBackpropInputConfig} from './IndirectConv3DBackpropInput';
import {maxPool3DConfig} from './MaxPool3D';
import {maxPool3DGradConfig} from './MaxPool3DGrad';
import {meanConfig} from './Mean';
import {sumConfig} from './Sum';

/** The kernels of this package's own ops. */
export const kernelConfigs: readonly KernelConfig[] = [
  indirectConv3DConfig,
  indirectConv3DBackpropInputConfig,
  indirectConv3DBackpropFilterConfig,
  batchNormTrainConfig,
  batchNormTrainGradConfig,
];

/** In the place of the host's own kernels, where our module can run. */
export const stockReplacements: StockReplacements = {
  backendName: 'wasm',
  configs: [
    ...hostConvolutionConfigs(kernelConfigs),
    ...conv2dGradientConfigs(kernelConfigs),
    maxPool3DConfig,
    maxPool3DGradConfig,
    avgPool3DConfig,
    avgPool3DGradConfig,
    meanConfig,
    sumConfig,
    identityConfig,
  ],
  canRun: (backend) => connect(backend as BackendWasm) !== undefined,
};
