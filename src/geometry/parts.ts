/** What may be asked of a part of a convolution whatever the backend: whether it is depthwise, and its inverse for the gradient. */
import type {Triple} from '../util/shapes';
import type {ConvInfo, ConvPart} from './conv_info';
import {type InversePhase, inversePhases, type TapRule} from './taps';

/** One input channel a group, of several groups; `outputChannels / groups` outputs for each. */
export function isDepthwise(part: ConvPart): boolean {
  return part.groups === part.inputChannels && part.groups > 1;
}

/** Whether a rule reads its frame as one line of rows: a grid whose frames have one line. */
export function isRowMajor(rule: TapRule): boolean {
  return rule.kind === 'line' && rule.order === 'row-major';
}

/** One phase of the gradient of a part with respect to its input (inversePhases). */
export interface InversePart {
  phase: InversePhase;
  /** The part that is inverted. */
  of: ConvPart;
  /** The phase as a part from the output's channels to the input's. */
  part: ConvPart;
  /** Whether its rows are all positions of the input in their order; else they are scattered over it. */
  whole: boolean;
}

/** The gradient of a part with respect to its input, as convolutions of the output gradient. */
export function inverseParts(info: ConvInfo, of: ConvPart): InversePart[] {
  const input = info.inputShape.slice(1, 4) as Triple;
  const output = info.outputShape.slice(1, 4) as Triple;
  return inversePhases(of.rule, input, output).map((phase) => ({
    phase,
    of,
    part: {
      rule: phase.read,
      firstTap: 0,
      inputChannel: of.outputChannel,
      inputChannels: of.outputChannels,
      outputChannel: of.inputChannel,
      outputChannels: of.inputChannels,
      groups: of.groups,
    },
    whole: phase.size.every((length, axis) => length === input[axis]),
  }));
}

/** An inverse part as a convolution of the output gradient onto rows of `channels`; its taps are those of the phase alone. */
export function inverseInfo(info: ConvInfo, {phase, part}: InversePart, channels: number): ConvInfo {
  return {
    inputShape: info.outputShape,
    filterShape: info.filterShape,
    outputShape: [info.inputShape[0], ...phase.size, channels],
    filterView: [phase.taps.length, part.inputChannels / part.groups, part.outputChannels],
    parts: [part],
  };
}
