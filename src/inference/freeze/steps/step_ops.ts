/** The table of what a frozen model can do: the ops of its steps by name. */
import {CONVOLUTIONS, type ConvolutionStep} from './convolution';
import {IDENTITY, type IdentityStep, identity} from './identity';
import {LAYER, type LayerStep, layer} from './layer';
import {GLOBAL_AVERAGE, globalAverage, type PoolingStep} from './pooling';
import {SCALE_CHANNELS, type ScalingStep, scaleChannels} from './scaling';
import type {StepOp} from './step';

/** For whoever runs steps another way than all at once (src/inference/slabs). */
export type Step = ConvolutionStep | ScalingStep | PoolingStep | LayerStep | IdentityStep;

export const STEP_OPS: Readonly<Record<string, StepOp<Step>>> = {
  ...CONVOLUTIONS,
  [SCALE_CHANNELS]: scaleChannels,
  [GLOBAL_AVERAGE]: globalAverage,
  [LAYER]: layer,
  [IDENTITY]: identity,
};
