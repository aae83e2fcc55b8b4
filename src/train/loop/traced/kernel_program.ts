/**
 * The kernels of one computation in a row, called again and again past the host's engine: what layers, engine and tape do around the
 * kernels of a step, which are the same in every step, takes as long as the kernels of a small network. What they make here is the
 * backend's data alone and freed behind its last reader; only results become tensors.
 */
import * as tf from '@tensorflow/tfjs-core';
import {callKernel, type KernelCall, type Operand} from './kernel_call';
import {type ProgramStep, stepsOf} from './program_steps';

type Backend = ReturnType<typeof tf.backend>;

export interface ProgramParts {
  /** How many values each run is given. */
  readonly given: number;
  /** The program's from now on. */
  readonly constants: readonly tf.Tensor[];
  /** Shapes of what is drawn evenly between 0 and 1, by one number of `Math.random` each, as the host's dropout does. */
  readonly draws: readonly number[][];
  readonly calls: readonly KernelCall[];
  readonly results: readonly Operand[];
}

/** Where values are that are there. */
type Values = (tf.DataId | undefined)[];

const infoOf = ({value, shape, dtype}: Operand, values: Values): tf.TensorInfo => ({
  dataId: values[value]!,
  shape,
  dtype,
});

export class KernelProgram {
  /** Of each call: values that nobody reads after it. */
  private readonly spent: readonly number[][];
  private readonly firstMade: number;
  private steps: readonly ProgramStep[] | undefined;

  constructor(
    private readonly backend: Backend,
    private readonly kernels: BackendKernels,
    private readonly parts: ProgramParts,
  ) {
    const {given, constants, draws} = parts;
    this.firstMade = given + constants.length + draws.length;
    this.spent = this.lastUses();
  }

  /** Whether the live backend still is the one that the kernels were called on, with these kernels. */
  get isCurrent(): boolean {
    return tf.backend() === this.backend && this.kernels.areThose();
  }

  /**
   * Computes it all.
   *
   * @param given in the order of the trace; they stay the caller's
   * @returns tensors, the caller's
   */
  run(given: readonly tf.Tensor[]): tf.Tensor[] {
    return tf.tidy(() => {
      const {constants, draws, results} = this.parts;
      const drawn = draws.map((shape) => tf.randomUniform(shape));
      const values: Values = [...given, ...constants, ...drawn].map(({dataId}) => dataId);
      try {
        this.compute(values);
      } catch (error) {
        for (const made of values.slice(this.firstMade)) if (made !== undefined) this.free(made);
        throw error;
      }
      const taken = new Set<number>();
      return results.map(({value, shape, dtype}) => {
        const dataId = values[value]!;
        if (value < this.firstMade || taken.has(value)) this.backend.incRef(dataId);
        taken.add(value);
        return tf.engine().makeTensorFromTensorInfo({dataId, shape, dtype}, this.backend);
      });
    });
  }

  dispose(): void {
    tf.dispose([...this.parts.constants]);
  }

  private compute(values: Values): void {
    const {backend, spent} = this;
    const {calls} = this.parts;
    if (this.steps === undefined || !this.steps.every(({recording}) => recording?.isCurrent ?? true))
      this.steps = stepsOf(backend, calls, spent);
    for (const {first, end, recording, reads, makes} of this.steps) {
      const made = recording?.run(reads.map((operand) => infoOf(operand, values)));
      // Step by step where the memory has no room for a whole recording.
      if (made === undefined) for (let i = first; i < end; i++) this.call(calls[i]!, spent[i]!, values);
      else {
        for (const [k, value] of makes.entries()) values[value] = made[k]!.dataId;
        for (let i = first; i < end; i++) this.freeAll(spent[i]!, values);
      }
    }
  }

  private call(call: KernelCall, spent: readonly number[], values: Values): void {
    const made = callKernel(call, this.backend, (operand) => infoOf(operand, values));
    for (const [k, {dataId}] of made.entries()) values[call.first + k] = dataId;
    this.freeAll(spent, values);
  }

  /** Values within a recording were none of the backend's. */
  private freeAll(spent: readonly number[], values: Values): void {
    for (const value of spent) {
      const dataId = values[value];
      if (dataId !== undefined) this.free(dataId);
      values[value] = undefined;
    }
  }

  private free(dataId: tf.DataId): void {
    this.backend.disposeData(dataId);
  }

  private lastUses(): number[][] {
    const {calls, results} = this.parts;
    const last = new Map<number, number>();
    for (const [i, {inputs, first, end}] of calls.entries()) {
      for (let value = first; value < end; value++) last.set(value, i);
      for (const [, operand] of inputs) if (operand !== undefined) last.set(operand.value, i);
    }
    for (const {value} of results) last.delete(value);
    const spent = calls.map((): number[] => []);
    for (const [value, i] of last) if (value >= this.firstMade) spent[i]!.push(value);
    return spent;
  }
}

/** All kernels of the live backend: an op may call another one where one is missing. */
export class BackendKernels {
  private readonly backendName = tf.getBackend();
  readonly all: readonly tf.KernelConfig[] = tf.getKernelsForBackend(this.backendName);

  /** Whether the backend still has these. */
  areThose(): boolean {
    const now = tf.getKernelsForBackend(this.backendName);
    return now.length === this.all.length && now.every((kernel, i) => kernel === this.all[i]);
  }
}

/** Whether the engine has no more to do than to call kernels: it records for no gradient, measures nothing and checks nothing. */
export function onlyCalls(): boolean {
  const {gradientDepth, profiling} = tf.engine().state;
  return gradientDepth === 0 && !profiling && !tf.env().getBool('DEBUG');
}
