/**
 * One part of a convolution, forward or a whole gradient with respect to the input: which form it goes in (direct, minimal
 * filtering, narrow, depthwise, in bands), its weights, its call and the rows of the module's function.
 */
import type {ConvPart} from '../../../geometry/conv_info';
import {tapCount} from '../../../geometry/taps';
import {type Shape5D, sizeOf} from '../../../util/shapes';
import {BLOCK, DEPTH, GATHER_BELOW} from '../module/calls';
import {bandsOf, inOrder, type Place, planBands, readsInPlace} from './bands';
import {type Address, CallPlan, MEMORY_STEPS, type RowPlan} from './call_plan';
import {narrowOf, planNarrow} from './narrow';
import {type Describe, EDGE, type PartScratch} from './part_call';
import {type Panels, packCall, packed, type WeightsPlan} from './weights';
import {inOneBlock, planWinograd, winogradOf} from './winograd';

/** What runs for one part, from shapes alone. */
export interface PartPlan {
  readonly weights: WeightsPlan;
  readonly rows: RowPlan;
  /** Rows that read the filter as it is, for one that has other values in every run. */
  readonly ofFilter?: RowPlan | undefined;
}

export interface PartGeometry {
  part: ConvPart;
  inputShape: Shape5D;
  /** Of the tensor whose positions are the rows. */
  outputShape: Shape5D;
  /** Of a part of some frames, the shape of all of them; see ConvInfo. */
  wholeShape?: Shape5D | undefined;
  /** Whether several threads share the rows. */
  shared: boolean;
  /** Where the rows of the depthwise or narrow form belong, if they are not those of a tensor in their order. */
  place?: Place;
}

/** Zeros in the place of a line of taps outside, or of a bias. */
function zeroChannels({rule, inputChannels, outputChannels}: ConvPart): number {
  return Math.max(inputChannels * (rule.kind === 'grid' ? rule.taps[2] : 1), outputChannels);
}

/** Scratch of the direct form, for a block of rows. */
export function blockScratch(
  plan: CallPlan,
  part: ConvPart,
  depthwise: boolean,
): PartScratch & {zeros: Address} {
  const gathers = !depthwise && part.inputChannels / part.groups < GATHER_BELOW;
  return {
    zeros: plan.zeros(zeroChannels(part)),
    edge: plan.floats(EDGE),
    gathered: plan.floats(gathers ? BLOCK + BLOCK * DEPTH : 0),
    // An address for each tap, or the four words of a row's place and an address for each line of taps.
    pointers: plan.floats((4 + tapCount(part.rule)) * BLOCK),
  };
}

/** Multiply-adds of a part's rows, with the time that its output takes to be written. */
export function stepsOf({part, outputShape}: PartGeometry): number {
  const products = tapCount(part.rule) * (part.inputChannels / part.groups);
  return sizeOf(outputShape.slice(0, 4)) * part.outputChannels * (products + MEMORY_STEPS);
}

/** A part whose weights are packed in panels. */
export function planDensePart(geometry: PartGeometry, panels: Panels, describe: Describe): PartPlan {
  const {part, inputShape, outputShape, wholeShape} = geometry;
  const steps = stepsOf(geometry);
  const form = winogradOf(part, outputShape, wholeShape);
  const weights = packed(panels, form);
  if (form !== undefined) {
    const whole = inOneBlock(form, part);
    const ofFilter = whole && planWinograd(whole, steps, [describe], (plan) => packCall(plan, panels, whole));
    return {weights, rows: planWinograd(form, steps, [describe]), ofFilter};
  }
  const narrow = narrowOf(part, inputShape, outputShape, wholeShape);
  if (narrow === undefined) return {weights, rows: planBlocks('convolveDense', geometry, steps, describe)};
  const place = geometry.place ?? inOrder(part, outputShape);
  return {weights, rows: planNarrow(narrow, place, steps, describe)};
}

/** A depthwise part. */
export function planDepthwisePart(
  geometry: PartGeometry,
  weights: WeightsPlan,
  describe: Describe,
): PartPlan {
  const {part, inputShape, outputShape, shared, place} = geometry;
  const steps = stepsOf(geometry);
  if (place === undefined && readsInPlace(part)) {
    return {weights, rows: planBlocks('convolveDepthwise', geometry, steps, describe)};
  }
  const bands = bandsOf(part, inputShape, outputShape, shared);
  return {weights, rows: planBands(bands, place ?? inOrder(part, outputShape), steps, describe)};
}

function planBlocks(
  run: 'convolveDense' | 'convolveDepthwise',
  {part, outputShape}: PartGeometry,
  steps: number,
  describe: Describe,
): RowPlan {
  const plan = new CallPlan();
  const head = plan.call('PartCall');
  plan.write(head, 'PartCall', describe(blockScratch(plan, part, run === 'convolveDepthwise')));
  return plan.finish(run, {rows: sizeOf(outputShape.slice(0, 4)), block: BLOCK, steps});
}
