/** The global norm of gradients, and by how much they are scaled down to a norm. */
import * as tf from '@tensorflow/tfjs-core';
import {GlobalNorm} from '../../../geometry/update_kernels';
import {runUpdateKernel} from '../../../ops/update_kernels';

/** How gradients are clipped: all of them together, by their Euclidean norm. */
export interface ClipConfig {
  /** The largest norm that is left as it is. */
  readonly norm: number;
  /** Added to the norm that is divided by: 1e-6 in torch.nn.utils.clip_grad_norm_, 0 within timm's LAMB. Default 1e-6. */
  readonly epsilon?: number;
}

/** The Euclidean norm of all gradients as one vector, a scalar; to be called within tf.tidy. */
export function globalNorm(gradients: readonly tf.Tensor[]): tf.Scalar {
  const inOneGo = runUpdateKernel(GlobalNorm, gradients, {});
  if (inOneGo !== undefined) return inOneGo[0] as tf.Scalar;
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  // Not addN: on webgpu it takes fewer than a model has weights.
  return tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square))) as tf.Scalar;
}

/**
 * The factor that brings gradients of this norm down to the greatest allowed, 1 if they are not above it: min(1, most / (norm +
 * epsilon)).
 */
export function clipFactor(norm: number, {norm: most, epsilon = 1e-6}: ClipConfig): number {
  return Math.min(1, most / (norm + epsilon));
}
