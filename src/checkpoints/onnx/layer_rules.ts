/**
 * What each class of layer becomes in ONNX, from its name, config and weights alone. One rule a class; a layer without
 * one cannot be exported. The walk over the model is to_onnx.ts's.
 */

import {
  type ConvInfo,
  conv3dInfo,
  depthwiseConv3dInfo,
  type Padding3D,
  type SplitRounding,
  stsConv3dInfo,
  stsDepthwiseConv3dInfo,
} from '../../ops/conv_info';
import type {GridTaps} from '../../ops/taps';
import {InvalidArgumentError} from '../../util/errors';
import type {Shape5D, Triple} from '../../util/shapes';
import {ACTIVATION_NAMES, activation, clip} from './activations';
import {convolution, paddingBehind} from './convolution';
import {firstFromLast, type Graph, type Shape, type Value} from './graph';

/** One call of a layer in a model. */
export interface LayerCall {
  /** Class and name, for errors. */
  readonly label: string;
  readonly name: string;
  readonly config: LayerConfig;
  readonly inputs: readonly Value[];
  readonly outputShape: Shape;
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
}

type Rule = (graph: Graph, call: LayerCall) => Value;
type Info = (x: Shape5D, filter: Shape5D, config: LayerConfig) => ConvInfo;

const geometry = ({strides, padding, dilationRate}: LayerConfig) => ({
  strides: strides!,
  pad: padding!,
  dilations: dilationRate!,
});
const groupsOf = ({groups}: LayerConfig) => ({groups: groups ?? 1});
const splitOf = ({split}: LayerConfig) => (split ? {split} : {});

const RULES: Readonly<Record<string, Rule>> = {
  Conv3D: convolutional('kernel', (x, filter, config) => conv3dInfo(x, filter, geometry(config))),
  GroupedConv3D: convolutional('kernel', (x, filter, config) =>
    conv3dInfo(x, filter, {...geometry(config), ...groupsOf(config)}),
  ),
  STSConv3D: convolutional('kernel', (x, filter, config) =>
    stsConv3dInfo(x, filter, {...geometry(config), ...groupsOf(config), ...splitOf(config)}),
  ),
  DepthwiseConv3D: convolutional('depthwise_kernel', (x, filter, config) =>
    depthwiseConv3dInfo(x, filter, geometry(config)),
  ),
  STSDepthwiseConv3D: convolutional('depthwise_kernel', (x, filter, config) =>
    stsDepthwiseConv3dInfo(x, filter, geometry(config)),
  ),
  BatchNorm3D: batchNormalization,
  BatchNormalization: batchNormalization,
  ZeroPadding3D: zeroPadding,
  MaxPooling3D: pooling('MaxPool'),
  // The padding does not count, as in TensorFlow.
  AveragePooling3D: pooling('AveragePool'),
  GlobalAveragePooling3D: globalAverage,
  Dense: dense,
  Activation: (graph, call) => activated(graph, call, call.inputs[0]!),
  ReLU: (graph, {name, config: {maxValue}, inputs: [x]}) => {
    const y = maxValue == null ? graph.node(name, 'Relu', [x!.name]) : clip(graph, name, x!.name, maxValue);
    return {...x!, name: y};
  },
  LeakyReLU: (graph, {name, config, inputs: [x]}) => ({
    ...x!,
    name: graph.node(name, 'LeakyRelu', [x!.name], {alpha: {float: config.alpha!}}),
  }),
  Softmax: softmax,
  Add: merging('Add'),
  Multiply: merging('Mul'),
  Maximum: merging('Max'),
  Minimum: merging('Min'),
  Average: average,
  Concatenate: concatenation,
  Flatten: reshaping,
  Reshape: reshaping,
  Permute: permutation,
  Dropout: unchanged,
  SpatialDropout1D: unchanged,
  GaussianNoise: unchanged,
  GaussianDropout: unchanged,
};

/** The classes that can be exported, nested models excepted. */
export const LAYER_CLASSES: readonly string[] = Object.keys(RULES);

