/**
 * A convolution of the family as ONNX nodes: each part of its ConvInfo one Conv, of rank 5 on the grid and of rank 4
 * along lines, between the slices, reshapes and transposes that make views of the input. Channels first throughout.
 */
import type {ConvInfo, ConvPart} from '../../geometry/conv_info';
import {type GridTaps, type LineTaps, tapCount} from '../../geometry/taps';
import type {Triple} from '../../util/shapes';
import type {Graph} from './graph';

export interface ConvolutionWeights {
  /** `info.filterShape`, row-major. */
  readonly filter: Float32Array;
  /** `[out]` */
  readonly bias: Float32Array | undefined;
}

/**
 * @param owner the layer's name
 * @param x name of the input `[batch, channels, time, height, width]`
 * @returns name of the output, in the same order
 */
export function convolution(
  graph: Graph,
  owner: string,
  x: string,
  info: ConvInfo,
  weights: ConvolutionWeights,
): string {
  const sums = new Map<number, string>();
  for (const part of info.parts) {
    const sum = sums.get(part.outputChannel);
    const inputs = [takeChannels(graph, owner, x, info, part), filterOf(graph, owner, info, part, weights)];
    // The bias is added once for each output channel.
    if (sum === undefined && weights.bias !== undefined) {
      const {outputChannel: first, outputChannels: count} = part;
      inputs.push(graph.floats(`${owner}/bias`, [count], weights.bias.slice(first, first + count)));
    }
    const y = convolvePart(graph, owner, inputs, info, part);
    sums.set(part.outputChannel, sum === undefined ? y : graph.node(owner, 'Add', [sum, y]));
  }
  const inOrder = [...sums].sort(([a], [b]) => a - b).map(([, name]) => name);
  return inOrder.length === 1 ? inOrder[0]! : graph.node(owner, 'Concat', inOrder, {axis: 1});
}

/**
 * Zeros behind the last input position of each axis that make a window for each of `output` positions and no more.
 * Where the last windows end before the input does, nothing is needed: ONNX leaves the rest out.
 */
export function paddingBehind(rule: GridTaps, input: Triple, output: Triple): number[] {
  return rule.taps.map((taps, axis) => {
    const reach = (output[axis]! - 1) * rule.strides[axis]! + (taps - 1) * rule.dilations[axis]! + 1;
    return Math.max(0, reach - rule.padding[axis]! - input[axis]!);
  });
}

const inputSize = (info: ConvInfo) => info.inputShape.slice(1, 4) as Triple;
const outputSize = (info: ConvInfo) => info.outputShape.slice(1, 4) as Triple;

function takeChannels(graph: Graph, owner: string, x: string, info: ConvInfo, part: ConvPart): string {
  if (part.inputChannels === info.inputShape[4]) return x;
  return graph.slice(owner, x, 1, part.inputChannel, part.inputChannel + part.inputChannels);
}

/** The part's piece of the filter, `[out, in / groups, ...taps]`. */
function filterOf(
  graph: Graph,
  owner: string,
  info: ConvInfo,
  part: ConvPart,
  {filter}: ConvolutionWeights,
): string {
  const [, inputs, outputs] = info.filterView;
  const {outputChannels: count, rule} = part;
  const taps = tapCount(rule);
  const values = new Float32Array(count * inputs * taps);
  for (let row = 0; row < taps * inputs; row++) {
    const from = (part.firstTap * inputs + row) * outputs + part.outputChannel;
    const to = (row % inputs) * taps + Math.floor(row / inputs);
    for (let output = 0; output < count; output++) {
      values[output * inputs * taps + to] = filter[from + output]!;
    }
  }
  const kernel = rule.kind === 'grid' ? rule.taps : [1, rule.taps];
  return graph.floats(`${owner}/filter`, [count, inputs, ...kernel], values);
}

function convolvePart(
  graph: Graph,
  owner: string,
  inputs: string[],
  info: ConvInfo,
  {rule, inputChannels, outputChannels, groups: group}: ConvPart,
): string {
  if (rule.kind === 'line') {
    return convolveLines(graph, owner, inputs, info, {rule, inputChannels, outputChannels, group});
  }
  const {taps: kernel_shape, strides, dilations, padding} = rule;
  const pads = [...padding, ...paddingBehind(rule, inputSize(info), outputSize(info))];
  return graph.node(owner, 'Conv', inputs, {kernel_shape, strides, dilations, pads, group});
}

interface Lines {
  rule: LineTaps;
  inputChannels: number;
  outputChannels: number;
  group: number;
}

/** Each frame is one row of an image: row-major as it lies there, column-major through a transpose. */
function convolveLines(
  graph: Graph,
  owner: string,
  [x, ...weights]: string[],
  info: ConvInfo,
  {rule, inputChannels, outputChannels, group}: Lines,
): string {
  const [time, height, width] = inputSize(info);
  const [frames, outHeight, outWidth] = outputSize(info);
  const isColumnMajor = rule.order === 'column-major';
  const turned = (name: string) =>
    isColumnMajor ? graph.node(owner, 'Transpose', [name], {perm: [0, 1, 2, 4, 3]}) : name;
  const taken = rule.timeStride === 1 ? x! : graph.slice(owner, x!, 2, 0, time, rule.timeStride);
  const lines = graph.reshape(owner, turned(taken), [inputChannels, frames, height * width]);
  const needed = (outHeight * outWidth - 1) * rule.stride + rule.taps;
  const y = graph.node(owner, 'Conv', [lines, ...weights], {
    kernel_shape: [1, rule.taps],
    strides: [1, rule.stride],
    pads: [0, rule.padding, 0, Math.max(0, needed - rule.padding - height * width)],
    group,
  });
  const plane = isColumnMajor ? [outWidth, outHeight] : [outHeight, outWidth];
  return turned(graph.reshape(owner, y, [outputChannels, frames, ...plane]));
}
