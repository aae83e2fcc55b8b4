/**
 * A grid of several channel groups and its two gradients. TensorFlow's 3D convolution knows no groups on the processor, its 2D
 * ones do: so it is a sum, over the taps in time, of 2D convolutions of the frames that a tap reads. A depthwise slice of 54 channels
 * 13x40x40 took 1.9 ms of the processor, the sum of three of them 1.2 ms, zeros before and after the frames 1.4 ms.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {Shape5D, Triple} from '../../../util/shapes';
import {addAll, attributes, reshape, type TensorFlowBackend} from '../backend';
import {denseFilter} from './dense';
import {type Conv2D, conv2D, depthwise2D, depthwise2DFilter, depthwise2DInput} from './ops';
import {applyMargins, type Margin, marginsOf} from './padding';
import type {Grid} from './views';

const NONE: Margin = {before: 0, after: 0};

function isDepthwise({groups, inputs}: Grid): boolean {
  return groups === inputs;
}

/** The spatial half of a grid; margins that cut off have been applied to the input. */
function planeOf({rule: {strides, dilations}}: Grid, margins: readonly [Margin, Margin, Margin]): Conv2D {
  return {
    strides: [strides[1], strides[2]],
    dilations: [dilations[1], dilations[2]],
    margins: [margins[1], margins[2]],
  };
}

/** A grid and its input such that no margin of a frame cuts anything off. */
function withoutCuts(x: tf.Tensor5D, grid: Grid): [tf.Tensor5D, Grid] {
  const [, height, width] = marginsOf(grid);
  const cuts = [height, width].map(({before, after}) => ({
    before: Math.min(0, before),
    after: Math.min(0, after),
  }));
  if (cuts.every(({before, after}) => before === 0 && after === 0)) return [x, grid];
  const cut = applyMargins(x, [NONE, cuts[0]!, cuts[1]!]);
  const padding = grid.rule.padding.map((n, axis) => (axis === 0 ? n : Math.max(0, n))) as Triple;
  return [cut, {...grid, rule: {...grid.rule, padding}, input: cut.shape.slice(1, 4) as Triple}];
}

interface TimeTap {
  tap: number;
  /** The frame that its first output reads, which may lie outside. */
  first: number;
}

/** The taps that read a frame at all, at least one. */
function timeTaps({rule, input, output}: Grid): TimeTap[] {
  const all = Array.from({length: rule.taps[0]}, (_, tap) => ({
    tap,
    first: tap * rule.dilations[0] - rule.padding[0],
  }));
  const reading = all.filter(({first}) => first < input[0] && first + (output[0] - 1) * rule.strides[0] >= 0);
  return reading.length > 0 ? reading : all.slice(0, 1);
}

/**
 * For each of `firsts`, `count` frames from there on, `stride` apart, zeros outside: `[batch * count, height, width, channels]`. Frames
 * of one video that follow each other are a view, as TensorFlow copies nothing where it cuts the first axis.
 */
function framesFrom(x: tf.Tensor5D, firsts: readonly number[], stride: number, count: number): tf.Tensor4D[] {
  const [batch, time, ...frame] = x.shape;
  if (stride === 1 && count === time && firsts.every((first) => first === 0)) {
    const all = reshape(x, [batch * time, ...frame]);
    return firsts.map(() => all);
  }
  const before = Math.max(0, -Math.min(...firsts));
  const after = Math.max(0, Math.max(...firsts) + (count - 1) * stride + 1 - time);
  const wide = applyMargins(x, [{before, after}, NONE, NONE]);
  const one = batch === 1 && stride === 1 ? reshape(wide, [time + before + after, ...frame]) : undefined;
  return firsts.map((first) => {
    const begin = first + before;
    if (one !== undefined) return tf.slice(one, [begin, 0, 0, 0], [count, ...frame]);
    const taken = tf.stridedSlice(
      wide,
      [0, begin, 0, 0, 0],
      [batch, begin + (count - 1) * stride + 1, ...frame],
      [1, stride, 1, 1, 1],
    );
    return reshape(taken, [batch * count, ...frame]);
  });
}

