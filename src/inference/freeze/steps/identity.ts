/** A value as it is, without its mask: what a nested model gives has none. */
import type {Tensor} from '@tensorflow/tfjs-core';
import {checkKeys, type RunnableStep, type StepOp} from './step';

export const IDENTITY = 'identity';

export class IdentityStep implements RunnableStep {
  readonly kind = 'identity';

  run([x]: readonly Tensor[]): Tensor {
    return x!.clone();
  }

  dispose(): void {}
}

export const identity: StepOp<IdentityStep> = {
  inputs: [1, 1],
  outputs: [1, 1],
  make: (step) => {
    checkKeys(step, [], []);
    return new IdentityStep();
  },
};
