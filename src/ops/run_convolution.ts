/** What the ops of the family share in front of the kernel: tensors from what was given, rank 4 to 5, bias and layout checks. */
import * as tf from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../geometry/conv_info';
import type {ConvKind, ConvSettings} from '../geometry/conv_settings';
import {type Activation, IndirectConv3D, type IndirectConv3DAttrs} from '../geometry/kernel_names';
import {InvalidArgumentError} from '../util/errors';
import type {Shape5D} from '../util/shapes';
import {activate, checkActivation} from './activations';
import {keptInfo} from './kept_info';
import {runWith} from './run_kernel';

export type Tensor4or5D = tf.Tensor4D | tf.Tensor5D;
type Shape4D = [number, number, number, number];

/** What a convolution ends with. */
export interface ConvolutionEpilogue {
  /** `[out]`, added to every position. */
  bias?: tf.Tensor1D | tf.TensorLike | undefined;
  /** Of the shape of the result: the shortcut of a residual block. */
  residual?: Tensor4or5D | tf.TensorLike | undefined;
  /** Default 'linear'. */
  activation?: Activation | undefined;
}

/** x, filter, strides, pad, dataFormat, dilations. */
const POSITIONS = 6;

/** The op of a convolution by position, which refuses the further arguments that programs without types may give it. */
export function positionalOp<Op extends (...args: never[]) => tf.Tensor>(kind: ConvKind, convolve: Op): Op {
  const checked = (...args: Parameters<Op>) => {
    if (args.slice(POSITIONS).some((arg) => arg !== undefined)) {
      throw new InvalidArgumentError(
        `${kind}: got ${args.length} arguments; it takes x, filter, strides, pad, dataFormat and dilations, and no more. ` +
          `sts.fused.${kind} takes the rest, such as a bias and an activation, by name.`,
      );
    }
    return convolve(...args);
  };
  // Parameters<Op> has lost that x and the result are of one rank.
  return tf.op({[`${kind}_`]: checked as Op});
}

/** Runs a convolution; a rank-4 x gives a rank-4 result. */
export function runConvolution<T extends Tensor4or5D>(
  settings: ConvSettings,
  x: T | tf.TensorLike,
  filter: tf.Tensor5D | tf.TensorLike,
  dataFormat = 'NDHWC',
  epilogue: ConvolutionEpilogue = {},
): T {
  const op = settings.kind;
  if (dataFormat !== 'NDHWC') {
    throw new InvalidArgumentError(
      `${op}: only dataFormat 'NDHWC' ([batch, time, height, width, channels]) is supported; got ${JSON.stringify(dataFormat)}. ` +
        'Transpose x, or use the layer with dataFormat channelsFirst.',
    );
  }
  const given = toFloatTensor(x, 'x', op);
  const $filter = toFloatTensor(filter, 'filter', op);
  const $x = given.rank === 4 ? tf.reshape<tf.Rank.R5>(given, [1, ...given.shape] as Shape5D) : given;
  const info = keptInfo(settings, $x.shape, $filter.shape);
  const inputs: Record<string, tf.Tensor> = {x: $x, filter: $filter};
  if (epilogue.bias !== undefined)
    inputs.bias = checkBias(op, toFloatTensor(epilogue.bias, 'bias', op), info);
  const shape: number[] = given.rank === 4 ? info.outputShape.slice(1) : info.outputShape;
  if (epilogue.residual !== undefined) {
    const residual = checkResidual(op, toFloatTensor(epilogue.residual, 'residual', op), shape);
    inputs.residual = tf.reshape(residual, info.outputShape);
  }
  const activation = checkActivation(op, epilogue.activation ?? 'linear');
  const y = runFused(inputs, {info, activation});
  return (given.rank === 4 ? tf.reshape(y, shape as Shape4D) : y) as T;
}

/**
 * The kernel for inputs that are checked: x and filter, bias and residual if any, as the attributes have their shapes. While
 * a gradient is being recorded the activation is an op of its own, as in the host's fused ops.
 *
 * @param attrs whoever calls again with the same shapes gives the same object again: by it kernels find what they have
 *   worked out for them
 */
export function runFused(inputs: Record<string, tf.Tensor>, attrs: IndirectConv3DAttrs): tf.Tensor {
  const isRecording = tf.engine().state.gradientDepth > 0;
  const {info, activation = 'linear'} = attrs;
  if (!isRecording || activation === 'linear') return runWith(IndirectConv3D, inputs, attrs);
  return activate(runWith(IndirectConv3D, inputs, {info}), activation);
}

function checkResidual(op: string, residual: tf.Tensor, shape: number[]): tf.Tensor {
  if (!tf.util.arraysEqual(residual.shape, shape)) {
    throw new InvalidArgumentError(
      `${op}: residual must have the shape of the result, [${shape.join(', ')}]; got [${residual.shape.join(', ')}].`,
    );
  }
  return residual;
}

function checkBias(op: string, bias: tf.Tensor, info: ConvInfo): tf.Tensor {
  const channels = info.outputShape[4];
  if (bias.rank !== 1 || bias.shape[0] !== channels) {
    throw new InvalidArgumentError(
      `${op}: bias must have shape [${channels}], one value per output channel; got [${bias.shape.join(', ')}].`,
    );
  }
  return bias;
}

function toFloatTensor(value: tf.Tensor | tf.TensorLike, what: string, op: string): tf.Tensor {
  if (value === undefined || value === null)
    throw new InvalidArgumentError(
      `${op}: ${what} is ${value}; a tensor or nested arrays of numbers are needed.`,
    );
  const tensor = value instanceof tf.Tensor ? value : tf.tensor(value);
  if (tensor.dtype === 'float32') return tensor;
  if (tensor.dtype === 'int32' || tensor.dtype === 'bool') return tf.cast(tensor, 'float32');
  throw new InvalidArgumentError(`${op}: ${what} must be numeric; got dtype ${tensor.dtype}.`);
}
