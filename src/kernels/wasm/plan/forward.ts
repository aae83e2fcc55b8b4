/** A whole convolution: each of its parts with its epilogue, bias, residual and activation. */
import type {ConvInfo} from '../../../geometry/conv_info';
import {FLOAT_BYTES, operand} from './call_plan';
import {type Describe, partCall, readsAsTheyLie} from './part_call';
import {type PartPlan, planDensePart, planDepthwisePart} from './part_plan';
import {firstWeight, panelsOf} from './weights';

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
  const describe: Describe = (scratch) =>
    partCall(
      info,
      index,
      activation,
      {
        x: operand('x', (firstFrame * height * width * channels + part.inputChannel) * FLOAT_BYTES),
        weights: operand('weights'),
        bias: bias ? operand('bias', firstOutput) : scratch.zeros,
        y: operand('y', firstOutput),
        residual: residual ? operand('residual', firstOutput) : 0,
      },
      scratch,
    );
  const geometry = {part, inputShape, outputShape, wholeShape, shared};
  return readsAsTheyLie(part)
    ? planDepthwisePart(geometry, firstWeight(info, part), describe)
    : planDensePart(geometry, panelsOf(info, part), describe);
}
