/**
 * `tf.sum` and `tf.mean` over neighbouring axes with others after them, such as time, height and width of a clip, on the
 * wasm backend, and over axes that lie apart, group by group. The host transposes its input first. It stays in charge of the
 * last axes and of other types, but for sums of no values, where it gives what lies in the memory.
 */
import {
  backend_util,
  fill,
  type KernelFunc,
  type Mean,
  mean,
  reshape,
  type Sum,
  type SumAttrs,
  sum,
  type Tensor,
  type TensorInfo,
  tidy,
  util,
} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {isNumeric} from '../../stock_kernels';
import {CallPlan, MEMORY_STEPS, operand} from '../plan/call_plan';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';

type Arguments = Parameters<KernelFunc>[0];

/** Columns that the module sums at a time. */
const STRIP = 16;

/** The input as `[outer, count, inner]`, to be summed over `count`. */
interface Rows {
  x: TensorInfo;
  outer: number;
  count: number;
  inner: number;
  shape: number[];
}

/** Sum and Mean have the same input and attributes. */
function axesOf({inputs, attrs}: Arguments): number[] {
  const {axis} = attrs as unknown as SumAttrs;
  return util.parseAxisParam(axis, inputs.x!.shape).sort((a, b) => a - b);
}

/** Axes that follow each other. */
function groupsOf(axes: readonly number[]): number[][] {
  const groups: number[][] = [];
  for (const axis of axes) {
    if (groups.at(-1)?.at(-1) === axis - 1) groups.at(-1)!.push(axis);
    else groups.push([axis]);
  }
  return groups;
}

function resultShape({inputs, attrs}: Arguments, axes: number[]): number[] {
  const [reduced] = backend_util.computeOutAndReduceShapes(inputs.x!.shape, axes);
  const {keepDims} = attrs as unknown as SumAttrs;
  return keepDims ? backend_util.expandShapeToKeepDim(reduced, axes) : reduced;
}

/** What the module sums in one go. Undefined for what is left to the host, and for axes that lie apart. */
function rowsOf(args: Arguments): Rows | undefined {
  const x = args.inputs.x!;
  const axes = axesOf(args);
  if (x.dtype !== 'float32' || groupsOf(axes).length !== 1) return undefined;
  const [first, last] = [axes[0]!, axes.at(-1)!];
  const inner = sizeOf(x.shape.slice(last + 1));
  if (inner < 2) return undefined;
  const count = sizeOf(x.shape.slice(first, last + 1));
  return {x, outer: sizeOf(x.shape.slice(0, first)), count, inner, shape: resultShape(args, axes)};
}

/** Whether the input has no values, which the host sums to anything, or divides by zero. */
const isEmpty = ({inputs}: Arguments): boolean => isNumeric(inputs.x!) && sizeOf(inputs.x!.shape) === 0;

/** Sums that are not left to the host. */
export const isSumOfRows = (args: Arguments): boolean =>
  isEmpty(args) ||
  rowsOf(args) !== undefined ||
  (args.inputs.x!.dtype === 'float32' && groupsOf(axesOf(args)).length > 1);

/** Sums, or means, of one group of axes. */
function sumRows({x, outer, count, inner, shape}: Rows, runtime: WasmRuntime, isMean: boolean): TensorInfo {
  const y = runtime.makeOutput(shape);
  const plan = new CallPlan();
  const divisor = isMean ? count : 1;
  plan.write(plan.call('SumCall'), 'SumCall', {x: operand('x'), y: operand('y'), count, inner, divisor});
  const work = {rows: outer * Math.ceil(inner / STRIP), steps: outer * count * inner * MEMORY_STEPS};
  runtime.runRows(plan.finish('sumStrips', work), {x: runtime.addressOf(x), y: runtime.addressOf(y)});
  return y;
}

export function sumConfigOf(kernelName: typeof Sum | typeof Mean): StockReplacement {
  const isMean = kernelName === 'Mean';
  const ofOneGroup = wasmKernel(kernelName, (args, runtime) => sumRows(rowsOf(args)!, runtime, isMean));
  return {
    ...ofOneGroup,
    takes: isSumOfRows,
    kernelFunc: (args) => {
      const axes = axesOf(args);
      if (isEmpty(args)) {
        const isWhole = !isMean && args.inputs.x!.dtype !== 'float32';
        return fill(resultShape(args, axes), isMean ? Number.NaN : 0, isWhole ? 'int32' : 'float32');
      }
      if (rowsOf(args) !== undefined) return ofOneGroup.kernelFunc(args);
      const op = isMean ? mean : sum;
      return tidy(() => {
        // The host hands a kernel tensors, though it types them as TensorInfo.
        const sums = groupsOf(axes).reduceRight((x, group) => op(x, group, true), args.inputs.x as Tensor);
        return reshape(sums, resultShape(args, axes));
      });
    },
  };
}
