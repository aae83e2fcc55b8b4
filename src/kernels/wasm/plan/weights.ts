/** How the weights of a part go into the order in which the module reads them: plain data, as the calls that read them. */
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import type {InversePart} from '../../../geometry/parts';
import {tapCount} from '../../../geometry/taps';
import {CallPlan, type Fields, FLOAT_BYTES, MEMORY_STEPS, operand, type RowPlan} from './call_plan';
import {PANEL} from './part_call';
import {apart, type Winograd, weightBytes, weightsApart} from './winograd';

export interface PackedWeights {
  /** Says what is packed, and how: one filter may be packed in several ways. */
  readonly layout: string;
  readonly bytes: number;
  /** Operands are the filter as x and what is packed as y. */
  readonly steps: readonly RowPlan[];
}

/** Packed, or as they lie in the filter from so many bytes on. */
export type WeightsPlan = PackedWeights | number;

/** Rows of a filter that threads take at least: what they read of them at a time. */
const BLOCK_ROWS = 64;

/** Bytes of transformed panels at a time, of which a convolution reads inputs again for each. */
const CACHED_PANELS = 2 ** 20;

/** The first weight of a part. */
export function firstWeight({filterView: [, inputs, columns]}: ConvInfo, part: ConvPart): number {
  return (part.firstTap * inputs * columns + part.outputChannel) * FLOAT_BYTES;
}

/** Of a filter that is packed: panels of 8 outputs. */
export function panelsOf(info: ConvInfo, part: ConvPart): Panels {
  const taps = Array.from({length: tapCount(part.rule)}, (_, tap) => tap);
  return {info, part, taps, transposed: false};
}

/** The taps of an inverse part in its order, inputs and outputs exchanged: panels of 8 inputs. */
export function transposedPanels(info: ConvInfo, {phase: {taps}, of}: InversePart): Panels {
  return {info, part: of, taps, transposed: true};
}

/** What of a filter is packed in panels. */
export interface Panels {
  info: ConvInfo;
  /** A part of the convolution itself, also where it is packed for a gradient. */
  part: ConvPart;
  /** Of the part, in the order in which they are packed. */
  taps: readonly number[];
  /** Whether the outputs are what is summed over. */
  transposed: boolean;
}

/** As they are, or transformed for the minimal-filtering form. */
export function packed(source: Panels, form?: Winograd): PackedWeights {
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

function layoutOf({info, part, taps, transposed}: Panels, products: number | ''): string {
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
  {info, part, transposed}: Panels,
  taps: readonly number[],
  to: number,
  panelBytes: number,
  form?: Winograd,
): RowPlan {
  const [, inputs] = info.filterView;
  const plan = new CallPlan();
  const head = plan.call('PackCall');
  plan.write(head, 'PackCall', {
    ...readFrom({info, part, taps, transposed}, 'x'),
    to: operand('y', to),
    panel: form === undefined ? 0 : plan.floats(taps.length * BLOCK_ROWS * PANEL),
    panelBytes,
    products: form?.products ?? 0,
    apart: form === undefined ? 0 : weightsApart(form),
    ...{panels: 0, turnStep: 0},
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

/** Taps at one distance. */
function readFrom({info, part, taps, transposed}: Panels, filter: 'x' | 'weights') {
  const [, inputs, columns] = info.filterView;
  const rowBytes = columns * FLOAT_BYTES;
  return {
    from: operand(filter, firstWeight(info, part) + taps[0]! * inputs * rowBytes),
    taps: taps.length,
    tapStep: stepOf(taps) * inputs * rowBytes,
    groups: part.groups,
    ...{inputs, outputs: part.outputChannels / part.groups, rowBytes},
    transposed: transposed ? 1 : 0,
  };
}

/**
 * The call that transforms a few panels of a filter, where a convolution does that itself: in a scratch that stays in the cache. Taps in
 * time are at one distance: under a stride every second one, or fewer, may reach a single frame.
 */
export function packCall(plan: CallPlan, source: Panels, form: Winograd): Fields<'PackCall'> {
  const {products, turns, inputs} = form;
  const each = source.taps.length / turns;
  const [from, next = from] = [source.taps[0]!, source.taps[each]];
  const tapBytes = source.info.filterView[1] * source.info.filterView[2] * FLOAT_BYTES;
  const panelBytes = inputs * PANEL * FLOAT_BYTES;
  const panels = Math.min(form.panels, Math.max(1, Math.floor(CACHED_PANELS / (products * panelBytes))));
  const productBytes = apart(panels * inputs * PANEL);
  return {
    ...readFrom({...source, taps: source.taps.slice(0, each)}, 'weights'),
    to: plan.reserve(products * productBytes),
    panel: plan.floats(each * BLOCK_ROWS * PANEL),
    ...{panelBytes, products, panels},
    turnStep: (next - from) * tapBytes,
    apart: productBytes,
  };
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
