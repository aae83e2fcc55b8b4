/** The steps of a run: the first of each size is traced, those after it are the kernels of that one on other weights and another batch. */
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

interface KnownStep {
  /** None where the kernels of one step are not those of the next. */
  readonly program: KernelProgram | undefined;
  /** Weights with a gradient, in the order of the program's. */
  readonly names: readonly string[];
  /** Weights that the step itself moves, such as averages of norms, in the order of the program's. */
  readonly moved: readonly tf.Variable[];
  /** Whether the layers are as they were. */
  readonly isCurrent: () => boolean;
}

export class TracedSteps {
  private readonly known = new Map<string, KnownStep>();
  private readonly variables: readonly tf.Variable[];

  /** @param weights all of the model */
  constructor(
    private readonly model: LayersModel,
    weights: readonly NamedWeight[],
  ) {
    this.variables = weights.map(({weight}) => weight.read());
  }

  /**
   * @param batch stays the caller's
   * @param compute the step, kernel by kernel as the model asks for them
   * @returns what `compute` does or would, to the bit; the caller's to dispose
   */
  run(batch: Batch, compute: () => StepResult): StepResult {
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

  private trace(key: string, batch: Batch, compute: () => StepResult): StepResult {
    const before = this.variables.map(({dataId}) => dataId);
    const movedIn = () => this.variables.filter(({dataId}, i) => dataId !== before[i]);
    const {result, program} = isRepeatable(this.model)
      ? traceKernels(this.givenOf(batch), compute, ({value, hits, grads}) => [
          ...[value, hits, ...Object.values(grads)],
          ...movedIn(),
        ])
      : {result: compute(), program: undefined};
    const [oldest] = this.known.keys();
    if (this.known.size === MOST_SIZES) this.forget(oldest!);
    const names = Object.keys(result.grads);
    this.known.set(key, {program, names, moved: movedIn(), isCurrent: watchSettings(this.model)});
    return result;
  }

  private repeat({names, moved}: KnownStep, program: KernelProgram, batch: Batch): StepResult {
    const [value, hits, ...rest] = program.run(this.givenOf(batch));
    const grads = Object.fromEntries(names.map((name, i) => [name, rest[i]!]));
    for (const [i, variable] of moved.entries()) {
      const average = rest[names.length + i]!;
      variable.assign(average);
      average.dispose();
    }
    return {value: value as tf.Scalar, hits: hits!, grads};
  }

  private forget(key: string): void {
    this.known.get(key)?.program?.dispose();
    this.known.delete(key);
  }
}
