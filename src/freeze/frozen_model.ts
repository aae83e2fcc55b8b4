/** A model for inference alone: steps with weights of their own, run one after the other. How they come about is freeze.ts. */
import {concat, dispose, slice, type Tensor, tidy} from '@tensorflow/tfjs-core';
import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import type {Layer} from '../layers/models/graph';
import {InvalidArgumentError, StsError} from '../util/errors';
import {checkOptions, optionNames} from '../util/names';
import type {PartialShape} from '../util/shapes';
import type {Convolution, FoldedWeights} from './convolution';
import type {Scaling} from './scaling';

export interface PredictOptions {
  /** Entries of the batch in one run, as in `LayersModel.predict`. Default 32. */
  readonly batchSize?: number;
}

const KNOWN = optionNames<PredictOptions>({batchSize: true});

/** What a step does, for whoever runs it another way than all at once (src/slabs). Tensors and layers stay the step's. */
export type Work =
  | {readonly kind: 'layer'; readonly layer: Layer}
  | {readonly kind: 'model'; readonly model: FrozenModel}
  | {readonly kind: 'convolution'; readonly planned: Convolution; readonly weights: FoldedWeights}
  | {readonly kind: 'scaling'; readonly planned: Scaling};

/** One layer or fused convolution, with its weights. */
export interface Step {
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  readonly work: Work;
  run(inputs: Tensor[], masks: Masks): Tensor | Tensor[];
  /** The mask of the outputs, or one for each; without it there is none. */
  mask?(inputs: Tensor[], masks: Masks): Tensor | null | (Tensor | null)[];
  dispose(): void;
}

/** For each of several values the mask that comes with it, or null. */
export type Masks = readonly (Tensor | null)[];

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
    /** What it takes for each input. */
    private readonly accepted: readonly PartialShape[],
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
   * @throws InvalidArgumentError for inputs of other rank or channels, of a size that a layer does not take, or after
   *     `dispose`
   */
  predict(x: Tensor | Tensor[], options: PredictOptions = {}): Tensor | Tensor[] {
    checkOptions('FrozenModel.predict', options, KNOWN);
    const {batchSize = 32} = options;
    const given = Array.isArray(x) ? x : [x];
    const batch = this.checkInputs(given, batchSize);
    const outputs = this.explaining(given, () => this.runInBatches(given, batch, batchSize));
    return outputs.length === 1 ? outputs[0]! : outputs;
  }

  private runInBatches(given: readonly Tensor[], batch: number, batchSize: number): Tensor[] {
    return tidy(() => {
      // An output that is an input is the caller's: the answer is another tensor.
      if (batch <= batchSize) return this.run(given).map((y) => (given.includes(y) ? y.clone() : y));
      const starts = Array.from({length: Math.ceil(batch / batchSize)}, (_, i) => i * batchSize);
      const parts = starts.map((start) =>
        tidy(() => this.run(given.map((one) => slice(one, start, Math.min(batchSize, batch - start))))),
      );
      return this.outputs.map((_, i) => concat(parts.map((part) => part[i]!)));
    });
  }

  /**
   * The steps in an order in which they can run, for whoever runs them another way; they stay the model's.
   *
   * @param caller begins the message
   * @throws InvalidArgumentError after `dispose`
   */
  stepsFor(caller: string): readonly Step[] {
    if (!this.disposed) return this.steps;
    throw new InvalidArgumentError(
      `${caller}: the frozen model "${this.name}" was disposed of; freeze the LayersModel again.`,
    );
  }

  /** Frees the weights. A second call does nothing. */
  dispose(): void {
    if (!this.disposed) for (const step of this.steps) step.dispose();
    this.disposed = true;
  }

  /**
   * One run without checks; intermediate values are freed when their last reader has run, masks at the end of the tidy in
   * which it is called.
   */
  run(given: readonly Tensor[], givenMasks: Masks = []): Tensor[] {
    const values = new Map<SymbolicTensor, Tensor>(this.inputs.map((input, i) => [input, given[i]!]));
    const maskOf = new Map(this.inputs.map((input, i) => [input, givenMasks[i] ?? null]));
    this.steps.forEach((step, i) => {
      const inputs = step.inputs.map((input) => values.get(input)!);
      const masks = step.inputs.map((input) => maskOf.get(input) ?? null);
      const made = tidy(() => step.run(inputs, masks));
      const mask = step.mask?.(inputs, masks) ?? null;
      // One value may be freed before another: each has a tensor of its own.
      const list = [made]
        .flat()
        .map((y, k, all) => (inputs.includes(y) || all.indexOf(y) < k ? y.clone() : y));
      step.outputs.forEach((output, k) => {
        values.set(output, list[k]!);
        maskOf.set(output, Array.isArray(mask) ? (mask[k] ?? null) : mask);
      });
      for (const value of this.lastRead[i]!) {
        dispose(values.get(value)!);
        values.delete(value);
      }
    });
    return this.outputs.map((output) => values.get(output)!);
  }

  /** Says of an error, if the sizes are not those that the model was built for, that this may be why. */
  private explaining<T>(given: readonly Tensor[], run: () => T): T {
    try {
      return run();
    } catch (error) {
      const built = this.inputs.map(({shape}) => shape);
      const isOther = given.some(({shape}, i) => !isOfShape(shape, built[i]!));
      const isNeedOfOthers = error instanceof StsError && !(error instanceof InvalidArgumentError);
      if (!isOther || isNeedOfOthers) throw error;
      throw new InvalidArgumentError(
        `FrozenModel.predict (${this.name}): got ${shapesText(given)}; the model was built for ${shapesOf(built)}, and one ` +
          `of its layers does not take the other size: ${(error as Error).message}`,
        {cause: error},
      );
    }
  }

  /** The length of the batch. */
  private checkInputs(given: readonly Tensor[], batchSize: number): number {
    const refuse = (problem: string): never => {
      throw new InvalidArgumentError(`FrozenModel.predict (${this.name}): ${problem}`);
    };
    if (this.disposed) refuse('the model was disposed of; freeze the LayersModel again.');
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      refuse(`batchSize is ${batchSize}; it must be a whole number of at least 1.`);
    }
    const batch = given[0]?.shape[0];
    const fits = this.accepted.every((shape, i) => {
      const is = given[i]?.shape;
      return is !== undefined && is[0] === batch && isOfShape(is, shape);
    });
    if (given.length !== this.inputs.length || !fits || batch === undefined) {
      refuse(`got ${shapesText(given) || 'nothing'}; it takes ${shapesOf(this.accepted)}.`);
    }
    return batch!;
  }
}

function isOfShape(is: readonly number[], shape: PartialShape): boolean {
  return is.length === shape.length && shape.every((length, axis) => length === null || length === is[axis]);
}

function shapesText(tensors: readonly Tensor[]): string {
  return shapesOf(tensors.map(({shape}) => shape));
}

function shapesOf(shapes: readonly PartialShape[]): string {
  return shapes.map((shape) => `[${shape.map((length) => length ?? '?').join(', ')}]`).join(' and ');
}
