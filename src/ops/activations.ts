/**
 * The activations that a convolution may end with, made of stock ops. They have gradients of every order: the host's
 * relu6, elu and leakyRelu have none of second order, and those of its sigmoid and tanh are wrong, since the output that
 * they save is a constant.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  ACTIVATIONS,
  type Activation,
  type ActivationName,
  ReluGrad,
  SwishTrain,
  SwishTrainGrad,
} from '../geometry/kernel_names';
import {InvalidArgumentError} from '../util/errors';
import {isTakenOnce} from './grads/taken_once';
import {runOptionalKernel} from './optional_kernel';

type Unary = (x: tf.Tensor) => tf.Tensor;

/**
 * `value` with another derivative, made of ops that have derivatives themselves.
 *
 * @param ofResult whether the derivative at x is what the function gives at the result, which may then be saved instead
 */
function withDerivative(value: Unary, derivative: Unary, ofResult = false): Unary {
  return tf.customGrad((...args) => {
    const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const y = value(x);
    save([ofResult && isTakenOnce() ? y : x]);
    return {value: y, gradFunc: (dy, saved) => tf.tidy(() => tf.mul(dy, derivative(saved[0]!)))};
  });
}

/** Whether 0 < x < 6, as 1 or 0, of as few values at once as may be: in training these are the largest tensors. */
export function isBetween0And6(x: tf.Tensor): tf.Tensor {
  const rest = tf.sub(6, x);
  const product = tf.mul(x, rest);
  rest.dispose();
  const sign = tf.step(product);
  product.dispose();
  return sign;
}

/** Its slope at 6 is 0, as in PyTorch. */
const relu6: Unary = withDerivative(tf.relu6, isBetween0And6, true);

const sigmoid: Unary = withDerivative(tf.sigmoid, (x) => {
  const y = sigmoid(x);
  return tf.mul(y, tf.sub(1, y));
});

const tanh: Unary = withDerivative(tf.tanh, (x) => tf.sub(1, tf.square(tanh(x))));

const elu: Unary = withDerivative(tf.elu, (x) => tf.exp(tf.minimum(x, 0)));

const softplus = withDerivative(tf.softplus, sigmoid);

/**
 * x * sigmoid(x), s + y (1 - s) its derivative: of what it computes anyhow, where that may be saved, and then in one pass forward and one
 * back where the backend has the kernels.
 */
const swish: Unary = tf.customGrad((...args) => {
  const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
  const once = isTakenOnce();
  const atOnce = once && x.dtype === 'float32' && runOptionalKernel(SwishTrain, {x});
  const [y, s] = (atOnce || timesSigmoid(x, tf.sigmoid)) as TimesSigmoid;
  save(once ? [y, s] : [x]);
  const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
    once
      ? swishGradient(dy, ...(saved as TimesSigmoid))
      : tf.tidy(() => byStockOps(dy, ...timesSigmoid(saved[0]!, sigmoid)));
  return {value: y, gradFunc};
});

/** The gradient of swish, taken once, by its result y and the sigmoid s of what it was given. */
export function swishGradient(dy: tf.Tensor, y: tf.Tensor, s: tf.Tensor): tf.Tensor {
  return runOptionalKernel(SwishTrainGrad, {dy, y, s})?.[0] ?? tf.tidy(() => byStockOps(dy, y, s));
}

function byStockOps(dy: tf.Tensor, y: tf.Tensor, s: tf.Tensor): tf.Tensor {
  return tf.mul(dy, tf.add(s, tf.mul(y, tf.sub(1, s))));
}

/** The gradient of a ReLU, taken once, by its result. */
export function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return runOptionalKernel(ReluGrad, {dy, saved: y})?.[0] ?? tf.tidy(() => tf.mul(dy, tf.step(y)));
}

type TimesSigmoid = [y: tf.Tensor, s: tf.Tensor];

/** Swish of x and its sigmoid, by the host's, or by ours where gradients are to pass through it. */
function timesSigmoid(x: tf.Tensor, sigmoidOf: Unary): TimesSigmoid {
  const s = sigmoidOf(x);
  return [tf.mul(x, s), s];
}

/** x * Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2 (Hendrycks & Gimpel 2016). */
function gelu(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))))));
}

/** y = x * relu6(x + 3) / 6 (Howard et al. 2019, section 5.2). */
export function hardSwish(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(x, tf.div(relu6(tf.add(x, 3)), 6)));
}

const functions: Record<ActivationName, Unary> = {
  linear: (x) => x,
  relu: tf.relu,
  relu6,
  swish,
  hardSwish,
  sigmoid,
  elu,
  tanh,
  softplus,
  gelu,
};

function leaky(slope: number): Unary {
  return withDerivative(
    (x) => tf.leakyRelu(x, slope),
    (x) => tf.add(slope, tf.mul(1 - slope, tf.step(x))),
  );
}

export function activate(x: tf.Tensor, activation: Activation): tf.Tensor {
  return typeof activation === 'string' ? functions[activation](x) : leaky(activation.leakyRelu)(x);
}

export function checkActivation(op: string, activation: unknown): Activation {
  const known = ACTIVATIONS.find((name) => name === activation);
  if (known !== undefined) return known;
  const {leakyRelu, ...others} = Object(activation) as {leakyRelu?: unknown};
  const isSlope = typeof leakyRelu === 'number' && leakyRelu >= 0 && Number.isFinite(leakyRelu);
  if (isSlope && Object.keys(others).length === 0) return {leakyRelu};
  throw new InvalidArgumentError(
    `${op}: activation must be one of ${ACTIVATIONS.join(', ')}, or {leakyRelu: slope} with a slope of at least 0; got ${JSON.stringify(activation)}. ` +
      'Apply others to the result.',
  );
}
