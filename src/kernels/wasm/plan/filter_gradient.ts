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
import {type Address, CallPlan, FLOAT_BYTES, operand, type RowPlan} from './call_plan';
import {fewRowsOf, planFewRows} from './few_rows';
import {type NarrowBands, narrowOf, writeNarrow} from './narrow';
import {type Describe, PANEL, type PartCall, readsAsTheyLie, STRIP_COLUMNS, sumsCall} from './part_call';
import {blockScratch} from './part_plan';
import {firstWeight} from './weights';
import {winogradOf} from './winograd';
import {planWinogradProduct} from './winograd_product';
import {planZeros} from './zeros';

/**
 * Fours of channels from which on threads share the channels of a depthwise part, of which each reads its own, instead of the taps.
 */
const ENOUGH_FOURS = 12;

/** Outputs of a line from which on three taps along it are summed together. */
const LEAST_WIDTH = 6;

/** Outputs from which on threads share those of a narrow part, of which each copies its own, instead of the rows of the filter. */
const ENOUGH_OUTPUTS = 16;

/** What a product of these forms takes, counted in those of the dense form: they read more for it. */
const NARROW_STEPS = 2;
const DEPTHWISE_STEPS = 4;

/** Pieces that the positions are cut into, at most: threads share them. Their sums stay in an L2 cache. */
const MOST_PIECES = 8;
const PIECES_FLOATS = 64 * 1024;

/** Steps of a piece, or more: less is soon done, and every piece has to be added. */
const LEAST_STEPS = 100_000;

export interface FilterGradientPlan {
  /** One after the other. */
  readonly passes: readonly RowPlan[];
  /** What a pass leaves for the next one, the operand `pieces`. */
  readonly pieceFloats: number;
}

/**
 * Operands are x, dy, the gradient as weights, and pieces if they have any floats.
 *
 * @param leastSteps of a piece
 */
export function planFilterGradient(info: ConvInfo, leastSteps = LEAST_STEPS): FilterGradientPlan {
  const writesAll = blocksWriteAll(info);
  const zeros = writesAll ? [] : [planZeros('weights', sizeOf(info.filterShape))];
  const parts = info.parts.map((part) => planPart(info, part, writesAll, leastSteps));
  return {
    passes: [...zeros, ...parts.flatMap(({passes}) => passes)],
    pieceFloats: Math.max(0, ...parts.map(({pieceFloats}) => pieceFloats)),
  };
}

/** Whether the one part writes every value of the gradient; else parts add to zeros. */
function blocksWriteAll(info: ConvInfo): boolean {
  const [taps, , columns] = info.filterView;
  const [only, ...others] = info.parts as [ConvPart, ...ConvPart[]];
  if (sizeOf(info.outputShape.slice(0, 4)) === 0 || others.length > 0) return false;
  return tapCount(only.rule) === taps && only.outputChannels === columns;
}

type PartPasses = Pick<FilterGradientPlan, 'passes' | 'pieceFloats'>;

function planPart(info: ConvInfo, part: ConvPart, starts: boolean, leastSteps: number): PartPasses {
  const {inputShape, outputShape} = info;
  const [, inputs] = info.filterView;
  const filterRows = tapCount(part.rule) * inputs;
  const positions = sizeOf(outputShape.slice(0, 4));
  const steps = positions * filterRows * part.outputChannels;
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
  if (fewRows !== undefined) return inOnePass(planFewRows('productFewRows', part, fewRows, describe));
  // No weights are transformed, and sums of some inputs at a time.
  const winograd = winogradOf(part, outputShape, outputShape, Number.POSITIVE_INFINITY);
  if (winograd !== undefined) return inOnePass(planWinogradProduct(winograd, steps, describe));
  const narrow = narrowOf(part, inputShape, outputShape, outputShape, true);
  const form =
    narrow !== undefined
      ? narrowForm(narrow, outputShape, filterRows, steps)
      : readsAsTheyLie(part)
        ? depthwiseForm(part, outputShape, filterRows, steps)
        : denseForm(part, positions, filterRows, steps);
  return planPieces(part, form, {filterRows, starts, leastSteps}, describe);
}

const inOnePass = (plan: RowPlan): PartPasses => ({passes: [plan], pieceFloats: 0});

/** How a part is summed up piece by piece. */
interface Form {
  readonly run: RowFunctionName;
  /** What threads share of a piece, of which each packs or copies its own, of the others all. */
  readonly shares: number;
  /** What can be cut into pieces, as the function counts it, and how much of it a piece has at least. */
  readonly rows: number;
  readonly leastRows: number;
  readonly steps: number;
  /** Writes the call of one piece, and says where it stands. */
  write(plan: CallPlan, describe: Describe): Address;
}

