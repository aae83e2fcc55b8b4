/**
 * Calls in a row of a program that run as one recording, where the backend can record (geometry/recording.ts): plans, memory and addresses
 * are then found once and not for every kernel of every step, and threads go from one kernel to the next by themselves.
 */
import * as tf from '@tensorflow/tfjs-core';
import {IndirectConv3D} from '../../../geometry/kernel_names';
import {type BeginTape, RECORDER, type Recording} from '../../../geometry/recording';
import {sizeOf} from '../../../util/shapes';
import {callKernel, type KernelCall, type Operand} from './kernel_call';

type Backend = ReturnType<typeof tf.backend>;
type Recorder = tf.KernelConfig & {readonly [RECORDER]?: BeginTape};

/**
 * What a recording reads for the last time is freed behind it and not behind its last reader: so many bytes of it end a recording.
 */
const MOST_HELD_BYTES = 2 ** 26;

/** Calls `first` to `end - 1` of a program. */
export interface ProgramStep {
  readonly first: number;
  readonly end: number;
  /** None where they are called one by one. */
  readonly recording?: Recording;
  /** Values from before it, in the order in which it is given them. */
  readonly reads: readonly Operand[];
  /** Its own values that are read after it. */
  readonly makes: readonly number[];
}

/** @param spent of each call: values that nobody reads after it */
export function stepsOf(
  backend: Backend,
  calls: readonly KernelCall[],
  spent: readonly (readonly number[])[],
): ProgramStep[] {
  const kernel = tf.getKernel(IndirectConv3D, tf.getBackend()) as Recorder | undefined;
  const steps: ProgramStep[] = [];
  for (let first = 0; first < calls.length; ) {
    const step = record(backend, kernel?.[RECORDER]?.(backend), calls, spent, first) ?? {
      ...{first, end: first + 1, reads: [], makes: []},
    };
    steps.push(step);
    first = step.end;
  }
  return steps;
}

/** The longest recording that begins with a call; undefined where that one cannot be recorded. */
function record(
  backend: Backend,
  tape: ReturnType<BeginTape>,
  calls: readonly KernelCall[],
  spent: readonly (readonly number[])[],
  first: number,
): ProgramStep | undefined {
  if (tape === undefined) return undefined;
  const reads: Operand[] = [];
  const values = new Map<number, tf.TensorInfo>();
  const onTape = (operand: Operand): tf.TensorInfo => {
    const {value, shape, dtype} = operand;
    const known = values.get(value);
    if (known !== undefined) return {...known, shape, dtype};
    // An integer is refused.
    const given = tape.given({dataId: {}, shape, dtype});
    reads.push(operand);
    values.set(value, given);
    return given;
  };
  const made = new Set<number>();
  let held = 0;
  let end = first;
  for (; end < calls.length && held < MOST_HELD_BYTES; end++) {
    const call = calls[end]!;
    const results = tape.record(() => callKernel(call, backend, onTape));
    if (results.length === 0) break;
    for (const [k, info] of results.entries()) {
      values.set(call.first + k, info);
      made.add(call.first + k);
    }
    for (const value of spent[end]!) {
      if (!made.has(value)) held += sizeOf(values.get(value)!.shape) * Float32Array.BYTES_PER_ELEMENT;
    }
  }
  if (end === first) return undefined;
  const inner = new Set(spent.slice(first, end).flat());
  const makes = [...made].filter((value) => !inner.has(value));
  return {first, end, reads, makes, recording: tape.finish(makes.map((value) => values.get(value)!))};
}
