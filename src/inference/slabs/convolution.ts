/** Convolutions on slabs: exactly the output frames that are asked for, by the arithmetic of the whole (geometry/conv_frames.ts). */
import {add, cast, reshape, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';
import {framesInfo, framesRead, framesTogether} from '../../geometry/conv_frames';
import type {ConvInfo} from '../../geometry/conv_info';
import {type Activation, IndirectConv3D} from '../../geometry/kernel_names';
import {BaseConv3D, GroupedConv3D, type GroupedConv3DLayerArgs} from '../../layers';
import {runKernel} from '../../ops/run_kernel';
import type {Shape5D} from '../../util/shapes';
import type {ConvolutionStep} from '../freeze';
import {SAME_FRAME, type Span} from './span';
import {type Place, type Step, Value} from './step';

type Layer = layers.Layer;

/** Whether a layer is a convolution that can be described so: ours or the host's, channels last. */
export function isConvolutionLayer(layer: Layer): boolean {
  return layer instanceof BaseConv3D || layer.getClassName() === 'Conv3D';
}

/** The layer that has the arithmetic of a convolution: itself, for the host's one of ours with the same config. */
function arithmeticOf(layer: Layer): BaseConv3D {
  if (layer instanceof BaseConv3D) return layer;
  return new GroupedConv3D(layer.getConfig() as unknown as GroupedConv3DLayerArgs);
}

/** A convolution of a frozen model on x, `activation(conv(x) + bias + residual)`; the residual has the output's shape. */
export function fusedStep(
  {weights, ...convolution}: Pick<ConvolutionStep, 'weights'> & {readonly info: ConvInfo},
  activation: Activation,
  x: Value,
  residual?: Value,
): Step {
  const {info} = convolution;
  return {
    ...stepOf(info, x),
    inputs: [{value: x, span: spanOf(info)}, ...(residual ? [{value: residual, span: SAME_FRAME}] : [])],
    run: ([input, added], place) =>
      convolve(info, place, {x: input!, ...weights, ...(added && {residual: added})}, activation),
  };
}

/** A layer as it is, in the order in which it computes: ours begins at the bias, the host adds it at the end. */
export function convolutionStep(layer: Layer, x: Value): Step {
  const info = arithmeticOf(layer).convInfo(x.shape as Shape5D);
  const {activation} = layer.getConfig() as {activation?: string};
  const epilogue = layers.activation({activation: (activation ?? 'linear') as 'relu'});
  const biasFirst = layer instanceof BaseConv3D;
  return {
    ...stepOf(info, x),
    run: ([input], place) => {
      const weight = (name: RegExp) =>
        layer.weights.find(({originalName}) => name.test(originalName))?.read();
      const filter = weight(/kernel$/)!;
      const bias = weight(/bias$/);
      const sums = convolve(info, place, {x: input!, filter, ...(biasFirst && bias && {bias})});
      const biased = biasFirst || bias === undefined ? sums : addToChannels(sums, bias);
      return activation == null || activation === 'linear' ? biased : (epilogue.apply(biased) as Tensor);
    },
  };
}

function stepOf(info: ConvInfo, x: Value): Omit<Step, 'run'> {
  return {
    inputs: [{value: x, span: spanOf(info)}],
    output: new Value(info.outputShape),
    together: framesTogether(info),
    period: 1,
  };
}

function spanOf(info: ConvInfo): Span {
  const {stride, first, last} = framesRead(info);
  return {down: stride, up: 1, from: first, to: last};
}

/** The kernel; frees x, which is larger than the result where much of it is read again. */
function convolve(
  info: ConvInfo,
  {input, output}: Place,
  inputs: Record<string, Tensor>,
  activation?: Activation,
): Tensor {
  // Kernels take values of float32 alone.
  const y = tidy(() => {
    const floats = Object.entries(inputs).map(([name, one]) => [
      name,
      one.dtype === 'float32' ? one : cast(one, 'float32'),
    ]);
    return runKernel(IndirectConv3D, Object.fromEntries(floats), framesInfo(info, input, output), activation);
  });
  inputs.x!.dispose();
  return y;
}

/** At rank 2: webgpu adds rank 1 to rank 5 wrongly. Frees x. */
function addToChannels(x: Tensor, bias: Tensor): Tensor {
  const y = tidy(() => reshape(add(reshape(x, [x.size / bias.size, bias.size]), bias), x.shape));
  x.dispose();
  return y;
}
