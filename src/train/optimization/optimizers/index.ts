/** Optimizers: rules for one weight, the update of all, clipping, averages of weights. */
export type {ClipConfig} from './clip';
export {WeightAverages} from './moving_average';
export type {AdamWConfig, LambConfig, OptimizerConfig, SgdConfig} from './rules';
export {type Gradients, WeightUpdater} from './updater';
