/** How the weights of a part go into the order in which the module reads them: plain data, as the calls that read them. */
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import type {InversePart} from '../../../geometry/parts';
import {tapCount} from '../../../geometry/taps';
import {FLOAT_BYTES} from './call_plan';
import {PANEL} from './part_call';
import {transformSizes, type Winograd, winogradWeightBytes} from './winograd';

/** A step of packing: a function of the module, or a copy of bytes, from somewhere in the filter to somewhere in the scratch. */
export interface PackStep {
  readonly run: 'packDense' | 'packTransposed' | 'copy';
  /** Bytes from the beginning of the filter, and of the destination. */
  readonly from: number;
  readonly to: number;
  readonly sizes: readonly number[];
}

export interface PackedWeights {
  /** Says what is packed, and how: one filter may be packed in several ways. */
  readonly layout: string;
  readonly bytes: number;
  readonly steps: readonly PackStep[];
  /** What `transformWeights` is told of the destination, and how many bytes are left of it. */
  readonly transform?: {readonly bytes: number; readonly sizes: readonly number[]};
}

/** Packed, or as they lie in the filter from so many bytes on. */
export type WeightsPlan = PackedWeights | number;

/** Panels as they are, or transformed for the minimal-filtering form. */
export function inForm(weights: PackedWeights, form: Winograd | undefined): PackedWeights {
  if (form === undefined) return weights;
  const layout = `${form.products} ${weights.layout}`;
  return {...weights, layout, transform: {bytes: winogradWeightBytes(form), sizes: transformSizes(form)}};
}

/** The first weight of a part. */
export function firstWeight({filterView: [, inputs, columns]}: ConvInfo, part: ConvPart): number {
  return (part.firstTap * inputs * columns + part.outputChannel) * FLOAT_BYTES;
}

/** Panels of 8 outputs. */
export function panelsOf(info: ConvInfo, part: ConvPart): PackedWeights {
  const [, inputs, columns] = info.filterView;
  const from = firstWeight(info, part);
  const depth = tapCount(part.rule) * inputs;
  const outputs = part.outputChannels / part.groups;
  return {
    layout: `dense ${[from, depth, part.groups, outputs, columns].join()}`,
    bytes: part.groups * Math.ceil(outputs / PANEL) * PANEL * depth * FLOAT_BYTES,
    steps: [{run: 'packDense', from, to: 0, sizes: [depth, part.groups, outputs, columns * FLOAT_BYTES]}],
  };
}

/** The taps of an inverse part in its order, inputs and outputs exchanged: panels of 8 inputs. */
export function transposedPanels(info: ConvInfo, inverse: InversePart): PackedWeights {
  const {phase, of} = inverse;
  const [, inputs, columns] = info.filterView;
  const outputs = of.outputChannels / of.groups;
  const panelBytes = phase.taps.length * outputs * PANEL * FLOAT_BYTES;
  return {
    layout: `input dense ${inverseLayout(info, inverse)}`,
    bytes: of.groups * Math.ceil(inputs / PANEL) * panelBytes,
    steps: phase.taps.map((tap, i) => ({
      run: 'packTransposed',
      from: firstWeight(info, of) + tap * inputs * columns * FLOAT_BYTES,
      to: i * outputs * PANEL * FLOAT_BYTES,
      sizes: [of.groups, inputs, outputs, columns * FLOAT_BYTES, panelBytes],
    })),
  };
}

/** The taps of a depthwise inverse part in its order. */
export function inverseTaps(info: ConvInfo, inverse: InversePart): PackedWeights {
  const {phase, of} = inverse;
  const [, inputs, columns] = info.filterView;
  const bytes = of.outputChannels * FLOAT_BYTES;
  return {
    layout: `input depthwise ${inverseLayout(info, inverse)}`,
    bytes: phase.taps.length * bytes,
    steps: phase.taps.map((tap, i) => ({
      run: 'copy',
      from: firstWeight(info, of) + tap * inputs * columns * FLOAT_BYTES,
      to: i * bytes,
      sizes: [bytes],
    })),
  };
}

function inverseLayout({filterView: [, inputs, columns]}: ConvInfo, {phase, of}: InversePart): string {
  const outputs = of.outputChannels / of.groups;
  return [of.firstTap, of.outputChannel, of.groups, outputs, inputs, columns, ...phase.taps].join();
}
