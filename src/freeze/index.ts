/** What the folder offers to the rest of the package. */

export type {Convolution, FoldedWeights} from './convolution';
export {freeze} from './freeze';
export {FrozenModel, type PredictOptions, type Step, type Work} from './frozen_model';
export {type Scaling, scaleChannels} from './scaling';
