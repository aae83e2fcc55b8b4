/**
 * `tf.sum` and `tf.mean` over neighbouring axes with others after them, such as time, height and width of a clip, on the
 * wasm backend, and over axes that lie apart, group by group. The host transposes its input first. It stays in charge of the
 * last axes and of other types, but for sums of no values, where it gives what lies in the memory.
 */
import {
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
} from '@tensorflow/tfjs-core';
import {Kept} from '../../../util/kept';
import {sameShape, sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {isNumeric} from '../../stock_kernels';
import {axesOf, groupsOf, resultShape, sumInfo} from '../../sum_axes';
import {CallPlan, MEMORY_STEPS, operand, type RowPlan} from '../plan/call_plan';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';

type Arguments = Parameters<KernelFunc>[0];
type SumInputs = Arguments['inputs'];

/** Columns that the module sums at a time. */
const STRIP = 16;

/** A sum over one group of axes: of `[outer, count, inner]` over `count`. */
interface SumPlan {
  shape: number[];
  rows: RowPlan;
}

/** Plans by shape and axes; undefined for what is left to the host, and for axes that lie apart. */
const kept = new Kept<SumPlan | undefined>(256);

/** What attributes of one axis were last found to mean. */
interface Found extends SumAttrs {
  readonly shape: readonly number[];
  readonly isMean: boolean;
  readonly plan: SumPlan | undefined;
}

/** By the attributes: a call asks twice, and a frozen model keeps them. */
const foundFor = new WeakMap<object, Found>();

/** What the module sums in one go, worked out once. */
function planOf(args: Arguments, isMean: boolean): SumPlan | undefined {
  const {dtype, shape} = args.inputs.x!;
  if (dtype !== 'float32') return undefined;
  const {axis, keepDims} = args.attrs as unknown as SumAttrs;
  // Whoever calls kernels by themselves may put other values into the same object, or another axis into the same list.
  if (typeof axis !== 'number') return keptPlan(args, isMean);
  const found = foundFor.get(args.attrs!);
  const isAgain = found?.isMean === isMean && found.axis === axis && found.keepDims === keepDims;
  if (isAgain && sameShape(found.shape, shape)) return found.plan;
  const plan = keptPlan(args, isMean);
  foundFor.set(args.attrs!, {shape: [...shape], isMean, axis, keepDims, plan});
  return plan;
}

function keptPlan(args: Arguments, isMean: boolean): SumPlan | undefined {
  const {axis, keepDims} = args.attrs as unknown as SumAttrs;
  const key = `${isMean}|${args.inputs.x!.shape}|${axis}|${keepDims}`;
  return kept.get(key, () => planSum(args, isMean));
}

function planSum(args: Arguments, isMean: boolean): SumPlan | undefined {
  const info = sumInfo(args);
  if (info === undefined) return undefined;
  const {outer, count, inner, shape} = info;
  const plan = new CallPlan();
  const divisor = isMean ? count : 1;
  plan.write(plan.call('SumCall'), 'SumCall', {x: operand('x'), y: operand('y'), count, inner, divisor});
  const work = {rows: outer * Math.ceil(inner / STRIP), steps: outer * count * inner * MEMORY_STEPS};
  return {shape, rows: plan.finish('sumStrips', work)};
}

/** Whether the input has no values, which the host sums to anything, or divides by zero. */
const isEmpty = ({inputs}: Arguments): boolean => isNumeric(inputs.x!) && sizeOf(inputs.x!.shape) === 0;

/** Sums, and as they are means, that are not left to the host. */
export const isSumOfRows = (args: Arguments, isMean = false): boolean =>
  isEmpty(args) ||
  planOf(args, isMean) !== undefined ||
  (args.inputs.x!.dtype === 'float32' && groupsOf(axesOf(args)).length > 1);

/** Sums, or means, of one group of axes. */
function sumRows({shape, rows}: SumPlan, {x}: SumInputs, runtime: WasmRuntime): TensorInfo {
  const y = runtime.makeOutput(shape);
  runtime.runRows(rows, {x: runtime.addressOf(x!), y: runtime.addressOf(y)});
  return y;
}

export function sumConfigOf(kernelName: typeof Sum | typeof Mean): StockReplacement {
  const isMean = kernelName === 'Mean';
  const ofOneGroup = wasmKernel(kernelName, (args, runtime) =>
    sumRows(planOf(args, isMean)!, args.inputs, runtime),
  );
  return {
    ...ofOneGroup,
    takes: (args) => isSumOfRows(args, isMean),
    kernelFunc: (args) => {
      if (isEmpty(args)) {
        const isWhole = !isMean && args.inputs.x!.dtype !== 'float32';
        const shape = resultShape(args, axesOf(args));
        return fill(shape, isMean ? Number.NaN : 0, isWhole ? 'int32' : 'float32');
      }
      if (planOf(args, isMean) !== undefined) return ofOneGroup.kernelFunc(args);
      const axes = axesOf(args);
      const op = isMean ? mean : sum;
      return tidy(() => {
        // The host hands a kernel tensors, though it types them as TensorInfo.
        const sums = groupsOf(axes).reduceRight((x, group) => op(x, group, true), args.inputs.x as Tensor);
        return reshape(sums, resultShape(args, axes));
      });
    },
  };
}
