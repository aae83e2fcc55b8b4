/** The kernels of the tensorflow backend (tfjs-node, tfjs-node-gpu). Registering them is the entry's business (src/entries/node.ts). */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import type {StockReplacements} from '../registry';
import {hostConvolutionConfigs} from '../stock_kernels';
import {indirectConv3DConfig} from './convolution/IndirectConv3D';
import {indirectConv3DBackpropFilterConfig} from './convolution/IndirectConv3DBackpropFilter';
import {indirectConv3DBackpropInputConfig} from './convolution/IndirectConv3DBackpropInput';
import {adamUpdateConfig} from './elementwise/AdamUpdate';
import {globalNormConfig} from './elementwise/GlobalNorm';
import {reluGradConfig} from './elementwise/ReluGrad';
import {reshapeConfig} from './elementwise/Reshape';
import {sgdUpdateConfig} from './elementwise/SgdUpdate';
import {avgPool3DConfig} from './reductions/AvgPool3D';
import {avgPool3DGradConfig} from './reductions/AvgPool3DGrad';
import {batchNormTrainConfig} from './reductions/BatchNormTrain';
import {batchNormTrainGradConfig} from './reductions/BatchNormTrainGrad';
import {denseBincountConfig} from './reductions/DenseBincount';
import {fusedBatchNormConfig} from './reductions/FusedBatchNorm';
import {maxPool3DConfig} from './reductions/MaxPool3D';
import {maxPool3DGradConfig} from './reductions/MaxPool3DGrad';

/** The kernels of this package's own ops. */
export const kernelConfigs: readonly KernelConfig[] = [
  indirectConv3DConfig,
  indirectConv3DBackpropInputConfig,
  indirectConv3DBackpropFilterConfig,
  batchNormTrainConfig,
  batchNormTrainGradConfig,
  ...[reluGradConfig, sgdUpdateConfig, adamUpdateConfig, globalNormConfig],
];

/** In the place of the host's own kernels. */
export const stockReplacements: StockReplacements = {
  backendName: 'tensorflow',
  configs: [
    ...hostConvolutionConfigs(kernelConfigs),
    ...[maxPool3DConfig, maxPool3DGradConfig, avgPool3DConfig, avgPool3DGradConfig],
    ...[fusedBatchNormConfig, denseBincountConfig, reshapeConfig],
  ],
  canRun: () => true,
};