/** The filter of each tap in time, as 2D ops take it. */
function frameFilters(backend: TensorFlowBackend, filter: tf.Tensor5D, grid: Grid): tf.Tensor4D[] {
  const [kt, kh, kw] = grid.rule.taps;
  const perGroup = grid.outputs / grid.groups;
  const frame = isDepthwise(grid)
    ? ([kh, kw, grid.groups, perGroup] as const)
    : ([kh, kw, grid.inputs / grid.groups, grid.outputs] as const);
  if (kt === 1) return [reshape(filter, frame)];
  const how = attributes(backend, {num: kt, axis: 0});
  return backend.executeMultipleOutputs(
    'Unpack',
    how,
    [reshape(filter, [kt, ...frame])],
    kt,
  ) as tf.Tensor4D[];
}

/** x `[batch, ...input, inputs]`, filter `[...taps, inputs of a group, outputs]`; `[batch, ...output, outputs]`. */
export function grouped(
  backend: TensorFlowBackend,
  given: tf.Tensor5D,
  filter: tf.Tensor5D,
  whole: Grid,
): tf.Tensor5D {
  const [x, grid] = withoutCuts(given, whole);
  const how = planeOf(grid, marginsOf(grid));
  const taps = timeTaps(grid);
  const firsts = taps.map(({first}) => first);
  const convolve = isDepthwise(grid) ? depthwise2D : conv2D;
  const filters = frameFilters(backend, filter, grid);
  const terms = framesFrom(x, firsts, grid.rule.strides[0], grid.output[0]).map((frames, i) =>
    convolve(backend, frames, filters[taps[i]!.tap]!, how),
  );
  return reshape(addAll(backend, terms), [x.shape[0], ...grid.output, grid.outputs]);
}

/** Puts `stride - 1` zeros after every position of an axis. */
function stretch(x: tf.Tensor5D, axis: number, stride: number): tf.Tensor5D {
  if (stride === 1) return x;
  const outer = x.shape.slice(0, axis + 1);
  const inner = x.shape.slice(axis + 1);
  const size = tf.util.sizeFromShape(inner);
  const apart = tf.pad(reshape(x, [-1, size]), [
    [0, 0],
    [0, (stride - 1) * size],
  ]);
  return reshape(apart, [...outer.slice(0, -1), outer.at(-1)! * stride, ...inner] as Shape5D);
}

/** Whether TensorFlow's own gradients of a depthwise 2D convolution take it. */
function hasOwnGradients(grid: Grid): boolean {
  const {strides, dilations} = grid.rule;
  const [, height, width] = marginsOf(grid);
  const cuts = [height, width].some(({before, after}) => before < 0 || after < 0);
  return isDepthwise(grid) && strides[1] === strides[2] && dilations[1] * dilations[2] === 1 && !cuts;
}

/** The gradient with respect to x. */
export function groupedInput(
  backend: TensorFlowBackend,
  dy: tf.Tensor5D,
  filter: tf.Tensor5D,
  grid: Grid,
): tf.Tensor5D {
  const {rule, input, output} = grid;
  if (!hasOwnGradients(grid)) return groupedBack(backend, dy, filter, grid);
  const batch = dy.shape[0];
  // In time it is written out: the output gradient with zeros between its frames, read from the other end.
  const apart = stretch(dy, 1, rule.strides[0]);
  const back: Grid = {
    ...grid,
    input: [output[0] * rule.strides[0], output[1], output[2]],
    output: [input[0], output[1], output[2]],
    rule: {
      ...rule,
      strides: [1, 1, 1],
      padding: [(rule.taps[0] - 1) * rule.dilations[0] - rule.padding[0], 0, 0],
    },
  };
  const taps = timeTaps(back);
  const how = planeOf(grid, marginsOf(grid));
  const shape = [batch * input[0], input[1], input[2], grid.inputs];
  const filters = frameFilters(backend, filter, grid);
  const terms = framesFrom(
    apart,
    taps.map(({first}) => first),
    1,
    input[0],
  ).map((frames, i) =>
    depthwise2DInput(backend, shape, filters[rule.taps[0] - 1 - taps[i]!.tap]!, frames, how),
  );
  return reshape(addAll(backend, terms), [batch, ...input, grid.inputs]);
}

