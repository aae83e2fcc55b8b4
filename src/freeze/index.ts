/** What the folder offers to the rest of the package. */
export {freeze} from './freeze';
export type {FrozenModel, PredictOptions} from './frozen_model';
