/** Inflation of image networks into video networks. */
export {imageModePlan, middleSlices, resNetPlan} from './authors_plans';
export {type InflateOptions, inflate, weightsOf} from './inflate';
export {
  INFLATION_RULES,
  type InflateKernelOptions,
  type InflationRule,
  inflateKernel,
  type KernelArray,
} from './inflate_kernel';
export {
  type ImageWeight,
  type ImageWeights,
  type InflationPlan,
  type InflationReport,
  type InflationStep,
  planInflation,
  type VideoWeight,
} from './plan';