function narrowForm(bands: NarrowBands, outputShape: Shape5D, filterRows: number, steps: number): Form {
  const {part, count} = bands;
  const byOutputs = part.groups === 1 && part.outputChannels >= ENOUGH_OUTPUTS;
  return {
    ...(byOutputs
      ? {run: 'productNarrowOutputs', shares: part.outputChannels}
      : {run: 'productNarrow', shares: filterRows}),
    rows: count,
    leastRows: 1,
    steps: NARROW_STEPS * steps,
    write: (plan, describe) => writeNarrow(plan, bands, inOrder(part, outputShape), describe),
  };
}

function denseForm(part: ConvPart, positions: number, filterRows: number, steps: number): Form {
  const byColumns = part.groups === 1 && part.outputChannels > filterRows;
  return {
    ...(byColumns
      ? {run: 'productColumns', shares: Math.ceil(part.outputChannels / PANEL)}
      : {run: 'productDense', shares: filterRows}),
    rows: positions,
    leastRows: BLOCK,
    steps,
    write: (plan, describe) => {
      const [head, partAddress] = [plan.call('ProductCall'), plan.call('PartCall')];
      plan.write(partAddress, 'PartCall', describe(blockScratch(plan, part, false)));
      plan.write(head, 'ProductCall', {
        part: partAddress,
        panels: plan.floats(BLOCK * Math.ceil(part.outputChannels / part.groups / PANEL) * PANEL),
        strips: plan.floats(BLOCK * STRIP_COLUMNS),
        rows: 0,
      });
      return head;
    },
  };
}

function depthwiseForm(part: ConvPart, outputShape: Shape5D, filterRows: number, steps: number): Form {
  const {rule, groups, outputChannels} = part;
  const [batch, time, height, width] = outputShape;
  const fours = Math.ceil(groups / 4);
  const form: Omit<Form, 'run' | 'shares'> = {
    rows: batch * time * height * width,
    leastRows: BLOCK,
    steps: DEPTHWISE_STEPS * steps,
    write: (plan, describe) => {
      const head = plan.call('PartCall');
      plan.write(head, 'PartCall', describe(blockScratch(plan, part, true)));
      return head;
    },
  };
  if (outputChannels > groups || groups < 16) return {...form, run: 'productDepthwise', shares: filterRows};
  if (rule.kind === 'grid' && rule.taps[2] === 3 && width >= LEAST_WIDTH)
    return {...form, run: 'productLineTaps', shares: fours, rows: batch * time, leastRows: 1};
  return fours < Math.min(ENOUGH_FOURS, tapCount(rule))
    ? {...form, run: 'productDepthwise', shares: filterRows}
    : {...form, run: 'productChannels', shares: fours};
}

/** A pass for the sums of each piece, and one in which these are added; of one piece alone the sums are the result. */
function planPieces(
  part: ConvPart,
  {run, shares, rows, leastRows, steps, write}: Form,
  {filterRows, starts, leastSteps}: {filterRows: number; starts: boolean; leastSteps: number},
  describe: Describe,
): PartPasses {
  const floats = filterRows * part.outputChannels;
  const most = Math.min(MOST_PIECES, PIECES_FLOATS / floats, rows / leastRows, steps / leastSteps);
  const pieceRows = Math.max(1, Math.ceil(rows / Math.max(1, Math.floor(most))));
  const pieces = Math.max(1, Math.ceil(rows / pieceRows));
  const plan = new CallPlan();
  const head = plan.call('PiecesCall');
  let result: PartCall | undefined;
  const of = write(plan, (scratch) => {
    result = describe(scratch);
    return pieces === 1 ? result : {...result, starts: 1, tapBytes: part.outputChannels * FLOAT_BYTES};
  });
  const {weights, tapBytes} = result!;
  plan.write(head, 'PiecesCall', {
    of,
    sums: pieces === 1 ? weights : operand('pieces'),
    sumsBytes: floats * FLOAT_BYTES,
    rows,
    pieceRows,
    shares,
  });
  const sums = plan.finish(run, {rows: pieces * shares, block: shares, tile: shares, steps});
  if (pieces === 1) return {passes: [sums], pieceFloats: 0};
  const adding = new CallPlan();
  adding.write(adding.call('PieceSumsCall'), 'PieceSumsCall', {
    from: operand('pieces'),
    pieces,
    pieceBytes: floats * FLOAT_BYTES,
    columns: part.outputChannels,
    to: weights,
    rowBytes: tapBytes,
    starts: starts ? 1 : 0,
  });
  const added = adding.finish('addPieces', {rows: filterRows, block: filterRows, steps: pieces * floats});
  return {passes: [sums, added], pieceFloats: pieces * floats};
}
