/**
 * What each class of layer becomes in ONNX, from its name, config and weights alone. One rule a class; a layer without
 * one cannot be exported. Here are the table and the rules of layers that work element by element; those of other kinds
 * are in the files beside. The walk over the model is to_onnx.ts's.
 */
import {clip} from '../activations';
import type {Graph, Value} from '../graph';
import {activated, inOneOrder, type LayerCall, placeOf, type Rule} from '../layer_call';
import {CONVOLUTION_RULES} from './convolution';
import {FRAME_RULES} from './frames';
import {NORM_RULES} from './norms';
import {SHOT_RULES} from './shots';
import {SPATIAL_RULES} from './spatial';

const RULES: Readonly<Record<string, Rule>> = {
  ...CONVOLUTION_RULES,
  ...NORM_RULES,
  ...SPATIAL_RULES,
  ...FRAME_RULES,
  ...SHOT_RULES,
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
  PReLU: prelu,
  ELU: (graph, {name, config, inputs: [x]}) => ({
    ...x!,
    name: graph.node(name, 'Elu', [x!.name], {alpha: {float: config.alpha!}}),
  }),
  ThresholdedReLU: (graph, {name, config, inputs: [x]}) => ({
    ...x!,
    name: graph.node(name, 'ThresholdedRelu', [x!.name], {alpha: {float: config.theta!}}),
  }),
  Softmax: softmax,
  Rescaling: rescaling,
  Add: merging('Add'),
  Multiply: merging('Mul'),
  Maximum: merging('Max'),
  Minimum: merging('Min'),
  Average: average,
  Concatenate: concatenation,
  Dropout: unchanged,
  SpatialDropout1D: unchanged,
  SpatialDropout2D: unchanged,
  SpatialDropout3D: unchanged,
  DropPath: unchanged,
  AlphaDropout: unchanged,
  GaussianNoise: unchanged,
  GaussianDropout: unchanged,
};

/** The classes that can be exported, nested models excepted. */
export const LAYER_CLASSES: readonly string[] = Object.keys(RULES);

/** Adds the nodes of a layer and gives its output; undefined for a class that has no rule. */
export function applyRule(graph: Graph, className: string, call: LayerCall): Value | undefined {
  return Object.hasOwn(RULES, className) ? RULES[className]!(graph, call) : undefined;
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

/** A slope for each element, or one for all positions of a channel. */
function prelu(graph: Graph, call: LayerCall): Value {
  const {name, inputs} = call;
  const {shape, values} = call.weight('alpha')!;
  const isOfChannels = shape.slice(0, -1).every((length) => length === 1);
  const x = isOfChannels ? inputs[0]! : graph.ordered(inputs[0]!, false);
  const lengths = x.channelsFirst ? [shape.at(-1)!, ...shape.slice(0, -1)] : shape;
  return {...x, name: graph.node(name, 'PRelu', [x.name, graph.floats(`${name}/alpha`, lengths, values)])};
}

function rescaling(graph: Graph, {name, config, inputs: [x]}: LayerCall): Value {
  const number = (value: number) => graph.floats(`${name}/number`, [], Float32Array.of(value));
  const scaled = graph.node(name, 'Mul', [x!.name, number(config.scale!)]);
  return {...x!, name: graph.node(name, 'Add', [scaled, number(config.offset!)])};
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

/** What does something in training alone. */
function unchanged(_graph: Graph, {inputs}: LayerCall): Value {
  return inputs[0]!;
}
