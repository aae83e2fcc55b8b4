/**
 * What a run computes of batch after batch, its steps or mere passes through the model: the first of each size is traced, those after it are
 * the kernels of that one on other weights and another batch.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch} from '../../batches/batches';
import type {NamedWeight} from '../../optimization/parameters';
import type {LossGradients} from '../gradients';
import {type KernelProgram, onlyCalls} from './kernel_program';
import {traceKernels} from './kernel_trace';
import {isRepeatable, watchSettings} from './repeatable';

/**
 * Sizes that are known at a time: of whole pieces of a batch, of its last piece, and of that of an epoch's last batch, for some sizes of clips. To trace
 * takes longer than to call the layers, so that more of them in turn would cost a tenth of a step.
 */
const MOST_SIZES = 12;

/** What a step computes, the weights' own changes aside. */
export interface StepResult extends LossGradients {
  /** How many answers are right, a scalar. */
  readonly hits: tf.Tensor;
}

/** How a result is tensors in a row, of which each run of a program gives others. */
export interface ResultForm<Result> {
  tensorsOf(result: Result): readonly tf.Tensor[];
  /** @param first what the traced one gave; its tensors may be gone */
  resultOf(tensors: readonly tf.Tensor[], first: Result): Result;
}

export const STEP: ResultForm<StepResult> = {
  tensorsOf: ({value, hits, grads}) => [value, hits, ...Object.values(grads)],
  resultOf: ([value, hits, ...rest], {grads}) => ({
    value: value as tf.Scalar,
    hits: hits!,
    grads: Object.fromEntries(Object.keys(grads).map((name, i) => [name, rest[i]!])),
  }),
};

/** Of what is computed for the weights alone that the model itself moves. */
export const NOTHING: ResultForm<void> = {tensorsOf: () => [], resultOf: () => {}};

interface KnownStep<Result> {
  /** None where the kernels of one step are not those of the next. */
  readonly program: KernelProgram | undefined;
  readonly result: Result;
  /** Weights that the step itself moves, such as averages of norms, in the order of the program's. */
  readonly moved: readonly tf.Variable[];
  /** Whether the layers are as they were. */
  readonly isCurrent: () => boolean;
}

export class TracedSteps<Result> {
  private readonly known = new Map<string, KnownStep<Result>>();
  private readonly variables: readonly tf.Variable[];

  /** @param weights all of the model */
  constructor(
    private readonly model: LayersModel,
    weights: readonly NamedWeight[],
    private readonly form: ResultForm<Result>,
  ) {
    this.variables = weights.map(({weight}) => weight.read());
  }

  /**
   * @param batch stays the caller's
   * @param compute the step, kernel by kernel as the model asks for them
   * @returns what `compute` does or would, to the bit; the caller's to dispose
   */
  run(batch: Batch, compute: () => Result): Result {
    // Layers say whose weight is gone.
    if (!onlyCalls() || this.givenOf(batch).some(({isDisposed}) => isDisposed)) return compute();
    const key = [batch.x, batch.y].map(({shape, dtype}) => `${dtype}[${shape}]`).join();
    const step = this.known.get(key);
    if (step === undefined || !step.isCurrent() || step.program?.isCurrent === false) {
      this.forget(key);
      return this.trace(key, batch, compute);
    }
    return step.program === undefined ? compute() : this.repeat(step, step.program, batch);
  }

  dispose(): void {
    for (const key of [...this.known.keys()]) this.forget(key);
  }

  private givenOf({x, y}: Batch): tf.Tensor[] {
    return [x, y, ...this.variables];
  }

  private trace(key: string, batch: Batch, compute: () => Result): Result {
    const before = this.variables.map(({dataId}) => dataId);
    const movedIn = () => this.variables.filter(({dataId}, i) => dataId !== before[i]);
    const {result, program} = isRepeatable(this.model)
      ? traceKernels(this.givenOf(batch), compute, (found) => [...this.form.tensorsOf(found), ...movedIn()])
      : {result: compute(), program: undefined};
    const [oldest] = this.known.keys();
    if (this.known.size === MOST_SIZES) this.forget(oldest!);
    this.known.set(key, {program, result, moved: movedIn(), isCurrent: watchSettings(this.model)});
    return result;
  }

  private repeat({result, moved}: KnownStep<Result>, program: KernelProgram, batch: Batch): Result {
    const tensors = program.run(this.givenOf(batch));
    const averages = tensors.splice(tensors.length - moved.length);
    for (const [i, variable] of moved.entries()) {
      variable.assign(averages[i]!);
      averages[i]!.dispose();
    }
    return this.form.resultOf(tensors, result);
  }

  private forget(key: string): void {
    this.known.get(key)?.program?.dispose();
    this.known.delete(key);
  }
}
