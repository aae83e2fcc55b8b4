/** Layers that change which positions there are, or how axes lie: pooling, padding, cropping, upsampling, reshaping. */
import {conv3dInfo} from '../../../geometry/ordinary_info';
import type {GridTaps} from '../../../geometry/taps';
import type {Shape5D, Triple} from '../../../util/shapes';
import {paddingBehind} from '../convolution';
import type {Graph, Value} from '../graph';
import {channelsSecond, type LayerCall, type Rule, type Sides} from '../layer_call';

function pooling(operator: 'MaxPool' | 'AveragePool'): Rule {
  return (graph, call) => {
    const {name, config} = call;
    const x = channelsSecond(graph, call);
    const {strides, padding: pad, poolSize} = config;
    const window: Shape5D = [...poolSize!, 1, 1];
    const info = conv3dInfo([...x.size.slice(0, 4), 1], window, {strides: strides!, pad: pad!});
    const rule = info.parts[0]!.rule as GridTaps;
    const behind = paddingBehind(rule, x.size.slice(1, 4) as Triple, info.outputShape.slice(1, 4) as Triple);
    const isPadded = [...rule.padding, ...behind].some((count) => count > 0);
    // Not as `pads`: ONNX Runtime takes a Pad in front of those into them, and the zeros would be no zeros any more.
    const auto_pad = isPadded ? 'SAME_UPPER' : 'VALID';
    const attributes = {kernel_shape: poolSize!, strides: strides!, auto_pad};
    // What no window sees is cut off: ONNX Runtime would take it for a padding of less than nothing.
    const seen = poolSize!.map((taps, axis) => (info.outputShape[axis + 1]! - 1) * strides![axis]! + taps);
    const taken = seen.reduce(
      (from, length, axis) =>
        isPadded && length < x.size[axis + 1]! ? graph.slice(name, from, axis + 2, 0, length) : from,
      x.name,
    );
    return x.output(graph.node(name, operator, [taken], attributes));
  };
}

function globalPooling(operator: 'GlobalAveragePool' | 'GlobalMaxPool'): Rule {
  return (graph, call) => {
    const {name, config, outputShape} = call;
    const x = channelsSecond(graph, call);
    const y = graph.node(name, operator, [x.name]);
    if (config.keepDims) return x.output(y);
    return {name: graph.node(name, 'Flatten', [y], {axis: 1}), shape: outputShape, channelsFirst: false};
  };
}

function zeroPadding(graph: Graph, call: LayerCall): Value {
  const {name, config} = call;
  const x = channelsSecond(graph, call);
  const sides = config.padding as Sides;
  const pads = [0, 1].flatMap((side) => [0, 0, ...sides.map((pair) => pair[side]!)]);
  return x.output(graph.node(name, 'Pad', [x.name, graph.integers(pads)]));
}

const cropping: Rule = (graph, call) => {
  const x = channelsSecond(graph, call);
  const cropped = call.config.cropping!.reduce((name, [before, behind], axis) => {
    const length = x.size[axis + 1]!;
    return before + behind === 0 ? name : graph.slice(call.name, name, axis + 2, before, length - behind);
  }, x.name);
  return x.output(cropped);
};

const upSampling: Rule = (graph, call) => {
  const {name, config} = call;
  const x = channelsSecond(graph, call);
  const scales = graph.floats(`${name}/scales`, [5], Float32Array.of(1, 1, ...config.size!));
  return x.output(
    graph.node(name, 'Resize', [x.name, '', scales], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    }),
  );
};

/** Channels first, the host moves the channels behind the positions and then flattens: its own order is the answer. */
const flattening: Rule = (graph, call) => {
  const {config, inputs} = call;
  const [x] = inputs;
  const rank = x!.shape.length;
  if (config.dataFormat !== 'channelsFirst' || rank < 3) return reshaping(graph, call);
  const inHostOrder = graph.ordered(x!, false);
  const last = [0, ...Array.from({length: rank - 2}, (_, i) => i + 2), 1];
  const name = graph.node(call.name, 'Transpose', [inHostOrder.name], {perm: last});
  return reshaping(graph, {...call, inputs: [{...inHostOrder, name}]});
};

/** `[batch, features]` n times in a row. */
const repetition: Rule = (graph, {name, config, inputs: [x], outputShape}) => {
  const rows = graph.reshape(name, x!.name, [1, outputShape[2]!]);
  const repeated = graph.node(name, 'Expand', [rows, graph.integers([1, config.n!, 1])]);
  return {name: repeated, shape: outputShape, channelsFirst: false};
};

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

export const SPATIAL_RULES: Readonly<Record<string, Rule>> = {
  MaxPooling3D: pooling('MaxPool'),
  // The padding does not count, as in TensorFlow.
  AveragePooling3D: pooling('AveragePool'),
  GlobalAveragePooling3D: globalPooling('GlobalAveragePool'),
  GlobalMaxPooling3D: globalPooling('GlobalMaxPool'),
  ZeroPadding3D: zeroPadding,
  Cropping3D: cropping,
  UpSampling3D: upSampling,
  Flatten: flattening,
  Reshape: reshaping,
  Permute: permutation,
  RepeatVector: repetition,
};
