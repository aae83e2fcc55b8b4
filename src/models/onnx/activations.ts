/** The activations of tfjs-layers and of this package as ONNX nodes, by the names in a layer's config. */

import type {Graph, Value} from './graph';
import type {Attribute} from './model_proto';

type Make = (graph: Graph, owner: string, x: string, value: Value) => string;

const one =
  (operator: string, attributes: Record<string, Attribute> = {}): Make =>
  (graph, owner, x) =>
    graph.node(owner, operator, [x], attributes);

/** min(max(x, least), most) */
export function clip(graph: Graph, owner: string, x: string, most: number, least = 0): string {
  return graph.node(owner, 'Clip', [x, number(graph, owner, least), number(graph, owner, most)]);
}

function number(graph: Graph, owner: string, value: number): string {
  return graph.floats(`${owner}/number`, [], Float32Array.of(value));
}

/** Terms over one graph: nodes and numbers as inputs of others. */
function terms(graph: Graph, owner: string) {
  const input = (term: string | number) => (typeof term === 'number' ? number(graph, owner, term) : term);
  return (operator: string, ...inputs: readonly (string | number)[]) =>
    graph.node(owner, operator, inputs.map(input));
}

/** x / 2 * (1 + erf(x / sqrt(2))) */
const gelu: Make = (graph, owner, x) => {
  const term = terms(graph, owner);
  return term('Mul', term('Mul', x, 0.5), term('Add', term('Erf', term('Mul', x, Math.SQRT1_2)), 1));
};

/** The approximation x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))). */
const geluNew: Make = (graph, owner, x) => {
  const term = terms(graph, owner);
  const cube = term('Mul', term('Mul', x, x), x);
  const inside = term('Mul', term('Add', x, term('Mul', cube, 0.044715)), Math.sqrt(2 / Math.PI));
  return term('Mul', term('Mul', x, 0.5), term('Add', term('Tanh', inside), 1));
};

const mish: Make = (graph, owner, x) => {
  const term = terms(graph, owner);
  return term('Mul', x, term('Tanh', term('Softplus', x)));
};

const swish: Make = (graph, owner, x) => {
  const term = terms(graph, owner);
  return term('Mul', x, term('Sigmoid', x));
};

/** 0 up to -1, x from 1 on, a parabola that joins both between. */
const sparsePlus: Make = (graph, owner, x) => {
  const term = terms(graph, owner);
  const rise = term('Mul', term('Add', clip(graph, owner, x, 1, -1), 1), 0.5);
  return term('Add', term('Mul', rise, rise), term('Relu', term('Sub', x, 1)));
};

/** Over the channels, which are tfjs's last axis. */
const overChannels =
  (operator: 'Softmax' | 'LogSoftmax'): Make =>
  (graph, owner, x, {shape, channelsFirst}) =>
    graph.node(owner, operator, [x], {axis: channelsFirst ? 1 : shape.length - 1});

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
  hardSilu: one('HardSwish'),
  swish,
  silu: swish,
  gelu,
  geluNew,
  gelu_new: geluNew,
  mish,
  celu: one('Elu'),
  leakyRelu: one('LeakyRelu', {alpha: {float: 0.2}}),
  exponential: one('Exp'),
  hardShrink: one('Shrink', {lambd: {float: 0.5}}),
  softShrink: one('Shrink', {lambd: {float: 0.5}, bias: {float: 0.5}}),
  hardTanh: (graph, owner, x) => clip(graph, owner, x, 1, -1),
  kerasHardSigmoid: one('HardSigmoid', {alpha: {float: 1 / 6}, beta: {float: 0.5}}),
  sparseSigmoid: one('HardSigmoid', {alpha: {float: 0.5}, beta: {float: 0.5}}),
  logSigmoid: (graph, owner, x) =>
    graph.node(owner, 'Neg', [graph.node(owner, 'Softplus', [graph.node(owner, 'Neg', [x])])]),
  sparsePlus,
  squareplus: (graph, owner, x) => {
    const term = terms(graph, owner);
    return term('Mul', term('Add', x, term('Sqrt', term('Add', term('Mul', x, x), 4))), 0.5);
  },
  tanhShrink: (graph, owner, x) => graph.node(owner, 'Sub', [x, graph.node(owner, 'Tanh', [x])]),
  softmax: overChannels('Softmax'),
  logSoftmax: overChannels('LogSoftmax'),
};

/** The names that `activation` takes. */
export const ACTIVATION_NAMES: readonly string[] = Object.keys(ACTIVATIONS);

/** The value behind the activation of this name, or undefined where there is none of it in ONNX. */
export function activation(graph: Graph, owner: string, value: Value, name: string): Value | undefined {
  const make = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  return make && {...value, name: make(graph, owner, value.name, value)};
}
