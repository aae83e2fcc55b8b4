/** Normalizations in ONNX: batch, layer, group and unit. */
import {InvalidArgumentError} from '../../../util/errors';
import type {Graph, Value} from '../graph';
import {type LayerCall, placeOf, type Rule} from '../layer_call';

/** The axis is one behind the batch, or the last, which is there in the other order. */
function batchNormalization(graph: Graph, call: LayerCall): Value {
  const {name, label, config, inputs} = call;
  const rank = inputs[0]!.shape.length;
  const given = Array.isArray(config.axis) ? config.axis[0] : config.axis;
  const axis = given < 0 ? given + rank : given;
  if (axis !== 1 && axis !== rank - 1) {
    throw new InvalidArgumentError(
      `toOnnx: ${label} normalizes axis ${axis}; ONNX has that for axis 1 and, reordered, the last one.`,
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

/** In ONNX over all axes from one on. */
const layerNormalization: Rule = (graph, call) => {
  const {name, label, config, inputs} = call;
  const x = graph.ordered(inputs[0]!, false);
  const rank = x.shape.length;
  const axes = [config.axis!].flat().map((axis) => (axis < 0 ? axis + rank : axis));
  const first = Math.min(...axes);
  if (first < 1 || axes.length !== rank - first) {
    throw new InvalidArgumentError(
      `toOnnx: ${label} normalizes the axes ${axes.join(', ')} of ${rank}; ONNX has that for the last ones together. ` +
        'Bring them there with tf.layers.permute.',
    );
  }
  const shape = x.shape.slice(first) as number[];
  const size = shape.reduce((product, length) => product * length, 1);
  const vector = (weight: string, fallback: number) =>
    graph.floats(
      `${name}/${weight}`,
      shape,
      call.weight(weight)?.values ?? new Float32Array(size).fill(fallback),
    );
  const y = graph.node(name, 'LayerNormalization', [x.name, vector('gamma', 1), vector('beta', 0)], {
    axis: first,
    epsilon: {float: config.epsilon!},
  });
  return {...x, name: y};
};

/** Each group as one channel of an instance normalization, then gamma and beta of the real channels. */
const groupNormalization: Rule = (graph, call) => {
  const {name, label, config, inputs} = call;
  const rank = inputs[0]!.shape.length;
  const given = config.axis as number;
  const axis = given < 0 ? given + rank : given;
  if (axis !== 1 && axis !== rank - 1) {
    throw new InvalidArgumentError(
      `toOnnx: ${label} has its channels on axis ${axis}; ONNX has that for axis 1 and, reordered, the last one.`,
    );
  }
  const x = graph.ordered(inputs[0]!, axis === rank - 1);
  const channels = x.shape[axis]!;
  const groups = config.groups === -1 ? channels : config.groups!;
  const constant = (wanted: string, shape: number[], value: number) =>
    graph.floats(`${name}/${wanted}`, shape, new Float32Array(groups).fill(value));
  const [ones, zeros] = [constant('one', [groups], 1), constant('zero', [groups], 0)];
  const inGroups = graph.reshape(name, x.name, [groups, -1]);
  const normal = graph.node(name, 'InstanceNormalization', [inGroups, ones, zeros], {
    epsilon: {float: config.epsilon!},
  });
  const positions = (axis === 1 ? x.shape.slice(2) : x.shape.slice(1, -1)) as number[];
  let y = graph.reshape(name, normal, [channels, ...positions]);
  for (const [operator, weight] of [
    ['Mul', 'gamma'],
    ['Add', 'beta'],
  ] as const) {
    const vector = call.weight(weight);
    if (!vector) continue;
    const shaped = graph.floats(`${name}/${weight}`, [channels, ...positions.map(() => 1)], vector.values);
    y = graph.node(name, operator, [y, shaped]);
  }
  return {...x, name: y};
};

/** The square of the length is at least 1e-12, as in Keras. */
const unitNormalization: Rule = (graph, {name, config, inputs: [x]}) => {
  const rank = x!.shape.length;
  const axes = [config.axis!].flat().map((axis) => placeOf(axis, rank, x!.channelsFirst));
  const length = graph.node(name, 'ReduceL2', [x!.name], {axes, keepdims: 1});
  const least = graph.floats(`${name}/least`, [], Float32Array.of(1e-6));
  return {...x!, name: graph.node(name, 'Div', [x!.name, graph.node(name, 'Max', [length, least])])};
};

export const NORM_RULES: Readonly<Record<string, Rule>> = {
  BatchNorm3D: batchNormalization,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  UnitNormalization: unitNormalization,
};
