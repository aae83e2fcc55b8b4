/** How the weights of a part go into the order in which the module reads them: plain data, as the calls that read them. */
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import type {InversePart} from '../../../geometry/parts';
import {tapCount} from '../../../geometry/taps';
import {CallPlan, FLOAT_BYTES, MEMORY_STEPS, operand, type RowPlan} from './call_plan';
import {PANEL} from './part_call';
import {type Winograd, weightBytes, weightsApart} from './winograd';

export interface PackedWeights {
  /** Says what is packed, and how: one filter may be packed in several ways. */
  readonly layout: string;
  readonly bytes: number;
  /** Operands are the filter as x and what is packed as y. */
  readonly steps: readonly RowPlan[];
}

/** Packed, or as they lie in the filter from so many bytes on. */
export type WeightsPlan = PackedWeights | number;

/** The weights of a dense part: panels as they are, or transformed for the minimal-filtering form. */
export type Panels = (form: Winograd | undefined) => PackedWeights;

/** Rows of a filter that threads take at least: what they read of them at a time. */
const BLOCK_ROWS = 64;

/** The first weight of a part. */
export function firstWeight({filterView: [, inputs, columns]}: ConvInfo, part: ConvPart): number {
  return (part.firstTap * inputs * columns + part.outputChannel) * FLOAT_BYTES;
}

/** Panels of 8 outputs. */
export function panelsOf(info: ConvInfo, part: ConvPart, form?: Winograd): PackedWeights {
  const taps = Array.from({length: tapCount(part.rule)}, (_, tap) => tap);
  return packed({info, part, taps, transposed: false}, form);
}

/** The taps of an inverse part in its order, inputs and outputs exchanged: panels of 8 inputs. */
export function transposedPanels(
  info: ConvInfo,
  {phase: {taps}, of}: InversePart,
  form?: Winograd,
): PackedWeights {
  return packed({info, part: of, taps, transposed: true}, form);
}

interface Source {
  info: ConvInfo;
  /** A part of the convolution itself, also where it is packed for a gradient. */
  part: ConvPart;
  /** Of the part, in the order in which they are packed. */
  taps: readonly number[];
  /** Whether the outputs are what is summed over. */
  transposed: boolean;
}

function packed(source: Source, form: Winograd | undefined): PackedWeights {
  const {taps, part, transposed} = source;
  const [, inputs] = source.info.filterView;
  const outputs = part.outputChannels / part.groups;
  const [summed, columns] = transposed ? [outputs, inputs] : [inputs, outputs];
  const panels = part.groups * Math.ceil(columns / PANEL);
  const rowBytes = summed * PANEL * FLOAT_BYTES;
  if (form === undefined) {
    const panelBytes = taps.length * rowBytes;
    const steps = evenRuns(taps).map(({first, taps}) => packRun(source, taps, first * rowBytes, panelBytes));
    return {layout: layoutOf(source, ''), bytes: panels * panelBytes, steps};
  }
  const each = taps.length / form.turns;
  const steps = Array.from({length: form.turns}, (_, turn) =>
    packRun(source, taps.slice(turn * each, (turn + 1) * each), turn * rowBytes, form.turns * rowBytes, form),
  );
  return {layout: layoutOf(source, form.products), bytes: weightBytes(form), steps};
}

function layoutOf({info, part, taps, transposed}: Source, products: number | ''): string {
  const {
    filterView: [, inputs, columns],
  } = info;
  const {groups, outputChannels} = part;
  const shape = [inputs, columns, groups, outputChannels, firstWeight(info, part)];
  return [transposed ? 'transposed' : 'dense', products, ...shape, ...taps].join();
}

/** Taps that follow each other at one distance. */
function evenRuns(taps: readonly number[]): {first: number; taps: number[]}[] {
  const runs: {first: number; taps: number[]}[] = [];
  for (const [first, tap] of taps.entries()) {
    const run = runs.at(-1)?.taps;
    const follows = run !== undefined && (run.length === 1 || tap - run.at(-1)! === run[1]! - run[0]!);
    if (follows) run.push(tap);
    else runs.push({first, taps: [tap]});
  }
  return runs;
}

/** From one of such taps to the next. */
const stepOf = ([first, second]: readonly number[]) => (second === undefined ? 0 : second - first!);

/** Taps at one distance, `to` bytes from the beginning of the first panel. */
function packRun(
  {info, part, transposed}: Source,
  taps: readonly number[],
  to: number,
  panelBytes: number,
  form?: Winograd,
): RowPlan {
  const [, inputs, columns] = info.filterView;
  const outputs = part.outputChannels / part.groups;
  const rowBytes = columns * FLOAT_BYTES;
  const plan = new CallPlan();
  const head = plan.call('PackCall');
  plan.write(head, 'PackCall', {
    from: operand('x', firstWeight(info, part) + taps[0]! * inputs * rowBytes),
    to: operand('y', to),
    panel: form === undefined ? 0 : plan.floats(taps.length * BLOCK_ROWS * PANEL),
    taps: taps.length,
    tapStep: stepOf(taps) * inputs * rowBytes,
    groups: part.groups,
    ...{inputs, outputs, rowBytes, panelBytes},
    products: form?.products ?? 0,
    apart: form === undefined ? 0 : weightsApart(form),
  });
  const weights = inputs * part.outputChannels;
  const steps = (taps.length + (form?.products ?? taps.length)) * weights * MEMORY_STEPS;
  const panels = part.groups * Math.ceil(inputs / PANEL);
  if (form !== undefined) {
    return transposed
      ? plan.finish('transformTransposed', {rows: panels, steps})
      : plan.finish('transformDense', {rows: inputs, block: BLOCK_ROWS, steps});
  }
  return transposed
    ? plan.finish('packTransposed', {rows: taps.length * panels, steps})
    : plan.finish('packDense', {rows: taps.length * inputs, block: BLOCK_ROWS, steps});
}

/** The taps of a depthwise inverse part in its order. */
export function inverseTaps(info: ConvInfo, {phase, of}: InversePart): PackedWeights {
  const [, inputs, columns] = info.filterView;
  const bytes = of.outputChannels * FLOAT_BYTES;
  const tapBytes = inputs * columns * FLOAT_BYTES;
  const steps = evenRuns(phase.taps).map(({first, taps}) => {
    const plan = new CallPlan();
    const head = plan.call('CopyCall');
    plan.write(head, 'CopyCall', {
      from: operand('x', firstWeight(info, of) + taps[0]! * tapBytes),
      to: operand('y', first * bytes),
      ...{bytes, count: taps.length, fromStep: stepOf(taps) * tapBytes, toStep: bytes, outer: 0, axes: 0},
    });
    return plan.finish('copyRuns', {
      rows: taps.length,
      steps: taps.length * of.outputChannels * MEMORY_STEPS,
    });
  });
  const layout = ['depthwise', firstWeight(info, of), of.outputChannels, ...phase.taps].join();
  return {layout, bytes: phase.taps.length * bytes, steps};
}
