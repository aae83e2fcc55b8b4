/** A whole convolution: each of its parts with its epilogue, bias, residual and activation. */
import type {ConvInfo} from '../../../geometry/conv_info';
import {FLOAT_BYTES, operand} from './call_plan';
import {fewRowsOf, planFewRows} from './few_rows';
import {type Describe, partCall, readsAsTheyLie} from './part_call';
import {type PartPlan, planDensePart, planDepthwisePart, stepsOf} from './part_plan';
import {firstWeight, packed, panelsOf} from './weights';
import {planWinograd, winogradOf} from './winograd';

/** What the sums start at and end with. */
export interface Epilogue {
  bias: boolean;
  residual: boolean;
  /** The module's number of it (codeOf). */
  activation: number;
}

/**
 * For each part of the convolution; operands are x, weights, y and those of the epilogue.
 *
 * @param shared whether several threads share the rows
 */
export function planConvolution(info: ConvInfo, epilogue: Epilogue, shared: boolean): PartPlan[] {
  return info.parts.map((_, index) => planPart(info, index, epilogue, shared));
}

/**
 * Convolutions of one input in one geometry, each with filter and bias of its own, that share the transformed inputs of the
 * minimal-filtering form; none where they go in another form, or transform anew for each tap in time. Operands are x and, of
 * number i from 0 on, `y<i>`, `weights<i>` and `bias<i>`.
 */
export function planSiblings(
  info: ConvInfo,
  count: number,
  {bias, activation}: Omit<Epilogue, 'residual'>,
): PartPlan[] {
  const {inputShape, outputShape, wholeShape} = info;
  const [part, ...others] = info.parts;
  const form = others.length === 0 ? winogradOf(part!, outputShape, wholeShape) : undefined;
  if (form === undefined || form.turns > 1) return [];
  const describes = Array.from({length: count}, (_, i): Describe => {
    const of = (base: 'y' | 'weights' | 'bias') => operand(`${base}${i}`);
    return (scratch) => {
      const operands = {x: operand('x'), weights: of('weights'), bias: bias ? of('bias') : scratch.zeros};
      return partCall(info, 0, activation, {...operands, y: of('y'), residual: 0}, scratch);
    };
  });
  const steps = stepsOf({part: part!, inputShape, outputShape, shared: false});
  return [{weights: packed(panelsOf(info, part!), form), rows: planWinograd(form, steps, describes)}];
}

function planPart(
  info: ConvInfo,
  index: number,
  {bias, residual, activation}: Epilogue,
  shared: boolean,
): PartPlan {
  const part = info.parts[index]!;
  const {inputShape, outputShape, wholeShape} = info;
  const [, , height, width, channels] = inputShape;
  // Grids count frames in their padding, lines do not.
  const firstFrame = part.rule.kind === 'line' ? (part.rule.firstFrame ?? 0) : 0;
  const firstOutput = part.outputChannel * FLOAT_BYTES;
  const firstOfPlace = (info.place?.first ?? 0) * FLOAT_BYTES;
  const describe: Describe = (scratch) =>
    partCall(
      info,
      index,
      activation,
      {
        x: operand('x', (firstFrame * height * width * channels + part.inputChannel) * FLOAT_BYTES),
        weights: operand('weights'),
        bias: bias ? operand('bias', firstOutput) : scratch.zeros,
        y: operand('y', firstOutput + firstOfPlace),
        residual: residual ? operand('residual', firstOutput) : 0,
      },
      scratch,
    );
  const rows = fewRowsOf(part, inputShape, outputShape, wholeShape);
  if (rows !== undefined)
    return {weights: firstWeight(info, part), rows: planFewRows('multiplyFewRows', part, rows, describe)};
  const geometry = {part, inputShape, outputShape, wholeShape, shared};
  return readsAsTheyLie(part)
    ? planDepthwisePart(geometry, firstWeight(info, part), describe)
    : planDensePart(geometry, panelsOf(info, part), describe);
}
