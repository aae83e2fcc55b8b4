/** Convolutions of all kinds in ONNX: those of the family by their ConvInfo, separable and transposed ones. */
import type {ConvInfo} from '../../../geometry/conv_info';
import {conv3dInfo, depthwiseConv3dInfo} from '../../../geometry/ordinary_info';
import {stsConv3dInfo, stsDepthwiseConv3dInfo} from '../../../geometry/sts_info';
import type {GridTaps} from '../../../geometry/taps';
import {conv3dTransposeInfo} from '../../../geometry/transposed_info';
import type {Shape5D, Triple} from '../../../util/shapes';
import {convolution} from '../convolution';
import {activated, channelsSecond, type LayerConfig, type Rule} from '../layer_call';

type Info = (x: Shape5D, filter: Shape5D, config: LayerConfig) => ConvInfo;

const geometry = ({strides, padding, dilationRate}: LayerConfig) => ({
  strides: strides!,
  pad: padding!,
  dilations: dilationRate!,
});
const groupsOf = ({groups}: LayerConfig) => ({groups: groups ?? 1});
const splitOf = ({split}: LayerConfig) => (split ? {split} : {});

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

/** A depthwise convolution and one of 1 x 1 x 1. */
const separable: Rule = (graph, call) => {
  const x = channelsSecond(graph, call);
  const [depthwise, pointwise] = [call.weight('depthwise_kernel')!, call.weight('pointwise_kernel')!];
  const info = depthwiseConv3dInfo(x.size, [...depthwise.shape] as Shape5D, geometry(call.config));
  const between = convolution(graph, call.name, x.name, info, {filter: depthwise.values, bias: undefined});
  const pointwiseInfo = conv3dInfo(info.outputShape, [...pointwise.shape] as Shape5D, {
    strides: [1, 1, 1],
    pad: 'valid',
  });
  const weights = {filter: pointwise.values, bias: call.weight('bias')?.values};
  return activated(graph, call, x.output(convolution(graph, call.name, between, pointwiseInfo, weights)));
};

/** The kernel is `[...taps, out, in]`, ONNX's `[in, out, ...taps]`. */
const transposed: Rule = (graph, call) => {
  const {name, config} = call;
  const x = channelsSecond(graph, call);
  const {shape, values} = call.weight('kernel')!;
  const {inputShape: output, parts} = conv3dTransposeInfo(x.size, [...shape] as Shape5D, {
    strides: config.strides!,
    padding: config.padding as 'same' | 'valid',
    dilations: (config.dilationRate ?? [1, 1, 1]) as Triple,
    outputPadding: config.outputPadding ?? undefined,
  });
  const {taps, strides, dilations, padding} = parts[0]!.rule as GridTaps;
  // What an input position reaches behind the output is cut off, and what none reaches is zero.
  const behind = taps.map((count, axis) => {
    const all = (x.size[axis + 1]! - 1) * strides[axis]! + (count - 1) * dilations[axis]! + 1;
    return all - padding[axis]! - output[axis + 1]!;
  });
  const inputs = [x.name, graph.floats(`${name}/filter`, ...turned(shape, values))];
  const bias = call.weight('bias');
  if (bias) inputs.push(graph.floats(`${name}/bias`, bias.shape, bias.values));
  const y = graph.node(name, 'ConvTranspose', inputs, {
    kernel_shape: taps,
    strides,
    dilations,
    pads: [...padding, ...behind.map((count) => Math.max(count, 0))],
    output_padding: behind.map((count) => Math.max(-count, 0)),
  });
  return activated(graph, call, x.output(y));
};

function turned(shape: readonly number[], values: Float32Array): [number[], Float32Array] {
  const [out, channels] = [shape[3]!, shape[4]!];
  const taps = values.length / (out * channels);
  const filter = new Float32Array(values.length);
  for (let from = 0; from < values.length; from++) {
    const [tap, output, channel] = [
      Math.floor(from / (out * channels)),
      Math.floor(from / channels) % out,
      from % channels,
    ];
    filter[(channel * out + output) * taps + tap] = values[from]!;
  }
  return [[channels, out, ...shape.slice(0, 3)], filter];
}

export const CONVOLUTION_RULES: Readonly<Record<string, Rule>> = {
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
  SeparableConv3D: separable,
  Conv3DTranspose: transposed,
  TransposedConv3D: transposed,
};
