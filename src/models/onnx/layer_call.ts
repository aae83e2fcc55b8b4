/** What a rule is given, and what rules of several kinds need: orders of axes, activations, values that meet. */
import type {Padding3D, SplitRounding} from '../../geometry/conv_options';
import {InvalidArgumentError} from '../../util/errors';
import type {PartialShape, Shape5D, Triple} from '../../util/shapes';
import {ACTIVATION_NAMES, activation} from './activations';
import {firstFromLast, type Graph, type Value} from './graph';

/** Positions before and behind, of each axis. */
export type Sides = readonly (readonly [number, number])[];

/** One call of a layer in a model. */
export interface LayerCall {
  /** Class and name, for errors. */
  readonly label: string;
  readonly name: string;
  readonly config: LayerConfig;
  readonly inputs: readonly Value[];
  readonly outputShape: PartialShape;
  /** A weight by its own name, such as `kernel`; undefined where the layer has none of it. */
  weight(name: string): {readonly shape: readonly number[]; readonly values: Float32Array} | undefined;
}

/** What the rules read of the configs of all classes. A class has some of it, as its getConfig writes it. */
export interface LayerConfig {
  readonly dataFormat?: 'channelsLast' | 'channelsFirst';
  readonly activation?: unknown;
  readonly padding?: Padding3D;
  readonly strides?: Triple;
  readonly dilationRate?: Triple;
  readonly groups?: number;
  readonly split?: SplitRounding | null;
  readonly poolSize?: Triple;
  readonly keepDims?: boolean;
  readonly axis?: number | readonly number[];
  readonly epsilon?: number;
  readonly maxValue?: number | null;
  readonly alpha?: number;
  readonly dims?: readonly number[];
  readonly cropping?: Sides;
  readonly size?: Triple;
  readonly outputPadding?: Triple | null;
  readonly theta?: number;
  readonly scale?: number;
  readonly offset?: number;
  readonly n?: number;
  readonly interpolation?: string;
  readonly levels?: number;
  readonly reach?: number;
}

export type Rule = (graph: Graph, call: LayerCall) => Value;

export function activated(graph: Graph, {name, label, config}: LayerCall, value: Value): Value {
  const wanted = String(config.activation ?? 'linear');
  const result = activation(graph, name, value, wanted);
  if (result !== undefined) return result;
  throw new InvalidArgumentError(
    `toOnnx: ${label} has the activation '${wanted}'; known are ${ACTIVATION_NAMES.join(', ')}.`,
  );
}

/** The one rank-5 input of a layer with its channels behind the batch, whatever the layer's dataFormat. */
export function channelsSecond(graph: Graph, {config, inputs, outputShape}: LayerCall) {
  const isHostOrder = config.dataFormat === 'channelsFirst';
  const value = graph.ordered(inputs[0]!, !isHostOrder);
  const [, ...lengths] = value.shape as Shape5D;
  const [channels, ...size] = isHostOrder ? lengths : [lengths[3]!, ...lengths.slice(0, 3)];
  return {
    name: value.name,
    /** `[1, time, height, width, channels]` */
    size: [1, ...size, channels] as Shape5D,
    output: (name: string): Value => ({name, shape: outputShape, channelsFirst: !isHostOrder}),
  };
}

/** Inputs that meet each other: in ONNX's order as soon as one of them is. */
export function inOneOrder(graph: Graph, {label, inputs, outputShape}: LayerCall): Value[] {
  if (inputs.some(({shape}) => shape.length !== outputShape.length)) {
    throw new InvalidArgumentError(
      `toOnnx: ${label} merges inputs of ranks ${inputs.map(({shape}) => shape.length).join(' and ')}; ` +
        'give them one rank with tf.layers.reshape.',
    );
  }
  const channelsFirst = inputs.some((value) => value.channelsFirst && value.shape.length > 2);
  return inputs.map((value) => graph.ordered(value, channelsFirst));
}

/** Where tfjs's axis stands in memory; negative ones count from the end. */
export function placeOf(axis: number, rank: number, channelsFirst: boolean): number {
  const host = axis < 0 ? axis + rank : axis;
  return channelsFirst ? firstFromLast(rank).indexOf(host) : host;
}
