/**
 * `tf.sum` and `tf.mean` over neighbouring axes with others after them, such as time, height and width of a clip, on the
 * wasm backend. The host transposes its input first. It stays in charge of all other axes and types.
 */
import type {KernelFunc, SumAttrs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../util/shapes';
import {MEMORY_STEPS, type WasmHost} from './host';
import {writeFields} from './part_call';

type Arguments = Parameters<KernelFunc>[0];

/** In the order of the module's class; test/kernels/wasm/module.test.ts compares. */
export const SUM_CALL_FIELDS = ['x', 'y', 'count', 'inner', 'divisor'] as const;

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

/** Sum and Mean have the same input and attributes. Undefined for what is left to the host. */
function rowsOf({inputs, attrs}: Arguments): Rows | undefined {
  const x = inputs.x!;
  const {axis, keepDims} = attrs as unknown as SumAttrs;
  const axes = util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
  const [first, last] = [axes[0]!, axes.at(-1)!];
  const count = sizeOf(x.shape.slice(first, last + 1));
  const inner = sizeOf(x.shape.slice(last + 1));
  const neighbours = axes.length > 0 && last - first + 1 === axes.length;
  if (!neighbours || x.dtype !== 'float32' || inner < 2) return undefined;
  const [reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const shape = keepDims ? backend_util.expandShapeToKeepDim(reduced, axes) : reduced;
  return {x, outer: sizeOf(x.shape.slice(0, first)), count, inner, shape};
}

export const isSumOfRows = (args: Arguments): boolean => rowsOf(args) !== undefined;

/** Sums, or means, as `isSumOfRows` allows. */
export function sumRows(args: Arguments, host: WasmHost, mean: boolean): TensorInfo {
  const {x, outer, count, inner, shape} = rowsOf(args)!;
  const y = host.makeOutput(shape);
  host.runRows({
    run: 'sumStrips',
    rows: outer * Math.ceil(inner / STRIP),
    steps: outer * count * inner * MEMORY_STEPS,
    scratchBytes: SUM_CALL_FIELDS.length * 4,
    writeCall: (at) => {
      const call = {x: host.addressOf(x), y: host.addressOf(y), count, inner, divisor: mean ? count : 1};
      writeFields(host.memory, at, SUM_CALL_FIELDS, call);
    },
  });
  return y;
}
