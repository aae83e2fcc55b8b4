/** What a step of a frozen model is once it can run, and what makes one of the step's data. The kinds are beside this file. */
import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import type {Layer} from '../../../layers/models/graph';
import {InvalidArgumentError} from '../../../util/errors';
import {didYouMean} from '../../../util/names';
import type {FrozenStep} from '../frozen_data';
import type {DirectKernels} from './direct_kernels';

/** For each of several values the mask that comes with it, or null. */
export type Masks = readonly (Tensor | null)[];

/** Runs. Tensors that it was made with stay the model's. */
export interface RunnableStep {
  /** The outputs for values of the model: tensors of their own, none of them one that was given or another output. */
  run(inputs: readonly Tensor[]): Tensor | Tensor[];
  /**
   * As `run`, of values that need not be tensors, by kernels of ours alone; of a step with one output. Undefined where it
   * takes more, and then nothing has been done.
   */
  runDirectly?(inputs: readonly TensorInfo[], kernels: DirectKernels): TensorInfo | undefined;
  /** As `run`, with masks. Of steps that are `masked`. */
  runMasked?(inputs: readonly Tensor[], masks: Masks): {readonly outputs: Tensor[]; readonly masks: Masks};
  /** Frees what it holds besides the model's tensors. */
  dispose(): void;
}

/** What a step is made with. */
export interface StepParts {
  /** By what they are to the step. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Makes the layer that the settings name. */
  layerOf(): Layer;
}

/** A kind of steps: from data to what runs. */
export interface StepOp<S extends RunnableStep = RunnableStep> {
  /** How many inputs and outputs it has, least and most. */
  readonly inputs: readonly [number, number];
  readonly outputs: readonly [number, number];
  /** @throws InvalidArgumentError for settings and tensors that the op does not have, or that do not go together */
  make(step: FrozenStep, parts: StepParts): S;
}

/** Refuses settings and tensors that an op does not have. */
export function checkKeys(
  {op, settings, tensors}: FrozenStep,
  knownSettings: readonly string[],
  knownTensors: readonly string[],
): void {
  const check = (what: string, given: object, known: readonly string[]) => {
    const unknown = Object.keys(given).find((key) => !known.includes(key));
    if (unknown === undefined) return;
    const question = didYouMean(unknown, known) || '.';
    throw new InvalidArgumentError(
      `${op} has no ${what} ${JSON.stringify(unknown)}${question} It has ${known.join(', ') || 'none'}.`,
    );
  };
  check('setting', settings, knownSettings);
  check('tensor', tensors, knownTensors);
}