/** Adds the nodes of a layer and gives its output; undefined for a class that has no rule. */
export function applyRule(graph: Graph, className: string, call: LayerCall): Value | undefined {
  return Object.hasOwn(RULES, className) ? RULES[className]!(graph, call) : undefined;
}

function convolutional(kernel: string, infoOf: Info): Rule {
  return (graph, call) => {
    const x = channelsSecond(graph, call);
    const filter = call.weight(kernel)!;
    const info = infoOf(x.size, [...filter.shape] as Shape5D, call.config);
    const weights = {filter: filter.values, bias: call.weight('bias')?.values};
    const y = x.output(convolution(graph, call.name, x.name, info, weights));
    return activated(graph, call, y);
  };
}

function pooling(operator: 'MaxPool' | 'AveragePool'): Rule {
  return (graph, call) => {
    const {name, config} = call;
    const x = channelsSecond(graph, call);
    const {strides, padding: pad, poolSize} = config;
    const window: Shape5D = [...poolSize!, 1, 1];
    const info = conv3dInfo([...x.size.slice(0, 4), 1], window, {strides: strides!, pad: pad!});
    const rule = info.parts[0]!.rule as GridTaps;
    const behind = paddingBehind(rule, x.size.slice(1, 4) as Triple, info.outputShape.slice(1, 4) as Triple);
    const attributes = {kernel_shape: poolSize!, strides: strides!, pads: [...rule.padding, ...behind]};
    return x.output(graph.node(name, operator, [x.name], attributes));
  };
}

function globalAverage(graph: Graph, call: LayerCall): Value {
  const {name, config, outputShape} = call;
  const x = channelsSecond(graph, call);
  const y = graph.node(name, 'GlobalAveragePool', [x.name]);
  if (config.keepDims) return x.output(y);
  return {name: graph.node(name, 'Flatten', [y], {axis: 1}), shape: outputShape, channelsFirst: false};
}

function zeroPadding(graph: Graph, call: LayerCall): Value {
  const {name, config} = call;
  const x = channelsSecond(graph, call);
  const sides = config.padding as readonly (readonly [number, number])[];
  const pads = [0, 1].flatMap((side) => [0, 0, ...sides.map((pair) => pair[side]!)]);
  return x.output(graph.node(name, 'Pad', [x.name, graph.integers(pads)]));
}

/** The axis is one behind the batch, or the last, which is there in the other order. */
function batchNormalization(graph: Graph, call: LayerCall): Value {
  const {name, label, config, inputs} = call;
  const rank = inputs[0]!.shape.length;
  const given = Array.isArray(config.axis) ? config.axis[0] : config.axis;
  const axis = given < 0 ? given + rank : given;
  if (axis !== 1 && axis !== rank - 1) {
    throw new InvalidArgumentError(
      `checkpoints.toOnnx: ${label} normalizes axis ${axis}; ONNX has that for axis 1 and, reordered, the last one.`,
    );
  }
  const x = graph.ordered(inputs[0]!, axis === rank - 1);
  const mean = call.weight('moving_mean')!.values;
  const vector = (weight: string, fallback: number) =>
    graph.floats(
      `${name}/${weight}`,
      [mean.length],
      call.weight(weight)?.values ?? new Float32Array(mean.length).fill(fallback),
    );
  const parameters = [
    vector('gamma', 1),
    vector('beta', 0),
    vector('moving_mean', 0),
    vector('moving_variance', 1),
  ];
  const attributes = {epsilon: {float: config.epsilon!}};
  return {...x, name: graph.node(name, 'BatchNormalization', [x.name, ...parameters], attributes)};
}

function dense(graph: Graph, call: LayerCall): Value {
  const {name, outputShape} = call;
  const x = graph.ordered(call.inputs[0]!, false);
  const {shape, values} = call.weight('kernel')!;
  const kernel = graph.floats(`${name}/kernel`, shape, values);
  const bias = call.weight('bias');
  const vector = bias && graph.floats(`${name}/bias`, bias.shape, bias.values);
  // Gemm is the product with the sum, of rank 2 alone.
  const isMatrix = x.shape.length === 2;
  const product = graph.node(name, isMatrix ? 'Gemm' : 'MatMul', [
    x.name,
    kernel,
    ...(isMatrix && vector ? [vector] : []),
  ]);
  const sum = isMatrix || !vector ? product : graph.node(name, 'Add', [product, vector]);
  return activated(graph, call, {name: sum, shape: outputShape, channelsFirst: false});
}

