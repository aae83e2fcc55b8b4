/**
 * Copies of a tensor's values along axes, each with a step in the one tensor and a step in the other: what slices,
 * concatenations, transposed, reversed and repeated axes come down to. Neighbouring axes that are walked as one become one, so
 * that the rank of the tensors makes no difference.
 */
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import {writeFields} from '../convolution/part_call';
import {ScratchPlan} from '../memory/scratch';
import {MEMORY_STEPS, type WasmHost} from '../runtime/wasm_runtime';

/** In the order of the module's class; test/kernels/wasm/module.test.ts compares. */
export const COPY_CALL_FIELDS = [
  ...(['from', 'to', 'bytes', 'count', 'fromStep', 'toStep', 'outer', 'axes'] as const),
] as const;

/** An entry of the module's table of axes: `index` is its own. */
const AXIS_FIELDS = ['length', 'from', 'to', 'index'] as const;

/** Runs that a thread takes at least. */
const BLOCK = 64;

/** Elements from one to the next along an axis, in the tensor that is read and in the one that is written. */
export interface CopyAxis {
  length: number;
  from: number;
  to: number;
}

/** The first elements, and what is copied from there on. */
export interface Copy {
  from: {tensor: TensorInfo; first?: number};
  to: {tensor: TensorInfo; first?: number};
  axes: readonly CopyAxis[];
}

/** Elements from one to the next along each axis of a shape. */
export function stepsOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** Fewer axes for the same walk. */
export function mergedAxes(axes: readonly CopyAxis[]): CopyAxis[] {
  const merged: CopyAxis[] = [];
  for (const axis of axes) {
    const before = merged.at(-1);
    if (axis.length === 1) continue;
    const follows = (key: 'from' | 'to') => before?.[key] === axis[key] * axis.length;
    if (before !== undefined && follows('from') && follows('to')) {
      merged[merged.length - 1] = {...axis, length: before.length * axis.length};
    } else merged.push(axis);
  }
  return merged;
}

export function runCopy(host: WasmHost, {from, to, axes}: Copy): void {
  const elements = sizeOf(axes.map(({length}) => length));
  if (elements === 0) return;
  const size = util.bytesPerElement(from.tensor.dtype);
  const outer = mergedAxes(axes);
  const sideBySide = outer.at(-1)?.from === 1 && outer.at(-1)?.to === 1;
  const run = sideBySide ? outer.pop()!.length : 1;
  const runs = sizeOf(outer.map(({length}) => length));
  const line = outer.pop() ?? {length: 1, from: 0, to: 0};
  const plan = new ScratchPlan();
  plan.fields(COPY_CALL_FIELDS);
  const tables = outer.map(() => plan.fields(AXIS_FIELDS));
  const addressOf = ({tensor, first = 0}: Copy['from']) => host.addressOf(tensor) + first * size;
  host.runRows({
    run: 'copyRuns',
    rows: runs,
    block: BLOCK,
    scratchBytes: plan.bytes,
    steps: elements * MEMORY_STEPS,
    writeCall: (at) => {
      outer.forEach(({length, from, to}, i) => {
        const fields = {length, from: from * size, to: to * size, index: 0};
        writeFields(host.memory, at + tables[i]!, AXIS_FIELDS, fields);
      });
      writeFields(host.memory, at, COPY_CALL_FIELDS, {
        from: addressOf(from),
        to: addressOf(to),
        bytes: run * size,
        count: line.length,
        fromStep: line.from * size,
        toStep: line.to * size,
        outer: outer.length,
        axes: at + (tables[0] ?? 0),
      });
    },
  });
}

/** Whether values are numbers that lie in the memory, which those of strings do not. */
export function isNumeric({dtype}: TensorInfo): boolean {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
}
