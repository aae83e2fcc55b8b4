/** Runs the module's functions on clips and a value for each of their channels (assembly/channelwise.ts); plans are kept by shape. */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {Kept} from '../../../util/kept';
import {sizeOf} from '../../../util/shapes';
import {CallPlan, type Fields, MEMORY_STEPS, operand, type RowPlan} from '../plan/call_plan';
import {tilesOf} from '../plan/norm';
import type {WasmRuntime} from '../runtime/wasm_runtime';

/** Their numbers are the places here. */
const OPERATIONS = ['product', 'sum', 'quotient', 'difference', 'swishOfProduct'] as const;
export type ChannelwiseOperation = (typeof OPERATIONS)[number];

/** Floats of a wide row, or more. */
const LEAST_WIDTH = 256;
/** Pieces of a clip, or fewer, and wide rows of a piece, or more: what a piece sums up has to be put together by one thread. */
const MOST_PIECES = 32;
const LEAST_PIECE_ROWS = 32;

interface GradientPlan {
  /** One after the other. */
  readonly passes: readonly RowPlan[];
  /** What they have together, the operand `sums`. */
  readonly floats: number;
}

const kept = new Kept<RowPlan>(256);
const keptGradients = new Kept<GradientPlan>(256);

interface ClipShape {
  readonly clips: number;
  readonly positions: number;
  readonly channels: number;
}

/** With one value for all, they are one clip of one channel. */
function clipShapeOf({shape}: TensorInfo, values: TensorInfo): ClipShape {
  if (sizeOf(values.shape) === 1) return {clips: 1, positions: sizeOf(shape), channels: 1};
  return {clips: shape[0]!, positions: sizeOf(shape.slice(1, -1)), channels: shape.at(-1)!};
}

function layoutOf({positions, channels}: ClipShape) {
  const tiles = tilesOf(channels, LEAST_WIDTH);
  const rows = Math.ceil(positions / tiles);
  const pieceRows = Math.max(LEAST_PIECE_ROWS, Math.ceil(rows / MOST_PIECES));
  return {tiles, width: tiles * channels, pieceRows, pieces: Math.max(1, Math.ceil(rows / pieceRows))};
}

function callOf(shape: ClipShape, operation: ChannelwiseOperation, own: Partial<Fields<'ChannelwiseCall'>>) {
  const layout = layoutOf(shape);
  const plan = new CallPlan();
  const call = plan.call('ChannelwiseCall');
  plan.write(call, 'ChannelwiseCall', {
    ...{x: operand('x'), to: operand('to'), values: operand('values'), row: plan.floats(layout.width)},
    ...{dy: 0, sigmoid: 0, dvalues: 0, sums: 0, ...own},
    ...{operation: OPERATIONS.indexOf(operation), positions: shape.positions, channels: shape.channels},
    ...layout,
  });
  return {plan, ...layout};
}

interface Gated {
  readonly x: TensorInfo;
  readonly values: TensorInfo;
  readonly sigmoid?: TensorInfo | undefined;
}

/**
 * `x` of shape `[clips, ..., channels]` and `values`, `[clips, channels]` with ones in between, or one value: a new tensor of the shape
 * of `x`. A difference is values less `x`.
 *
 * @param sigmoid of the shape of `x`: for a swish, its sigmoid is written there
 */
export function runChannelwise(
  runtime: WasmRuntime,
  operation: ChannelwiseOperation,
  {x, values, sigmoid}: Gated,
): TensorInfo {
  const to = runtime.makeOutput(x.shape);
  const shape = clipShapeOf(x, values);
  const {clips, positions, channels} = shape;
  const plan = kept.get(`${operation}|${clips}|${positions}|${channels}`, () => {
    const {plan, pieces} = callOf(shape, operation, {sigmoid: sigmoid ? operand('sigmoid') : 0});
    return plan.finish('channelwise', {rows: clips * pieces, steps: 2 * sizeOf(x.shape) * MEMORY_STEPS});
  });
  runtime.runRows(plan, runtime.addressesOf({x, values, to, sigmoid}));
  return to;
}

/** The gradients of a product, or of the swish of one, of which the sigmoid is given, by `x` and by `values`. */
export function runChannelwiseGradients(
  runtime: WasmRuntime,
  {dy, x, values, sigmoid}: Gated & {readonly dy: TensorInfo},
): TensorInfo[] {
  const [to, dvalues] = [runtime.makeOutput(x.shape), runtime.makeOutput(values.shape)];
  const shape = clipShapeOf(x, values);
  const {clips, positions, channels} = shape;
  const operation = sigmoid === undefined ? 'product' : 'swishOfProduct';
  const {passes, floats} = keptGradients.get(`${operation}|${clips}|${positions}|${channels}`, () => {
    const {plan, pieces, width} = callOf(shape, operation, {
      ...{dy: operand('dy'), dvalues: operand('dvalues'), sums: operand('sums')},
      sigmoid: sigmoid ? operand('sigmoid') : 0,
    });
    const rows = clips * pieces;
    return {
      passes: [
        plan.finish('channelwiseGradients', {rows, steps: 3 * sizeOf(x.shape) * MEMORY_STEPS}),
        plan.finish('channelwiseTotals', {rows: clips, steps: rows * width}),
      ],
      floats: rows * width,
    };
  });
  const addresses = runtime.addressesOf({dy, x, values, to, dvalues, sigmoid});
  runtime.withSpace(floats, (sums) => {
    for (const pass of passes) runtime.runRows(pass, {...addresses, sums});
  });
  return [to, dvalues];
}
