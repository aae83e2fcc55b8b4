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
import {batchToSpaceNDConfig} from './BatchToSpaceND';
import {castConfig} from './Cast';
import {concatConfig} from './Concat';
import {gatherV2Config} from './GatherV2';
import {connect} from './host';
import {identityConfig} from './Identity';
import {indirectConv3DConfig} from './IndirectConv3D';
import {indirectConv3DBackpropFilterConfig} from './IndirectConv3DBackpropFilter';
import {indirectConv3DBackpropInputConfig} from './IndirectConv3DBackpropInput';
import {maxPool3DConfig} from './MaxPool3D';
import {maxPool3DGradConfig} from './MaxPool3DGrad';
import {meanConfig} from './Mean';
import {packConfig} from './Pack';
import {padV2Config} from './PadV2';
import {reverseConfig} from './Reverse';
import {sliceConfig} from './Slice';
import {spaceToBatchNDConfig} from './SpaceToBatchND';
import {splitVConfig} from './SplitV';
import {stridedSliceConfig} from './StridedSlice';
import {sumConfig} from './Sum';
import {tileConfig} from './Tile';
import {transposeConfig} from './Transpose';
import {unpackConfig} from './Unpack';

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
    sliceConfig,
    splitVConfig,
    unpackConfig,
    stridedSliceConfig,
    concatConfig,
    packConfig,
    transposeConfig,
    reverseConfig,
    tileConfig,
    padV2Config,
    gatherV2Config,
    castConfig,
    spaceToBatchNDConfig,
    batchToSpaceNDConfig,
  ],
  canRun: (backend) => connect(backend as BackendWasm) !== undefined,
};