/** The same as a convolution forward: of the output gradient with zeros between its values, with the filter turned round. */
function groupedBack(
  backend: TensorFlowBackend,
  dy: tf.Tensor5D,
  filter: tf.Tensor5D,
  grid: Grid,
): tf.Tensor5D {
  const {rule, groups, inputs, outputs} = grid;
  const apart = [0, 1, 2].reduce((x, axis) => stretch(x, axis + 1, rule.strides[axis]!), dy);
  const [within, perGroup] = [inputs / groups, outputs / groups];
  const taps = tf.util.sizeFromShape(rule.taps);
  const turned = tf.reverse(reshape(filter, [taps, within, groups, perGroup]), 0);
  const swapped = reshape(tf.transpose(turned, [0, 3, 2, 1]), [
    ...rule.taps,
    perGroup,
    inputs,
  ]) as tf.Tensor5D;
  const padding = rule.taps.map((n, axis) => (n - 1) * rule.dilations[axis]! - rule.padding[axis]!) as Triple;
  return grouped(backend, apart, swapped, {
    rule: {...rule, strides: [1, 1, 1], padding},
    input: apart.shape.slice(1, 4) as Triple,
    output: grid.input,
    groups,
    inputs: outputs,
    outputs: inputs,
  });
}

/** The gradient with respect to the filter. */
export function groupedFilter(
  backend: TensorFlowBackend,
  given: tf.Tensor5D,
  dy: tf.Tensor5D,
  whole: Grid,
): tf.Tensor5D {
  if (!isDepthwise(whole)) return filterByGroups(backend, given, dy, whole);
  const [x, grid] = withoutCuts(given, whole);
  const {rule, output, groups, outputs} = grid;
  const taps = timeTaps(grid);
  const rows = reshape(dy, [-1, output[1], output[2], outputs]) as tf.Tensor4D;
  const ofFrames = hasOwnGradients(grid) ? ownFilter : filterAsConvolution;
  const frames = framesFrom(
    x,
    taps.map(({first}) => first),
    rule.strides[0],
    output[0],
  );
  const gradients = frames.map((read) => reshape(ofFrames(backend, read, rows, grid), [1, -1]));
  // Taps that read no frame have no gradient.
  const first = taps[0]!.tap;
  const last = first + taps.length;
  const filter = tf.pad(tf.concat(gradients, 0) as tf.Tensor2D, [
    [first, rule.taps[0] - last],
    [0, 0],
  ]);
  return reshape(filter, [...rule.taps, 1, (outputs / groups) * groups]) as tf.Tensor5D;
}

type FrameFilter = (backend: TensorFlowBackend, x: tf.Tensor4D, dy: tf.Tensor4D, grid: Grid) => tf.Tensor;

const ownFilter: FrameFilter = (backend, x, dy, grid) => {
  const [, kh, kw] = grid.rule.taps;
  const shape = [kh, kw, grid.groups, grid.outputs / grid.groups];
  return depthwise2DFilter(backend, x, shape, dy, planeOf(grid, marginsOf(grid)));
};

/**
 * The gradient of a filter is a convolution, too: of the input with the output gradient as the filter, steps and dilations
 * exchanged; each frame's channels are channels of their own, and the frames are summed.
 */
const filterAsConvolution: FrameFilter = (backend, x, dy, grid) => {
  const [, kh, kw] = grid.rule.taps;
  const [frames, height, width, channels] = x.shape;
  const [, rows, columns, outputs] = dy.shape;
  const image = reshape(tf.transpose(x, [1, 2, 0, 3]), [1, height, width, frames * channels]);
  const weights = reshape(tf.transpose(dy, [1, 2, 0, 3]), [
    rows,
    columns,
    frames * channels,
    outputs / channels,
  ]);
  const {strides, dilations, margins} = planeOf(grid, marginsOf(grid));
  const each = depthwise2D(backend, image, weights, {strides: dilations, dilations: strides, margins});
  const wanted = tf.slice(each, [0, 0, 0, 0], [1, kh, kw, frames * outputs]);
  return tf.sum(reshape(wanted, [kh * kw, frames, outputs]), 1);
};

function filterByGroups(
  backend: TensorFlowBackend,
  x: tf.Tensor5D,
  dy: tf.Tensor5D,
  grid: Grid,
): tf.Tensor5D {
  const {groups} = grid;
  const [inputs, outputs] = [grid.inputs / groups, grid.outputs / groups];
  const each = Array.from({length: groups}, (_, group) => {
    const of = (tensor: tf.Tensor5D, count: number) =>
      tf.slice(tensor, [0, 0, 0, 0, group * count], [...tensor.shape.slice(0, 4), count] as Shape5D);
    return denseFilter(backend, of(x, inputs), of(dy, outputs), {...grid, groups: 1, inputs, outputs});
  });
  return tf.concat(each, 4);
}
