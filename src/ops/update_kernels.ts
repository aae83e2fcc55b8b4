/** The kernels of optimizers on the live backend, where it has them: elsewhere rules and norms are made of stock ops. */
import type * as tf from '@tensorflow/tfjs-core';
import type {
  AdamUpdate,
  AdamUpdateAttrs,
  GlobalNorm,
  SgdUpdate,
  SgdUpdateAttrs,
} from '../geometry/update_kernels';
import {runOptionalKernel} from './optional_kernel';

/** The attributes that each of them takes. */
interface AttrsOf {
  [SgdUpdate]: SgdUpdateAttrs;
  [AdamUpdate]: AdamUpdateAttrs;
  [GlobalNorm]: Record<string, never>;
}

/** The results, or undefined where the backend has no such kernel. */
export function runUpdateKernel<Name extends keyof AttrsOf>(
  name: Name,
  inputs: readonly tf.Tensor[],
  attrs: AttrsOf[Name],
): tf.Tensor[] | undefined {
  // An array for an open map, as the host's own concat gives it.
  return runOptionalKernel(name, inputs as unknown as tf.NamedTensorMap, attrs);
}
