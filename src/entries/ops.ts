/**
 * Entry "tfjs-sts/ops": the ops without the layers, for programs that do not have tfjs-layers; the entry "tfjs-sts" has them,
 * too. Importing it makes them differentiable.
 */
import {registerGradients} from '../ops/grads/register';

registerGradients();

export type {KernelName} from '../geometry/kernel_names';
export {type PassedOver, type ReadyBackend, type ReadyOptions, ready} from '../kernels/ready';
export {
  type KernelImplementation,
  kernelCoverage,
  restoreStockKernels,
  type StockKernelName,
} from '../kernels/registry';
export * from '../ops';
export {
  FormatError,
  InvalidArgumentError,
  OutOfMemoryError,
  StsError,
  UnavailableError,
} from '../util/errors';
export type {PartialShape, Shape5D, Triple} from '../util/shapes';
