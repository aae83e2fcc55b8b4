/**
 * A model for inference alone: plain data (frozen_data.ts), its tensors on the backend, and its steps made ready to run.
 * How the data comes about is freeze.ts, what a step does is steps/.
 */
import {
  concat,
  dispose,
  type InferenceModel,
  keep,
  type ModelTensorInfo,
  type NamedTensorMap,
  slice,
  Tensor,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import {checkCount} from '../../util/counts';
import {FormatError, InvalidArgumentError, StsError} from '../../util/errors';
import {Kept} from '../../util/kept';
import {isOfKind} from '../../util/kinds';
import {checkOptions, knownNames, optionNames} from '../../util/names';
import {type PartialShape, partialShapeText} from '../../util/shapes';
import {checkedData} from './check_data';
import type {FrozenGraph, FrozenInput, FrozenModelData, FrozenOutput, FrozenTensor} from './frozen_data';
import {Runner} from './runner';
import {numberValues, scheduled} from './schedule';
import {makeSteps} from './steps/make_steps';
import {registeredLayer} from './steps/registered_layer';
import type {Step} from './steps/step_ops';
import {type WarmUpOptions, warmUp} from './warm_up';

export interface PredictOptions {
  /** Entries of the batch in one run, as in `LayersModel.predict`. Default 32. */
  readonly batchSize?: number;
  /** Of the host's interface; nothing is printed. */
  readonly verbose?: boolean;
}

/** A program asks for the same few values again and again. */
const MOST_RUNNERS = 8;

const KNOWN = optionNames<PredictOptions>({batchSize: true, verbose: true});

/** What the host's interface tells of an input or output. Unknown lengths are -1, as in its GraphModel. */
export interface ValueInfo extends ModelTensorInfo {
  readonly shape: number[];
}

/** A tensor, one for each input of the model, or such by the names of the inputs. */
export type PredictInputs = Tensor | Tensor[] | NamedTensorMap;

/** What `freeze` returns; a `tf.InferenceModel`. */
export class FrozenModel implements InferenceModel {
  protected static readonly stsKind: string = 'FrozenModel';

  static [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is the class that is asked about, which may be one derived from this.
    return isOfKind(this, value);
  }

  /** Shapes as in the LayersModel. */
  readonly inputs: ValueInfo[];
  readonly outputs: ValueInfo[];
  private readonly numbers: ReadonlyMap<string, number>;
  private readonly runner: Runner;
  /** Of `execute`, by the values that were wanted. */
  private readonly otherRunners = new Kept<Runner>(MOST_RUNNERS);
  private disposed = false;

  private constructor(
    private readonly graph: FrozenGraph,
    private readonly tensors: ReadonlyMap<string, Tensor>,
    private readonly steps: readonly Step[],
  ) {
    this.inputs = graph.inputs.map(infoOf);
    this.outputs = graph.outputs.map(infoOf);
    this.numbers = numberValues(graph);
    this.runner = this.runnerFor(graph.outputs.map(({value}) => value));
  }

  /**
   * For `freeze`.
   *
   * @internal
   * @param tensors by name; they and the steps, which are those of the graph, become the model's
   */
  static ofSteps(
    graph: FrozenGraph,
    tensors: ReadonlyMap<string, Tensor>,
    steps: readonly Step[],
  ): FrozenModel {
    return new FrozenModel(graph, tensors, steps);
  }

  /**
   * The model of its data, as `toData` of a frozen model gave it, here or in another program. Nothing of the data is
   * executed: it names ops, and layers by the classes that are registered here, such as those of TensorFlow.js and of this
   * package.
   *
   * @param data its arrays may stay in use: leave them as they are
   * @throws FormatError for data that are not as `toData` makes them, of another version, or with a layer whose class is not
   *     registered
   *
   * ```ts
   * // in a worker
   * onmessage = ({data}) => {
   *   frozen = FrozenModel.fromData(data);
   * };
   * ```
   */
  static fromData(data: FrozenModelData): FrozenModel {
    const caller = 'FrozenModel.fromData';
    const {tensors: given, ...graph} = checkedData(data, caller);
    const tensors = new Map<string, Tensor>();
    for (const [name, {values, shape, dtype}] of Object.entries(given)) {
      tensors.set(name, keep(tensor(values, [...shape], dtype)));
    }
    const steps = makeSteps(graph, tensors, {
      layerOf: ({settings}) => registeredLayer(settings),
      explained: (error, {op, outputs}) =>
        new FormatError(`${caller}: the step "${outputs[0]}" (${op}): ${(error as Error).message}`, {
          cause: error,
        }),
    });
    return new FrozenModel(graph, tensors, steps);
  }

  /** Of the LayersModel. */
  get name(): string {
    return this.graph.name;
  }

  /** How many layers and fused convolutions one run takes. */
  get stepCount(): number {
    return this.steps.length;
  }

  /** Whether the first output is probabilities, or logits that want a softmax. */
  get outputKind(): 'logits' | 'probabilities' {
    return this.graph.outputs[0]!.kind;
  }

  /**
   * The outputs for one or several inputs, as `LayersModel.predict`.
   *
   * @param x a tensor, one for each input of the model, or such by the names of the inputs; they stay the caller's
   * @returns a tensor, or one for each output of the model
   * @throws InvalidArgumentError for inputs of other rank or channels, of a size that a layer does not take, or after
   *     `dispose`
   */
  predict(x: PredictInputs, options: PredictOptions = {}): Tensor | Tensor[] {
    const caller = 'FrozenModel.predict';
    checkOptions(caller, options, KNOWN);
    const {batchSize = 32} = options;
    checkCount(`${caller} (${this.name})`, 'batchSize', batchSize);
    const given = this.given(x, caller);
    const outputs = this.explaining(given, caller, () => this.runInBatches(given, batchSize));
    return outputs.length === 1 ? outputs[0]! : outputs;
  }

  /**
   * Takes the cost of the first run now: programs are compiled on webgpu and webgl, weights packed and threads woken on wasm.
   * Await it before anything else runs on the backend.
   *
   * @param options `shapes` of the inputs, default: those of the model, a batch of 1
   * @throws InvalidArgumentError as `warmUp`
   *
   * ```js
   * await frozen.warmUp(); // while the page loads its video
   * ```
   */
  async warmUp(options: WarmUpOptions = {}): Promise<void> {
    await warmUp(this, options, 'FrozenModel.warmUp');
  }

  /**
   * Some values of the model for its inputs, all of the batch at once; what they do not need is not computed.
   *
   * @param x as for `predict`
   * @param outputs names of outputs, or of layers that end a step: what is fused has the name of its last layer
   * @returns a tensor for one name, as many as names for a list
   * @throws InvalidArgumentError for a name that there is not, and as `predict`
   *
   * ```ts
   * const [features, logits] = frozen.execute(clip, ['pool', 'logits']);
   * ```
   */
  execute(x: PredictInputs, outputs: string | string[]): Tensor | Tensor[] {
    const caller = 'FrozenModel.execute';
    const given = this.given(x, caller);
    const values = [outputs].flat().map((name) => this.valueOf(name, caller));
    const runner = this.otherRunners.get(JSON.stringify(values), () => this.runnerFor(values));
    const made = this.explaining(given, caller, () => tidy(() => runner.run(given)));
    return Array.isArray(outputs) ? made : made[0]!;
  }

  /**
   * All of the model as plain data, for `postMessage`, IndexedDB or a file. `FrozenModel.fromData` makes the same model of
   * it, whose answers have the same bits on the same backend.
   *
   * @throws InvalidArgumentError after `dispose`, and for weights that are no numbers
   *
   * ```ts
   * const data = await frozen.toData();
   * worker.postMessage(data, Object.values(data.tensors).map(({values}) => values.buffer));
   * ```
   */
  async toData(): Promise<FrozenModelData> {
    const caller = 'FrozenModel.toData';
    this.requireThere(caller);
    const tensors: Record<string, FrozenTensor> = {};
    for (const [name, one] of this.tensors) {
      const {dtype, shape} = one;
      if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
        return this.refuse(caller, `the weight ${name} is of ${dtype}; numbers are needed.`);
      // A copy: a backend may give the array with which it computes.
      const values = (await one.data()).slice() as FrozenTensor['values'];
      tensors[name] = {dtype, shape: [...shape], values};
    }
    return {...structuredClone(this.graph), tensors};
  }

  /**
   * The graph and, of its steps, those that run, for whoever runs them another way; they stay the model's.
   *
   * @internal
   * @param caller begins the message
   * @throws InvalidArgumentError after `dispose`
   */
  partsFor(caller: string): {readonly graph: FrozenGraph; readonly steps: readonly Step[]} {
    this.requireThere(caller);
    return {graph: this.graph, steps: this.steps};
  }

  /** Frees the weights. A second call does nothing. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const step of this.steps) step.dispose();
    dispose([...this.tensors.values()]);
  }

  private runnerFor(values: readonly string[]): Runner {
    return new Runner(scheduled(this.graph, this.steps, this.numbers, values));
  }

  private runInBatches(given: readonly Tensor[], batchSize: number): Tensor[] {
    const run = (inputs: readonly Tensor[]) => this.runner.run(inputs);
    const batch = given[0]!.shape[0]!;
    return tidy(() => {
      if (batch <= batchSize) return run(given);
      const starts = Array.from({length: Math.ceil(batch / batchSize)}, (_, i) => i * batchSize);
      const parts = starts.map((start) =>
        tidy(() => run(given.map((one) => slice(one, start, Math.min(batchSize, batch - start))))),
      );
      return this.outputs.map((_, i) => concat(parts.map((part) => part[i]!)));
    });
  }

  /** Says of an error, if the sizes are not those that the model was built for, that this may be why. */
  private explaining<T>(given: readonly Tensor[], caller: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      const built = this.graph.inputs.map(({shape}) => shape);
      const isOther = given.some(({shape}, i) => !isOfShape(shape, built[i]!));
      const isNeedOfOthers = error instanceof StsError && !(error instanceof InvalidArgumentError);
      if (!isOther || isNeedOfOthers) throw error;
      throw new InvalidArgumentError(
        `${caller} (${this.name}): got ${shapesText(given)}; the model was built for ${shapesOf(built)}, and one ` +
          `of its layers does not take the other size: ${(error as Error).message}`,
        {cause: error},
      );
    }
  }

  /** The inputs in the model's order. */
  private given(x: PredictInputs, caller: string): Tensor[] {
    this.requireThere(caller);
    const given = x instanceof Tensor ? [x] : Array.isArray(x) ? x : this.byName(x, caller);
    const accepted = this.graph.inputs.map(({accepts}) => accepts);
    const batch = given[0]?.shape[0];
    const fits = accepted.every((shape, i) => {
      const is = given[i]?.shape;
      return is !== undefined && is[0] === batch && isOfShape(is, shape);
    });
    if (given.length !== accepted.length || !fits || batch === undefined) {
      this.refuse(caller, `got ${shapesText(given) || 'nothing'}; it takes ${shapesOf(accepted)}.`);
    }
    return given;
  }

  private byName(x: NamedTensorMap, caller: string): Tensor[] {
    const names = this.inputs.map(({name}) => name);
    const unknown = Object.keys(x).find((name) => !names.includes(name));
    if (unknown !== undefined)
      this.refuse(caller, `there is no input ${JSON.stringify(unknown)}${knownNames(unknown, names)}.`);
    return names.map((name) => x[name] ?? this.refuse(caller, `the input ${name} is missing.`));
  }

  /** The value that is meant by the name of an output or of a value. */
  private valueOf(name: string, caller: string): string {
    const output = this.graph.outputs.find((one) => one.name === name);
    if (output !== undefined) return output.value;
    if (this.numbers.has(name)) return name;
    const known = this.outputs.map((one) => one.name);
    return this.refuse(
      caller,
      `there is no value ${JSON.stringify(name)}${knownNames(name, known, [...this.numbers.keys()])}, and layers that end a step.`,
    );
  }

  private requireThere(caller: string): void {
    if (this.disposed) this.refuse(caller, 'the model was disposed of; freeze or load it again.');
  }

  private refuse(caller: string, problem: string): never {
    throw new InvalidArgumentError(`${caller} (${this.name}): ${problem}`);
  }
}

function infoOf({name, dtype, shape}: FrozenInput | FrozenOutput): ValueInfo {
  return {name, dtype, shape: shape.map((length) => length ?? -1)};
}

function isOfShape(is: readonly number[], shape: PartialShape): boolean {
  return is.length === shape.length && shape.every((length, axis) => length === null || length === is[axis]);
}

function shapesText(tensors: readonly Tensor[]): string {
  return shapesOf(tensors.map(({shape}) => shape));
}

function shapesOf(shapes: readonly PartialShape[]): string {
  return shapes.map(partialShapeText).join(' and ');
}