function softmax(graph: Graph, {name, config, inputs: [x]}: LayerCall): Value {
  const rank = x!.shape.length;
  const axis = config.axis as number;
  return {...x!, name: graph.node(name, 'Softmax', [x!.name], {axis: placeOf(axis, rank, x!.channelsFirst)})};
}

function merging(operator: 'Add' | 'Mul' | 'Max' | 'Min'): Rule {
  return (graph, call) => {
    const values = inOneOrder(graph, call);
    const [first, ...others] = values.map(({name}) => name);
    const name = others.reduce((sum, other) => graph.node(call.name, operator, [sum, other]), first!);
    return {...values[0]!, name, shape: call.outputShape};
  };
}

function average(graph: Graph, call: LayerCall): Value {
  const values = inOneOrder(graph, call);
  const name = graph.node(
    call.name,
    'Mean',
    values.map((value) => value.name),
  );
  return {...values[0]!, name, shape: call.outputShape};
}

function concatenation(graph: Graph, call: LayerCall): Value {
  const values = inOneOrder(graph, call);
  const {channelsFirst} = values[0]!;
  const axis = placeOf(call.config.axis as number, call.outputShape.length, channelsFirst);
  const names = values.map(({name}) => name);
  return {name: graph.node(call.name, 'Concat', names, {axis}), shape: call.outputShape, channelsFirst};
}

function reshaping(graph: Graph, {name, inputs, outputShape}: LayerCall): Value {
  const x = graph.ordered(inputs[0]!, false);
  const lengths = outputShape.slice(1) as number[];
  return {name: graph.reshape(name, x.name, lengths), shape: outputShape, channelsFirst: false};
}

/** `dims` does not count the batch: 1 is the first axis behind it, and stands there for itself. */
function permutation(graph: Graph, {name, config, inputs, outputShape}: LayerCall): Value {
  const x = graph.ordered(inputs[0]!, false);
  const perm = [0, ...config.dims!];
  return {
    name: graph.node(name, 'Transpose', [x.name], {perm}),
    shape: outputShape,
    channelsFirst: false,
  };
}

/** What does something in training alone. */
function unchanged(_graph: Graph, {inputs}: LayerCall): Value {
  return inputs[0]!;
}

function activated(graph: Graph, {name, label, config}: LayerCall, value: Value): Value {
  const wanted = String(config.activation ?? 'linear');
  const result = activation(graph, name, value, wanted);
  if (result !== undefined) return result;
  throw new InvalidArgumentError(
    `checkpoints.toOnnx: ${label} has the activation '${wanted}'; known are ${ACTIVATION_NAMES.join(', ')}.`,
  );
}

/** The one rank-5 input of a layer with its channels behind the batch, whatever the layer's dataFormat. */
function channelsSecond(graph: Graph, {config, inputs, outputShape}: LayerCall) {
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
function inOneOrder(graph: Graph, {label, inputs, outputShape}: LayerCall): Value[] {
  if (inputs.some(({shape}) => shape.length !== outputShape.length)) {
    throw new InvalidArgumentError(
      `checkpoints.toOnnx: ${label} merges inputs of ranks ${inputs.map(({shape}) => shape.length).join(' and ')}; ` +
        'give them one rank with tf.layers.reshape.',
    );
  }
  const channelsFirst = inputs.some((value) => value.channelsFirst && value.shape.length > 2);
  return inputs.map((value) => graph.ordered(value, channelsFirst));
}

/** Where tfjs's axis stands in memory; negative ones count from the end. */
function placeOf(axis: number, rank: number, channelsFirst: boolean): number {
  const host = axis < 0 ? axis + rank : axis;
  return channelsFirst ? firstFromLast(rank).indexOf(host) : host;
}
