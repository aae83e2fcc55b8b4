/**
 * Which layers work frame by frame, and how: a table by class name from a layer and the shapes of its inputs on the whole
 * volume to the span that it reads, or to the reason why its frames cannot be told apart. Convolutions, which get
 * arithmetic of their own, are in convolution.ts.
 */
import type {layers} from '@tensorflow/tfjs-layers';
import {TRAINING_ONLY} from '../../layers/models/training_only';
import {SAME_FRAME, type Span, windowSpan} from './span';

type Layer = layers.Layer;
type Config = Record<string, unknown>;

/** How a layer reads each of its inputs. `period` is that of a step. */
export interface LayerSpan {
  readonly span: Span;
  readonly period: number;
}

/** A span, or why there is none. */
type Rule = (config: Config, shapes: readonly (readonly number[])[]) => LayerSpan | string;

const FRAMEWISE: LayerSpan = {span: SAME_FRAME, period: 1};

const framewise: Rule = () => FRAMEWISE;

/** Layers that normalize or choose along `axis`, or all axes of a list: no frame may be mixed with others. */
const alongAxis =
  (isBad: (axes: readonly number[]) => boolean, reason: string): Rule =>
  ({axis}, [shape]) => {
    const axes = ([axis ?? -1].flat() as number[]).map((one) => (one < 0 ? one + shape!.length : one));
    return isBad(axes) ? reason : FRAMEWISE;
  };

const perFrame = alongAxis((axes) => axes.includes(1), 'it has an entry of its own for each frame');

const overChannels = alongAxis((axes) => axes.includes(1), 'it compares all frames with each other');

const pooling: Rule = (config, [shape]) => {
  const [reach, stride] = [numbers(config.poolSize)[0]!, numbers(config.strides ?? config.poolSize)[0]!];
  const padding = config.padding as 'same' | 'valid';
  return {span: windowSpan(shape![1]!, {reach, stride, padding}), period: stride};
};

const zeroPadding: Rule = ({padding}) => {
  const before = numbers((padding as unknown[])[0])[0]!;
  return {span: {...SAME_FRAME, from: 0 - before, to: 0 - before}, period: 1};
};

/** Frames are cut off a stretch as well, which has as many more. */
const cropping: Rule = ({cropping}) => {
  const [before, after = before] = numbers((cropping as unknown[])[0]);
  return {span: {...SAME_FRAME, to: before! + after!}, period: 1};
};

const upSampling: Rule = ({size}) => {
  const up = numbers(size)[0]!;
  return {span: {down: 1, up, from: 1 - up, to: 0}, period: 1};
};

const separable: Rule = ({kernelSize, strides, dilationRate, padding}, [shape]) => {
  const [taps, stride, dilation] = [kernelSize, strides, dilationRate].map((value) => numbers(value)[0]!);
  const reach = (taps! - 1) * dilation! + 1;
  if (typeof padding === 'string') {
    const span = windowSpan(shape![1]!, {reach, stride: stride!, padding: padding as 'same' | 'valid'});
    return {span, period: stride!};
  }
  const before = numbers(numbers(padding)[0])[0]!;
  return {span: {down: stride!, up: 1, from: 0 - before, to: reach - 1 - before}, period: stride!};
};

/** Stretches of stride 1 begin at multiples of 4 frames: minimal filtering makes two or four at once. */
const transposed: Rule = ({kernelSize, strides, padding, dilationRate, outputPadding}) => {
  if (outputPadding != null || numbers(dilationRate ?? 1).some((dilation) => dilation > 1)) {
    return 'transposed convolutions with dilation or output padding are not supported here';
  }
  const [taps, up] = [numbers(kernelSize)[0]!, numbers(strides)[0]!];
  const before = padding === 'same' ? Math.floor(Math.max(0, taps - up) / 2) : 0;
  return {span: {down: 1, up, from: before - taps + 1, to: before}, period: up === 1 ? 4 : 1};
};

const prelu: Rule = ({sharedAxes}, [shape]) =>
  shape!.length > 1 && numbers(sharedAxes ?? []).includes(1)
    ? FRAMEWISE
    : 'it has weights of its own for each frame; share axis 1';

const concatenation: Rule = ({axis}, [shape]) =>
  ((axis as number) + shape!.length) % shape!.length === 1 ? 'it puts frames behind frames' : FRAMEWISE;

const dense: Rule = (_, [shape]) =>
  shape!.length > 2 ? FRAMEWISE : 'it mixes all frames that were flattened before it';

const wholeVolume: Rule = () => 'it needs all frames at once';
const recurrent: Rule = () => 'it goes through all frames in order with a state of its own';

const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    [
      ...['Activation', 'ReLU', 'LeakyReLU', 'ELU', 'ThresholdedReLU', 'HardSwish', 'Rescaling'],
      ...TRAINING_ONLY,
      ...['ActivityRegularization', 'TimeDistributed'],
      ...['Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum'],
    ].map((name) => [name, framewise]),
  ),
  PReLU: prelu,
  BatchNorm3D: perFrame,
  BatchNormalization: perFrame,
  LayerNormalization: alongAxis((axes) => axes.some((axis) => axis < 2), 'it normalizes over all frames'),
  RMSNormalization: alongAxis((axes) => axes.some((axis) => axis < 2), 'it normalizes over all frames'),
  Normalization: perFrame,
  GroupNormalization: () => 'it normalizes over all frames of a group of channels',
  Softmax: overChannels,
  UnitNormalization: overChannels,
  Concatenate: concatenation,
  Dense: dense,
  MaxPooling3D: pooling,
  AveragePooling3D: pooling,
  ZeroPadding3D: zeroPadding,
  Cropping3D: cropping,
  UpSampling3D: upSampling,
  SeparableConv3D: separable,
  Conv3DTranspose: transposed,
  TransposedConv3D: transposed,
  ...Object.fromEntries(
    [
      ...['GlobalAveragePooling3D', 'GlobalMaxPooling3D', 'GlobalAveragePooling2D', 'GlobalMaxPooling2D'],
      ...['GlobalAveragePooling1D', 'GlobalMaxPooling1D', 'Flatten', 'Reshape', 'Permute', 'RepeatVector'],
      ...['Attention', 'MultiHeadAttention', 'Dot'],
    ].map((name) => [name, wholeVolume]),
  ),
  ...Object.fromEntries(
    [
      ...['LSTM', 'GRU', 'SimpleRNN', 'RNN', 'Bidirectional', 'ConvLSTM2D', 'LSTMCell', 'GRUCell'],
      ...['SimpleRNNCell', 'StackedRNNCells'],
    ].map((name) => [name, recurrent]),
  ),
};

/** Each number once for all axes, or a list. */
export function numbers(value: unknown): number[] {
  return [value].flat() as number[];
}

/** How a layer reads its inputs, of these shapes on the whole volume; or why it cannot work frame by frame. */
export function layerSpan(layer: Layer, shapes: readonly (readonly number[])[]): LayerSpan | string {
  const name = layer.getClassName();
  const config = layer.getConfig() as Config;
  if (config.dataFormat === 'channelsFirst') return 'its first axis is that of the channels (channelsFirst)';
  if (!Object.hasOwn(RULES, name)) {
    return 'which frames it reads is not known: what works frame by frame are the layers listed in the guide on volumes';
  }
  return RULES[name]!(config, shapes);
}
