/**
 * The gradient of a convolution with respect to its input: the same indirect convolution, over the output gradient, with
 * inverted tap rules and transposed weights. Under strides it is one convolution for each class of input positions that the
 * same taps reach (inversePhases), so that no zero is multiplied.
 */
import type {ConvInfo} from '../../../geometry/conv_info';
import {type InversePart, inverseInfo, inverseParts} from '../../../geometry/parts';
import {sizeOf} from '../../../util/shapes';
import {BLOCK} from '../module/calls';
import type {Place} from './bands';
import {CallPlan, FLOAT_BYTES, operand, type RowPlan} from './call_plan';
import {fewRowsOf, planFewRows} from './few_rows';
import {narrowOf} from './narrow';
import {type Describe, readsAsTheyLie, sumsCall} from './part_call';
import {blockScratch, type PartPlan, planDensePart, planDepthwisePart} from './part_plan';
import {firstWeight, inverseTaps, packed, transposedPanels} from './weights';
import {planZeros} from './zeros';

/** Values of a gradient whose zeros would have left the cache before its phases are written. */
const LARGE = 600_000;

export interface InputGradientPlan {
  /** What is set to zero first, if parts add to it. */
  readonly zeros: readonly RowPlan[];
  readonly parts: readonly PartPlan[];
}

/**
 * Operands are dy, weights and dx.
 *
 * @param shared whether several threads share the rows
 */
export function planInputGradient(info: ConvInfo, shared: boolean): InputGradientPlan {
  const inverses = info.parts.flatMap((part) => inverseParts(info, part));
  return {
    zeros: inPlace(info, inverses) ? [] : [planZeros('dx', sizeOf(info.inputShape))],
    parts: inverses.map((inverse) => {
      const starts = begins(info, inverse);
      if (inverse.whole) return planWhole(info, inverse, {starts, shared});
      const place: Place = {shape: info.inputShape, rule: inverse.phase.place};
      return placesRows(info, inverse)
        ? planWhole(info, inverse, {starts, shared, place})
        : planScattered(info, inverse);
    }),
  };
}

/** Whether a part is the first one of its input channels. */
function begins({parts}: ConvInfo, {of}: InversePart): boolean {
  return parts.find(({inputChannel}) => inputChannel === of.inputChannel) === of;
}

/**
 * Whether the parts need no zeros, nor are faster with them: phases lie apart, and zeros, which are written in the order of memory, have
 * the lines of a small gradient, or of several parts, in the cache by then.
 */
function inPlace(info: ConvInfo, inverses: readonly InversePart[]): boolean {
  if (!writesAll(info, inverses)) return false;
  const isWhole = inverses.every(({whole}) => whole);
  return isWhole || (info.parts.length === 1 && sizeOf(info.inputShape) >= LARGE);
}

/** Whether the phases of the first parts, which reach a position once at most, write every value. */
function writesAll(info: ConvInfo, inverses: readonly InversePart[]): boolean {
  const first = inverses.filter((inverse) => begins(info, inverse));
  const values = first.map(({phase, part}) => sizeOf(phase.size) * part.outputChannels);
  const {inputShape} = info;
  return (
    first.every((inverse) => inverse.whole || placesRows(info, inverse)) &&
    values.reduce((sum, size) => sum + size, 0) === sizeOf(inputShape.slice(1))
  );
}

/** With several outputs for an input, weights would have to be transposed: that the dense form does. */
function isDepthwise({of}: InversePart): boolean {
  return readsAsTheyLie(of) && of.outputChannels === of.groups;
}

/** Whether the form that the phase goes in puts its rows where they belong. */
function placesRows(info: ConvInfo, inverse: InversePart): boolean {
  const {part} = inverse;
  const {inputShape, outputShape} = inverseInfo(info, inverse, part.outputChannels);
  return isDepthwise(inverse) || narrowOf(part, inputShape, outputShape) !== undefined;
}

/** Straight into the gradient, which `starts` here or is added to; with a place for its rows also where they lie apart. */
function planWhole(
  info: ConvInfo,
  inverse: InversePart,
  {starts, shared, place}: {starts: boolean; shared: boolean; place?: Place},
): PartPlan {
  const {part} = inverse;
  const inverted = inverseInfo(info, inverse, info.inputShape[4]);
  const {inputShape, outputShape} = inverted;
  const describe: Describe = (scratch) =>
    sumsCall(
      inverted,
      part,
      starts,
      {
        x: operand('dy', part.inputChannel * FLOAT_BYTES),
        weights: operand('weights'),
        y: operand('dx', part.outputChannel * FLOAT_BYTES),
        bias: scratch.zeros,
      },
      scratch,
    );
  const rows = place === undefined ? fewRowsOf(part, inputShape, outputShape) : undefined;
  if (rows !== undefined) {
    const {phase, of} = inverse;
    const [, inputs, columns] = info.filterView;
    const lineBytes = columns * FLOAT_BYTES;
    const lying: Describe = (scratch) => ({...describe(scratch), tapBytes: lineBytes});
    return {
      weights: firstWeight(info, of) + phase.taps[0]! * inputs * lineBytes,
      rows: planFewRows('multiplyFewRowsTransposed', part, rows, lying),
    };
  }
  const geometry = {part, inputShape, outputShape, shared, ...(place && {place})};
  return isDepthwise(inverse)
    ? planDepthwisePart(geometry, inverseTaps(info, inverse), describe)
    : planDensePart(geometry, transposedPanels(info, inverse), describe);
}

/** Rows that lie apart in the gradient: a block of them side by side in scratch, then added to where they belong. */
function planScattered(info: ConvInfo, inverse: InversePart): PartPlan {
  const {phase, part} = inverse;
  const inverted = inverseInfo(info, inverse, part.outputChannels);
  const rows = sizeOf(inverted.outputShape.slice(0, 4));
  const [taps, inputs, outputs] = inverted.filterView;
  const plan = new CallPlan();
  const [head, partAddress, place] = [plan.call('ScatterCall'), plan.call('PartCall'), plan.call('PartCall')];
  const scratch = blockScratch(plan, part, false);
  const sums = plan.floats(BLOCK * outputs);
  const operands = {
    x: operand('dy', part.inputChannel * FLOAT_BYTES),
    weights: operand('weights'),
    y: sums,
    bias: scratch.zeros,
  };
  plan.write(head, 'ScatterCall', {part: partAddress, place, sums});
  plan.write(partAddress, 'PartCall', sumsCall(inverted, part, true, operands, scratch));
  const onto = {...operands, x: operand('dx', part.outputChannel * FLOAT_BYTES)};
  const placed = {...inverted, inputShape: info.inputShape};
  plan.write(place, 'PartCall', sumsCall(placed, {...part, rule: phase.place}, true, onto, scratch));
  return {
    weights: packed(transposedPanels(info, inverse)),
    rows: plan.finish('scatterDense', {rows, block: BLOCK, steps: rows * taps * inputs * outputs}),
  };
}
