/** What the folder offers to the rest of the package. */

export {freeze} from './freeze';
export type {
  FrozenGraph,
  FrozenInput,
  FrozenModelData,
  FrozenOutput,
  FrozenStep,
  FrozenTensor,
  Json,
  JsonObject,
} from './frozen_data';
export {FrozenModel, type PredictInputs, type PredictOptions, type ValueInfo} from './frozen_model';
export type {ConvolutionStep} from './steps/convolution';
export type {ScalingStep} from './steps/scaling';
export type {Step} from './steps/step_ops';
export {type WarmUpModel, type WarmUpOptions, warmUp} from './warm_up';
