/**
 * The gradient of a convolution with respect to its filter: per tap the product of the rows that it reads with the output
 * gradients, part by part, each in the form that it goes in forward.
 */
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import {tapCount} from '../../../geometry/taps';
import {type Shape5D, sizeOf} from '../../../util/shapes';
import {BLOCK} from '../module/calls';
import type {RowFunctionName} from '../module/instantiate';
import {inOrder} from './bands';
import {CallPlan, FLOAT_BYTES, operand, type RowPlan} from './call_plan';
import {fewRowsOf, planFewRows} from './few_rows';
import {narrowOf, planNarrow} from './narrow';
import {type Describe, PANEL, readsAsTheyLie, STRIP_COLUMNS, sumsCall} from './part_call';
import {blockScratch} from './part_plan';
import {firstWeight} from './weights';
import {winogradOf} from './winograd';
import {planWinogradProduct} from './winograd_product';

/**
 * Fours of channels from which on threads share the channels of a depthwise part, of which each reads its own, instead of the taps.
 */
const ENOUGH_FOURS = 12;

/** Outputs of a line from which on three taps along it are summed together. */
const LEAST_WIDTH = 6;

/** Outputs from which on threads share those of a narrow part, of which each copies its own, instead of the rows of the filter. */
const ENOUGH_OUTPUTS = 16;

export interface FilterGradientPlan {
  /** Whether every value is written; else the parts add to zeros. */
  readonly writesAll: boolean;
  readonly parts: readonly RowPlan[];
}

/** Operands are x, dy and the gradient as weights. */
export function planFilterGradient(info: ConvInfo): FilterGradientPlan {
  const writesAll = blocksWriteAll(info);
  return {writesAll, parts: info.parts.map((part) => planPart(info, part, writesAll))};
}

/** Whether the first block of rows writes every value of the gradient; the narrow form adds to all. */
function blocksWriteAll(info: ConvInfo): boolean {
  const [taps, , columns] = info.filterView;
  const [only, ...others] = info.parts as [ConvPart, ...ConvPart[]];
  const {inputShape, outputShape} = info;
  if (sizeOf(outputShape.slice(0, 4)) === 0 || others.length > 0) return false;
  const isFew = fewRowsOf(only, inputShape, outputShape) !== undefined;
  if (!isFew && narrowOf(only, inputShape, outputShape, outputShape, true)) return false;
  return tapCount(only.rule) === taps && only.outputChannels === columns;
}

function planPart(info: ConvInfo, part: ConvPart, starts: boolean): RowPlan {
  const {inputShape, outputShape} = info;
  const filterRows = tapCount(part.rule) * info.filterView[1];
  const steps = sizeOf(outputShape.slice(0, 4)) * filterRows * part.outputChannels;
  const describe: Describe = (scratch) =>
    sumsCall(
      info,
      part,
      starts,
      {
        x: operand('x', part.inputChannel * FLOAT_BYTES),
        weights: operand('weights', firstWeight(info, part)),
        bias: scratch.zeros,
        y: operand('dy', part.outputChannel * FLOAT_BYTES),
      },
      scratch,
    );
  const fewRows = fewRowsOf(part, inputShape, outputShape);
  if (fewRows !== undefined) return planFewRows('productFewRows', part, fewRows, describe);
  // No weights are transformed, and sums of some inputs at a time.
  const form = winogradOf(part, outputShape, outputShape, Number.POSITIVE_INFINITY);
  if (form !== undefined) return planWinogradProduct(form, steps, describe);
  // One range for each thread: all output rows, or bands, are gone through for every range.
  const shared = (rows: number) => ({rows, block: rows, steps});
  const narrow = narrowOf(part, inputShape, outputShape, outputShape, true);
  if (narrow !== undefined) {
    const byOutputs = part.groups === 1 && part.outputChannels >= ENOUGH_OUTPUTS;
    const [run, rows] = byOutputs
      ? (['productNarrowOutputs', part.outputChannels] as const)
      : (['productNarrow', filterRows] as const);
    return planNarrow(run, narrow, inOrder(part, outputShape), shared(rows), describe);
  }
  const [run, rows] = readsAsTheyLie(part)
    ? depthwiseShares(part, outputShape, filterRows)
    : denseShares(part, filterRows);
  return productPlan(part, sizeOf(outputShape.slice(0, 4)), describe).finish(run, shared(rows));
}

/** A function of the module and what threads share of it: so many rows. */
type Shares = readonly [run: RowFunctionName, rows: number];

/** Of what is shared out each thread packs its own, of the others all. */
function denseShares({groups, outputChannels}: ConvPart, filterRows: number): Shares {
  return groups === 1 && outputChannels > filterRows
    ? ['productColumns', Math.ceil(outputChannels / PANEL)]
    : ['productDense', filterRows];
}

function depthwiseShares(
  {rule, groups, outputChannels}: ConvPart,
  [, , , outputWidth]: Shape5D,
  filterRows: number,
): Shares {
  const fours = Math.ceil(groups / 4);
  if (outputChannels > groups || groups < 16) return ['productDepthwise', filterRows];
  if (rule.kind === 'grid' && rule.taps[2] === 3 && outputWidth >= LEAST_WIDTH)
    return ['productLineTaps', fours];
  return fours < Math.min(ENOUGH_FOURS, tapCount(rule))
    ? ['productDepthwise', filterRows]
    : ['productChannels', fours];
}

/** @param rows positions of the output, which are summed over */
function productPlan(part: ConvPart, rows: number, describe: Describe): CallPlan {
  const depthwise = readsAsTheyLie(part);
  const block = depthwise ? 0 : BLOCK;
  const plan = new CallPlan();
  const [head, partAddress] = [plan.call('ProductCall'), plan.call('PartCall')];
  plan.write(partAddress, 'PartCall', describe(blockScratch(plan, part, depthwise)));
  plan.write(head, 'ProductCall', {
    part: partAddress,
    panels: plan.floats(block * Math.ceil(part.outputChannels / part.groups / PANEL) * PANEL),
    strips: plan.floats(block * STRIP_COLUMNS),
    rows,
  });
  return plan;
}
