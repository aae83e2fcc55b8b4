/**
 * Pointwise parts with a handful of rows, such as dense layers have for a few clips (module/assembly/dense/few_rows.ts): which
 * these are, and the calls.
 */
import type {ConvPart} from '../../../geometry/conv_info';
import {tapCount} from '../../../geometry/taps';
import {type Shape5D, sizeOf} from '../../../util/shapes';
import {CallPlan, MEMORY_STEPS, type RowPlan} from './call_plan';
import type {Describe} from './part_call';

/** With as many rows, tiles of four of them make up for packing the weights, which tensors that do not change keep. */
const ENOUGH_ROWS = 8;

/** Outputs that a thread takes at a time: one line of the cache. */
const COLUMNS = 16;

/**
 * The rows of a part that goes in this form, else undefined.
 *
 * @param whole what decides, if `outputShape` is some frames of it
 */
export function fewRowsOf(
  {rule, groups}: ConvPart,
  inputShape: Shape5D,
  outputShape: Shape5D,
  whole: Shape5D = outputShape,
): number | undefined {
  const rows = sizeOf(outputShape.slice(0, 4));
  const isPointwise =
    rule.kind === 'grid' && tapCount(rule) === 1 && rule.padding.every((size) => size === 0);
  const isSameGrid = inputShape.slice(0, 4).every((length, axis) => length === outputShape[axis]);
  const fits = isPointwise && isSameGrid && groups === 1;
  return fits && rows > 0 && sizeOf(whole.slice(0, 4)) < ENOUGH_ROWS ? rows : undefined;
}

/**
 * @param run  forward and with transposed weights over outputs, for the gradient of the filter over inputs
 * @param rows of `fewRowsOf`
 */
export function planFewRows(
  run: 'multiplyFewRows' | 'multiplyFewRowsTransposed' | 'productFewRows',
  {inputChannels, outputChannels}: ConvPart,
  rows: number,
  describe: Describe,
): RowPlan {
  const plan = new CallPlan();
  const [head, part] = [plan.call('ProductCall'), plan.call('PartCall')];
  plan.write(
    part,
    'PartCall',
    describe({zeros: plan.zeros(outputChannels), pointers: 0, gathered: 0, edge: 0}),
  );
  plan.write(head, 'ProductCall', {part, panels: 0, strips: 0, rows});
  const steps = inputChannels * outputChannels * Math.max(rows, MEMORY_STEPS);
  return run === 'productFewRows'
    ? plan.finish(run, {rows: inputChannels, steps})
    : plan.finish(run, {rows: outputChannels, block: COLUMNS, steps});
}
