/**
 * Drop-path, or stochastic depth (Huang et al., ECCV 2016), in the form of timm: of a residual branch training drops whole samples, which
 * then are their shortcut alone.
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import {type Parts, WholeDropout} from './whole_dropout';

/** Input and output `[batch, ...]`. */
export class DropPath extends WholeDropout {
  /** @nocollapse */
  static className = 'DropPath';

  protected override partsOf(x: Tensor): Parts {
    const batch = x.shape[0]!;
    return {view: [batch, 1, x.size / batch], noise: [batch, 1, 1]};
  }
}
