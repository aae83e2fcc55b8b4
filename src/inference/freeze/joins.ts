/**
 * Concatenations that cost nothing: convolutions that nobody reads but one concatenation of channels can write where that would copy
 * them to. Which these are, from a schedule alone; segments.ts has them do it.
 */
import type {RowPlace} from '../../geometry/conv_info';
import type {Turn} from './schedule';
import type {ConvolutionStep} from './steps/convolution';
import type {LayerStep} from './steps/layer';

/** A turn of a concatenation, and of the convolutions that it reads. */
export interface Join {
  /** The number of the concatenation's value. */
  readonly value: number;
  /** The first turn of the convolutions. */
  readonly first: number;
  /** Where each of them writes. */
  readonly places: ReadonlyMap<Turn, RowPlace>;
}

type ConvolutionTurn = Turn & {readonly step: ConvolutionStep};

/** By the turns that take part: convolutions and concatenations. */
export function joinsOf(turns: readonly Turn[]): ReadonlyMap<Turn, Join> {
  const makers = new Map(turns.flatMap((turn) => turn.outputs.map((value) => [value, turn])));
  const reads = turns.flatMap(({inputs}) => inputs);
  // Siblings share what is made of their input instead.
  const siblings = new Set(turns.flatMap((turn) => turn.siblings.flatMap((other) => [turn, other])));
  const isBranch = (turn: Turn | undefined): turn is ConvolutionTurn =>
    turn?.step.kind === 'convolution' && turn.inputs.length === 1 && !siblings.has(turn);
  const joins = new Map<Turn, Join>();
  for (const turn of turns) {
    const {step, inputs, outputs, spent} = turn;
    if (step.kind !== 'layer' || !joinsChannels(step)) continue;
    const isReadHereAlone = (value: number) =>
      spent.includes(value) && reads.indexOf(value) === reads.lastIndexOf(value);
    const branches = inputs
      .filter(isReadHereAlone)
      .map((value) => makers.get(value))
      .filter(isBranch);
    if (branches.length < inputs.length) continue;
    const channels = branches.reduce((sum, branch) => sum + branch.step.outputChannels, 0);
    const places = new Map<Turn, RowPlace>();
    let first = 0;
    for (const branch of branches) {
      places.set(branch, {channels, first});
      first += branch.step.outputChannels;
    }
    const join = {value: outputs[0]!, first: Math.min(...branches.map((one) => turns.indexOf(one))), places};
    for (const one of [...branches, turn]) joins.set(one, join);
  }
  return joins;
}

/** Whether a layer puts the last axis of its inputs side by side, given that they are `[batch, time, height, width, channels]`. */
function joinsChannels({layer}: LayerStep): boolean {
  const {axis} = layer.getConfig();
  return layer.getClassName() === 'Concatenate' && (axis === -1 || axis === 4);
}
