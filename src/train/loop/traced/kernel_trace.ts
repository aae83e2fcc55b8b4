/**
 * Which kernels a computation calls, on what, noted while it runs, so that the row of them can be called again (kernel_program.ts) in the
 * place of all that called them. That is right where the computation is the same each time but for what it is given. Whoever asks for a trace
 * knows that of the code (repeatable.ts); what can be seen is checked here: nothing is read of what kernels made, nothing else
 * comes in, and chance is what the host's dropout makes of it.
 */
import * as tf from '@tensorflow/tfjs-core';
import {COMPOSED} from '../../../geometry/kernel_names';
import {replayRandom, watchRandom} from '../../../util/seeded_random';
import type {KernelCall, Operand} from './kernel_call';
import {BackendKernels, KernelProgram, onlyCalls} from './kernel_program';

type Backend = ReturnType<typeof tf.backend>;
type KernelArguments = Parameters<tf.KernelFunc>[0];

/** What a computation gave, and the program that gives it again; undefined where there can be none. */
export interface Traced<Result> {
  readonly result: Result;
  readonly program: KernelProgram | undefined;
}

/**
 * @param given what each run of the program will be given in other tensors
 * @param compute calls kernels of the live backend, synchronously
 * @param resultsOf the tensors of what it gave that a run gives, too; a variable among them is what has become of it
 */
export function traceKernels<Result>(
  given: readonly tf.Tensor[],
  compute: () => Result,
  resultsOf: (result: Result) => readonly tf.Tensor[],
): Traced<Result> {
  const trace = new KernelTrace(given.map(({dataId}) => dataId));
  try {
    const result = trace.during(compute);
    return {result, program: trace.finish(resultsOf(result))};
  } finally {
    trace.dispose();
  }
}

interface NotedCall {
  readonly kernel: tf.KernelConfig;
  readonly inputs: readonly (readonly [name: string, info: tf.TensorInfo | undefined])[];
  readonly isList: boolean;
  readonly attrs: tf.NamedAttrMap | undefined;
  readonly made: readonly tf.DataId[];
}

/** A tensor that was made of numbers of the program, not by a kernel. */
interface Written extends tf.TensorInfo {
  readonly values: ArrayLike<unknown>;
  /** What was drawn since the one before. */
  readonly drawn: readonly number[];
}

class KernelTrace {
  private readonly backend = tf.backend();
  private readonly calls: NotedCall[] = [];
  /** Counted by the backend once more, so that they last. */
  private written: Written[] = [];
  /** Numbers of which nothing is made yet. */
  private drawn: number[] = [];
  /** Kernels that run, one within the other. */
  private depth = 0;
  private isRepeatable = onlyCalls();

  constructor(private readonly given: readonly tf.DataId[]) {}

  during<Result>(compute: () => Result): Result {
    const {backend} = this;
    const {write, read, readSync} = backend;
    // A composed kernel is those that it calls.
    const noted = new BackendKernels().all.filter((kernel) => !(COMPOSED in kernel));
    // What such a kernel makes would be missed.
    if (noted.some(Object.isFrozen)) this.isRepeatable = false;
    if (!this.isRepeatable) return compute();
    const undo = [
      ...noted.map((kernel) => replaced(kernel, {kernelFunc: this.noting(kernel)})),
      replaced<Backend>(backend, {
        write: (values, shape, dtype) => this.note(values, shape, dtype, write.bind(backend)),
        read: (dataId) => this.refuse(() => read.call(backend, dataId)),
        readSync: (dataId) => this.refuse(() => readSync.call(backend, dataId)),
      }),
    ];
    try {
      return watchRandom((number) => this.drawn.push(number), compute);
    } finally {
      for (const back of undo.reverse()) back();
    }
  }

