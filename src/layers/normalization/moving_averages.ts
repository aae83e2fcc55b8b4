/** The moving averages of batch normalization. */
import {mul, sub, type Tensor, tidy} from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {SgdUpdate} from '../../geometry/update_kernels';
import {runUpdateKernel} from '../../ops/update_kernels';

/** An average and what it moves to, times `correction`, which is 1 where it is not given. */
export interface Move {
  readonly average: LayerVariable;
  readonly value: Tensor;
  readonly correction?: number;
}

/**
 * average = average - (average - value * correction) * (1 - momentum): a step of gradient descent along the distance, all in one kernel
 * where the backend has it, else of stock ops.
 */
export function moveAverages(moves: readonly Move[], momentum: number): void {
  tidy(() => {
    const attrs = {
      weights: moves.map(({correction = 1}) => ({
        ...{gradientFactor: -correction, weightDecay: 1, learningRate: 1 - momentum},
      })),
      ...{momentumFactor: 0, nesterov: false},
    };
    const inputs = moves.flatMap(({average, value}) => [average.read(), value]);
    const atOnce = runUpdateKernel(SgdUpdate, inputs, attrs);
    moves.forEach(({average, value, correction = 1}, i) => {
      const old = average.read();
      const corrected = () => (correction === 1 ? value : mul(value, correction));
      average.write(atOnce?.[i] ?? sub(old, mul(sub(old, corrected()), 1 - momentum)));
    });
  });
}
