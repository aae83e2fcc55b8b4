/** Indirect convolution on the cpu backend: per tap, one input row times one filter slice, added to one output row. */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../geometry/conv_info';
import {
  type Activation,
  type ActivationName,
  activationOf,
  convInfoOf,
  IndirectConv3D,
  type IndirectConv3DInputs,
} from '../../geometry/kernel_names';
import {sizeOf} from '../../util/shapes';
import {forEachTap, roundedTensor, type Values, valuesOf} from './each_tap';

/** Adds the convolution to `y`; all three flat in the layouts of the ConvInfo. */
function convolve(x: Values, w: Values, y: Float64Array, info: ConvInfo): void {
  const [, inputs, outputs] = info.filterView;
  forEachTap(info, (part, yRow, xRow, slice) => {
    const perGroup = part.outputChannels / part.groups;
    for (let group = 0; group < part.groups; group++) {
      const end = (group + 1) * perGroup;
      for (let input = 0; input < inputs; input++) {
        const value = x[xRow + group * inputs + input]!;
        const weights = slice + input * outputs;
        for (let o = group * perGroup; o < end; o++) y[yRow + o]! += value * w[weights + o]!;
      }
    }
  });
}

/** A bias of `[channels]` at every position of `size / channels`. */
function fillWithBias(y: Float64Array, bias: Values): void {
  for (let at = 0; at < y.length; at += bias.length) y.set(bias, at);
}

function addTo(y: Float64Array, values: Values): void {
  for (let at = 0; at < y.length; at++) y[at]! += values[at]!;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * The error function: its Taylor series, whose terms stay small up to 3, and beyond that the continued fraction of 1 - erf
 * (Abramowitz & Stegun 7.1.5, 7.1.14).
 */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = size;
  for (let n = 30; n > 0; n--) fraction = size + n / 2 / fraction;
  const rest = Math.exp(-size * size) / (Math.sqrt(Math.PI) * fraction);
  return Math.sign(x) * (1 - rest);
}

const relu6 = (x: number) => Math.min(Math.max(x, 0), 6);

const activations: Record<ActivationName, (x: number) => number> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6,
  swish: (x) => x * sigmoid(x),
  hardSwish: (x) => (x * relu6(x + 3)) / 6,
  sigmoid,
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  tanh: Math.tanh,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gelu: (x) => (x / 2) * (1 + erf(x * Math.SQRT1_2)),
};

function functionOf(activation: Activation): (x: number) => number {
  if (typeof activation === 'string') return activations[activation];
  const {leakyRelu} = activation;
  return (x) => (x > 0 ? x : leakyRelu * x);
}

export const indirectConv3DConfig: KernelConfig = {
  kernelName: IndirectConv3D,
  backendName: 'cpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x, filter, bias, residual} = inputs as IndirectConv3DInputs;
    const info = convInfoOf(attrs);
    const cpu = backend as MathBackendCPU;
    const y = new Float64Array(sizeOf(info.outputShape));
    if (bias !== undefined) fillWithBias(y, valuesOf(cpu, bias));
    convolve(valuesOf(cpu, x), valuesOf(cpu, filter), y, info);
    if (residual !== undefined) addTo(y, valuesOf(cpu, residual));
    return roundedTensor(cpu, info.outputShape, y.map(functionOf(activationOf(attrs))));
  },
};
