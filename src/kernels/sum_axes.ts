/**
 * The axes that `tf.sum` and `tf.mean` reduce, as a kernel sees them: neighbouring ones, such as time, height and width of a clip,
 * are one axis.
 */
import {backend_util, type KernelFunc, type SumAttrs, util} from '@tensorflow/tfjs-core';
import {sizeOf} from '../util/shapes';

type Arguments = Parameters<KernelFunc>[0];

/** A sum of `[outer, count, inner]` over `count`, as a tensor of `shape`. */
export interface SumInfo {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
  readonly shape: number[];
}

/** In ascending order. Sum and Mean have the same input and attributes. */
export function axesOf({inputs, attrs}: Arguments): number[] {
  const {axis} = attrs as unknown as SumAttrs;
  return util.parseAxisParam(axis, inputs.x!.shape).sort((a, b) => a - b);
}

/** Axes that follow each other. */
export function groupsOf(axes: readonly number[]): number[][] {
  const groups: number[][] = [];
  for (const axis of axes) {
    if (groups.at(-1)?.at(-1) === axis - 1) groups.at(-1)!.push(axis);
    else groups.push([axis]);
  }
  return groups;
}

export function resultShape({inputs, attrs}: Arguments, axes: number[]): number[] {
  const [reduced] = backend_util.computeOutAndReduceShapes(inputs.x!.shape, axes);
  const {keepDims} = attrs as unknown as SumAttrs;
  return keepDims ? backend_util.expandShapeToKeepDim(reduced, axes) : reduced;
}

/** Undefined for axes that lie apart, and where nothing is behind them. */
export function sumInfo(args: Arguments): SumInfo | undefined {
  const {shape} = args.inputs.x!;
  const axes = axesOf(args);
  if (groupsOf(axes).length !== 1) return undefined;
  const [first, last] = [axes[0]!, axes.at(-1)!];
  const inner = sizeOf(shape.slice(last + 1));
  if (inner < 2) return undefined;
  const count = sizeOf(shape.slice(first, last + 1));
  return {outer: sizeOf(shape.slice(0, first)), count, inner, shape: resultShape(args, axes)};
}

/** Of means that the kernels of GPUs compute, of float32. */
export function meanInfo(args: Arguments): SumInfo | undefined {
  const {dtype, shape} = args.inputs.x!;
  return dtype === 'float32' && sizeOf(shape) > 0 ? sumInfo(args) : undefined;
}
