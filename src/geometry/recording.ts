/**
 * What a backend may offer beside its kernels: to note down what a row of them would compute, and to compute that again and
 * again past them. The steps of a frozen model are such a row, the same in every run at one size. The wasm backend offers it
 * (kernels/wasm/runtime/tape.ts).
 */
import type {KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

/** On the config of IndirectConv3D: a BeginTape. A global symbol, as the ESM and CJS builds may both be loaded. */
export const RECORDER = Symbol.for('tfjs-sts.recorder');

/** Begins a recording on a backend that has started; undefined where it cannot record. */
export type BeginTape = (backend: KernelBackend) => Tape | undefined;

/** A recording in the making. Its values are the backend's in name alone: only kernels that it records can read them. */
export interface Tape {
  /** A value of which each run brings its own, of this shape and type. */
  given(like: TensorInfo): TensorInfo;
  /**
   * Records what a function has the kernels compute, of values of the tape and of tensors that stay what they are, such as
   * weights.
   *
   * @returns the values that the function returns; none, with nothing recorded, where it gives none or fails, as the kernels
   *     do that cannot be recorded
   */
  record(call: () => readonly TensorInfo[]): readonly TensorInfo[];
  /** @param made values that a run gives to its caller */
  finish(made: readonly TensorInfo[]): Recording;
}

export interface Recording {
  /** False when it has to be made anew: a tensor that it reads, or the number of threads, is not what it was. */
  readonly isCurrent: boolean;
  /**
   * Computes it all.
   *
   * @param given in the order of `Tape.given`
   * @returns the values that were asked for, data of the backend; undefined where the memory has no room for all that lives
   *     at a time in one piece, and then nothing has been done
   */
  run(given: readonly TensorInfo[]): TensorInfo[] | undefined;
}
