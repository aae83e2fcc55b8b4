/**
 * Copies of a tensor's values along axes, each with a step in the one tensor and a step in the other: what slices,
 * concatenations, transposed, reversed and repeated axes come down to. Neighbouring axes that are walked as one become one, so
 * that the rank of the tensors makes no difference.
 */
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import {CallPlan, MEMORY_STEPS, operand} from '../plan/call_plan';
import type {WasmRuntime} from '../runtime/wasm_runtime';

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

/** Fewer axes for the same traversal. */
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

export function runCopy(runtime: WasmRuntime, {from, to, axes}: Copy): void {
  const elements = sizeOf(axes.map(({length}) => length));
  if (elements === 0) return;
  const size = util.bytesPerElement(from.tensor.dtype);
  const outer = mergedAxes(axes);
  const sideBySide = outer.at(-1)?.from === 1 && outer.at(-1)?.to === 1;
  const run = sideBySide ? outer.pop()!.length : 1;
  const runs = sizeOf(outer.map(({length}) => length));
  const line = outer.pop() ?? {length: 1, from: 0, to: 0};
  const plan = new CallPlan();
  const head = plan.call('CopyCall');
  const tables = outer.map(({length, from, to}) => {
    const table = plan.call('CopyAxis');
    plan.write(table, 'CopyAxis', {length, from: from * size, to: to * size, index: 0});
    return table;
  });
  plan.write(head, 'CopyCall', {
    from: operand('x'),
    to: operand('y'),
    bytes: run * size,
    count: line.length,
    fromStep: line.from * size,
    toStep: line.to * size,
    outer: outer.length,
    axes: tables[0] ?? 0,
  });
  const addressOf = ({tensor, first = 0}: Copy['from']) => runtime.addressOf(tensor) + first * size;
  const work = {rows: runs, block: BLOCK, steps: elements * MEMORY_STEPS};
  runtime.runRows(plan.finish('copyRuns', work), {x: addressOf(from), y: addressOf(to)});
}
