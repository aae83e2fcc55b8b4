/** The activations of tfjs-layers and of this package as ONNX nodes, by the names in a layer's config. */

import type {Graph, Value} from './graph';
import type {Attribute} from './model_proto';

type Make = (graph: Graph, owner: string, x: string, value: Value) => string;

const one =
  (operator: string, attributes: Record<string, Attribute> = {}): Make =>
  (graph, owner, x) =>
    graph.node(owner, operator, [x], attributes);

/** min(max(x, 0), most) */
export function clip(graph: Graph, owner: string, x: string, most: number): string {
  const limits = [0, most].map((limit) => graph.floats(`${owner}/limit`, [], Float32Array.of(limit)));
  return graph.node(owner, 'Clip', [x, ...limits]);
}

/** Over the channels, which are tfjs's last axis. */
const softmax: Make = (graph, owner, x, {shape, channelsFirst}) =>
  graph.node(owner, 'Softmax', [x], {axis: channelsFirst ? 1 : shape.length - 1});

const ACTIVATIONS: Readonly<Record<string, Make>> = {
  linear: (_graph, _owner, x) => x,
  relu: one('Relu'),
  relu6: (graph, owner, x) => clip(graph, owner, x, 6),
  sigmoid: one('Sigmoid'),
  tanh: one('Tanh'),
  softplus: one('Softplus'),
  softsign: one('Softsign'),
  selu: one('Selu'),
  elu: one('Elu'),
  hardSigmoid: one('HardSigmoid', {alpha: {float: 0.2}, beta: {float: 0.5}}),
  hardSwish: one('HardSwish'),
  swish: (graph, owner, x) => graph.node(owner, 'Mul', [x, graph.node(owner, 'Sigmoid', [x])]),
  softmax,
};

/** The names that `activation` takes. */
export const ACTIVATION_NAMES: readonly string[] = Object.keys(ACTIVATIONS);

/** The value behind the activation of this name, or undefined where there is none of it in ONNX. */
export function activation(graph: Graph, owner: string, value: Value, name: string): Value | undefined {
  const make = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  return make && {...value, name: make(graph, owner, value.name, value)};
}
