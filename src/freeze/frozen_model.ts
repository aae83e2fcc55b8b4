/** A model for inference alone: steps with weights of their own, run one after the other. How they come about is freeze.ts. */
import {concat, dispose, slice, type Tensor, tidy} from '@tensorflow/tfjs-core';
import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../util/errors';
import {checkOptions, optionNames} from '../util/names';

export interface PredictOptions {
  /** Entries of the batch in one run, as in `LayersModel.predict`. Default 32. */
  readonly batchSize?: number;
}

const KNOWN = optionNames<PredictOptions>({batchSize: true});

/** One layer or fused convolution, with its weights. */
export interface Step {
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  run(inputs: Tensor[]): Tensor | Tensor[];
  dispose(): void;
}

/** What `freeze` returns. */
export class FrozenModel {
  /** For each step the values whose last reader it is. */
  private readonly lastRead: readonly (readonly SymbolicTensor[])[];
  private disposed = false;

  /** Use `freeze`. */
  constructor(
    readonly name: string,
    /** As in the LayersModel. */
    readonly inputs: readonly SymbolicTensor[],
    readonly outputs: readonly SymbolicTensor[],
    private readonly steps: readonly Step[],
  ) {
    const seen = new Set<SymbolicTensor>([...inputs, ...outputs]);
    this.lastRead = [...steps]
      .reverse()
      .map((step) =>
        [...new Set([...step.inputs, ...step.outputs])].filter(
          (value) => !seen.has(value) && seen.add(value),
        ),
      )
      .reverse();
  }

  /** How many layers and fused convolutions one run takes. */
  get stepCount(): number {
    return this.steps.length;
  }

  /**
   * The outputs for one or several inputs, as `LayersModel.predict`.
   *
   * @param x a tensor, or one for each input of the model; they stay the caller's
   * @returns a tensor, or one for each output of the model
   * @throws InvalidArgumentError for inputs of other shapes, or after `dispose`
   */
  predict(x: Tensor | Tensor[], options: PredictOptions = {}): Tensor | Tensor[] {
    checkOptions('FrozenModel.predict', options, KNOWN);
    const {batchSize = 32} = options;
    const given = Array.isArray(x) ? x : [x];
    const batch = this.checkInputs(given, batchSize);
    const outputs = tidy(() => {
      if (batch <= batchSize) return this.run(given);
      const starts = Array.from({length: Math.ceil(batch / batchSize)}, (_, i) => i * batchSize);
      const parts = starts.map((start) =>
        tidy(() => this.run(given.map((one) => slice(one, start, Math.min(batchSize, batch - start))))),
      );
      return this.outputs.map((_, i) => concat(parts.map((part) => part[i]!)));
    });
    return outputs.length === 1 ? outputs[0]! : outputs;
  }

  /** Frees the weights. A second call does nothing. */
  dispose(): void {
    if (!this.disposed) for (const step of this.steps) step.dispose();
    this.disposed = true;
  }

  /** One run without checks; intermediate values are freed when their last reader has run. */
  run(given: readonly Tensor[]): Tensor[] {
    const values = new Map<SymbolicTensor, Tensor>(this.inputs.map((input, i) => [input, given[i]!]));
    this.steps.forEach((step, i) => {
      const made = tidy(() => step.run(step.inputs.map((input) => values.get(input)!)));
      const list = Array.isArray(made) ? made : [made];
      step.outputs.forEach((output, k) => {
        values.set(output, list[k]!);
      });
      for (const value of this.lastRead[i]!) {
        dispose(values.get(value)!);
        values.delete(value);
      }
    });
    return this.outputs.map((output) => values.get(output)!);
  }

  /** The length of the batch. */
  private checkInputs(given: readonly Tensor[], batchSize: number): number {
    const wanted = this.inputs
      .map(({shape}) => `[${shape.map((length) => length ?? '?').join(', ')}]`)
      .join(' and ');
    const refuse = (problem: string): never => {
      throw new InvalidArgumentError(`FrozenModel.predict (${this.name}): ${problem}`);
    };
    if (this.disposed) refuse('the model was disposed of; freeze the LayersModel again.');
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      refuse(`batchSize is ${batchSize}; it must be a whole number of at least 1.`);
    }
    const batch = given[0]?.shape[0];
    const fits = this.inputs.every(({shape}, i) => {
      const is = given[i]?.shape;
      return (
        is?.length === shape.length &&
        is[0] === batch &&
        shape.every((length, axis) => length === null || length === is[axis])
      );
    });
    if (given.length !== this.inputs.length || !fits || batch === undefined) {
      refuse(
        `got ${given.map(({shape}) => `[${shape.join(', ')}]`).join(' and ') || 'nothing'}; it takes ${wanted}.`,
      );
    }
    return batch!;
  }
}