  finish(results: readonly tf.Tensor[]): KernelProgram | undefined {
    const {given, calls} = this;
    if (!this.isRepeatable || this.drawn.length > 0 || new Set(given).size < given.length) return undefined;
    const read = new Set([
      ...calls.flatMap(({inputs}) => inputs.flatMap(([, info]) => info?.dataId ?? [])),
      ...results.map(({dataId}) => dataId),
    ]);
    const constants = this.written.filter(({dataId, drawn}) => drawn.length === 0 && read.has(dataId));
    const draws = this.written.filter(({drawn}) => drawn.length > 0);
    if (!draws.every(isUniform)) return undefined;
    const numbers = new Map(
      [...given, ...[...constants, ...draws].map(({dataId}) => dataId)].map((dataId, i) => [dataId, i]),
    );
    const operandOf = ({dataId, shape, dtype}: tf.TensorInfo): Operand | undefined => {
      const value = numbers.get(dataId);
      return value === undefined ? undefined : {value, shape: [...shape], dtype};
    };
    const kept: KernelCall[] = [];
    let end = numbers.size;
    for (const {inputs, made, ...call} of calls) {
      const operands = inputs.map(([name, info]) => [name, info && operandOf(info)] as const);
      // What no kernel has made and nobody gave.
      if (operands.some(([, operand], i) => operand === undefined && inputs[i]![1] !== undefined))
        return undefined;
      // Views: whoever reads them reads what they are of.
      if (made.every((dataId) => numbers.has(dataId))) continue;
      const first = end;
      for (const dataId of made) {
        if (!numbers.has(dataId)) numbers.set(dataId, end);
        end++;
      }
      kept.push({...call, inputs: operands, first, end});
    }
    const found = results.flatMap((tensor) => operandOf(tensor) ?? []);
    if (found.length < results.length) return undefined;
    this.written = this.written.filter((one) => !constants.includes(one));
    // With those that were composed when they were first asked for.
    return new KernelProgram(this.backend, new BackendKernels(), {
      ...{given: given.length, calls: kept, results: found},
      constants: constants.map((one) => tf.keep(this.tensorOf(one))),
      draws: draws.map(({shape}) => shape),
    });
  }

  /** Frees what no program has. */
  dispose(): void {
    for (const one of this.written) this.tensorOf(one).dispose();
    this.written = [];
  }

  private noting(kernel: tf.KernelConfig): tf.KernelFunc {
    const {kernelFunc} = kernel;
    return (args) => {
      this.depth++;
      try {
        const made = kernelFunc(args);
        if (this.depth === 1) this.noteCall(kernel, args, [made].flat());
        return made;
      } finally {
        this.depth--;
      }
    };
  }

  private noteCall(kernel: tf.KernelConfig, {inputs, attrs}: KernelArguments, made: tf.TensorInfo[]): void {
    // Of a backend that has the engine make tensors, or of a kernel that calls the engine.
    if (made.some((info) => info instanceof tf.Tensor)) this.isRepeatable = false;
    this.calls.push({
      ...{kernel, attrs: attrs as tf.NamedAttrMap | undefined, isList: Array.isArray(inputs)},
      inputs: Object.entries(inputs as Partial<tf.NamedTensorInfoMap>).map(([name, info]) => [
        name,
        info == null ? undefined : {dataId: info.dataId, shape: [...info.shape], dtype: info.dtype},
      ]),
      made: made.map(({dataId}) => dataId),
    });
  }

  private note(
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    write: Backend['write'],
  ): tf.DataId {
    const dataId = write(values, shape, dtype);
    if (this.depth > 0) return dataId;
    this.backend.incRef(dataId);
    this.written.push({dataId, shape: [...shape], dtype, values, drawn: this.drawn});
    this.drawn = [];
    return dataId;
  }

  private refuse<Result>(read: () => Result): Result {
    if (this.depth === 0) this.isRepeatable = false;
    return read();
  }

  private tensorOf({dataId, shape, dtype}: Written): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo({dataId, shape, dtype}, this.backend);
  }
}

/** Puts others in the place of some properties; returns what undoes it. */
function replaced<Of extends object>(object: Of, others: Partial<Of>): () => void {
  const own = Object.getOwnPropertyDescriptors(object);
  Object.assign(object, others);
  return () => {
    for (const name of Object.keys(others) as (keyof Of)[]) {
      const before = own[name];
      // Else it is the class's.
      if (before === undefined) delete object[name];
      else Object.defineProperty(object, name, before);
    }
  };
}

/** Whether it is what `tf.randomUniform` makes of what was drawn. */
function isUniform({values, shape, dtype, drawn}: Written): boolean {
  if (drawn.length !== 1 || dtype !== 'float32') return false;
  return tf.tidy(() => {
    // Of numbers that were just written a backend gives back those.
    const again = replayRandom(drawn, () => tf.randomUniform(shape)).dataSync();
    return again.length === values.length && again.every((number, i) => number === values[i]);
  });
}
