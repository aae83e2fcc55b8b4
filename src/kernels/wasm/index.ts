/** The kernels of the wasm backend. Registering them is the entry's business (entries/wasm.ts). */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {KernelConfig} from '@tensorflow/tfjs-core';
import type {StockReplacements} from '../registry';
import {conv2dGradientConfigs} from '../stock_conv2d';
import {hostConvolutionConfigs} from '../stock_kernels';
import {indirectConv3DConfig} from './convolution/IndirectConv3D';
import {indirectConv3DBackpropFilterConfig} from './convolution/IndirectConv3DBackpropFilter';
import {indirectConv3DBackpropInputConfig} from './convolution/IndirectConv3DBackpropInput';
import {matrixProductConfigs} from './convolution/matrix_products';
import {batchToSpaceNDConfig} from './copies/BatchToSpaceND';
import {castConfig} from './copies/Cast';
import {gatherV2Config} from './copies/GatherV2';
import {identityConfig} from './copies/Identity';
import {concatConfig} from './copies/joining/Concat';
import {packConfig} from './copies/joining/Pack';
import {padV2Config} from './copies/PadV2';
import {reverseConfig} from './copies/Reverse';
import {spaceToBatchNDConfig} from './copies/SpaceToBatchND';
import {sliceConfig} from './copies/slicing/Slice';
import {splitVConfig} from './copies/slicing/SplitV';
import {stridedSliceConfig} from './copies/slicing/StridedSlice';
import {unpackConfig} from './copies/slicing/Unpack';
import {tileConfig} from './copies/Tile';
import {transposeConfig} from './copies/Transpose';
import {arithmeticConfigs} from './elementwise/arithmetic';
import {curveConfigs} from './elementwise/curves';
import {gatedSwishTrainConfig} from './elementwise/GatedSwishTrain';
import {gateGradConfig} from './elementwise/GateGrad';
import {reluGradConfig} from './elementwise/ReluGrad';
import {swishTrainConfig} from './elementwise/SwishTrain';
import {swishTrainGradConfig} from './elementwise/SwishTrainGrad';
import {adamUpdateConfig} from './reductions/AdamUpdate';
import {avgPool3DConfig} from './reductions/AvgPool3D';
import {avgPool3DGradConfig} from './reductions/AvgPool3DGrad';
import {batchNormFusedConfig} from './reductions/BatchNormFused';
import {batchNormTrainConfig} from './reductions/BatchNormTrain';
import {batchNormTrainGradConfig} from './reductions/BatchNormTrainGrad';
import {crossEntropyTrainConfig} from './reductions/CrossEntropyTrain';
import {globalNormConfig} from './reductions/GlobalNorm';
import {maxPool3DConfig} from './reductions/MaxPool3D';
import {maxPool3DGradConfig} from './reductions/MaxPool3DGrad';
import {meanConfig} from './reductions/Mean';
import {sgdUpdateConfig} from './reductions/SgdUpdate';
import {sumConfig} from './reductions/Sum';
import {connect} from './runtime/wasm_runtime';

/** The kernels of this package's own ops. */
export const kernelConfigs: readonly KernelConfig[] = [
  indirectConv3DConfig,
  indirectConv3DBackpropInputConfig,
  indirectConv3DBackpropFilterConfig,
  batchNormTrainConfig,
  batchNormTrainGradConfig,
  batchNormFusedConfig,
  reluGradConfig,
  swishTrainConfig,
  swishTrainGradConfig,
  gatedSwishTrainConfig,
  gateGradConfig,
  crossEntropyTrainConfig,
  sgdUpdateConfig,
  adamUpdateConfig,
  globalNormConfig,
];

/** In the place of the host's own kernels, where our module can run. */
export const stockReplacements: StockReplacements = {
  backendName: 'wasm',
  configs: [
    ...hostConvolutionConfigs(kernelConfigs),
    ...conv2dGradientConfigs(kernelConfigs),
    ...matrixProductConfigs,
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
    ...arithmeticConfigs,
    ...curveConfigs,
  ],
  canRun: (backend) => connect(backend as BackendWasm) !== undefined,
};
