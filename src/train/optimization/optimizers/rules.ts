/**
 * What optimizers do to one weight: stochastic gradient descent, AdamW, LAMB. Pure functions of tensors in the order of PyTorch's
 * and timm's arithmetic, so that runs can be compared; which weights, which rates and whose memory is updater.ts. One kernel where the
 * backend has it (src/geometry/update_kernels.ts), else the same of stock ops.
 */
import * as tf from '@tensorflow/tfjs-core';
import {AdamUpdate, SgdUpdate} from '../../../geometry/update_kernels';
import {runUpdateKernel} from '../../../ops/update_kernels';

/** Stochastic gradient descent as torch.optim.SGD: the decay is coupled, part of the gradient, and so of the momentum. */
export interface SgdConfig {
  readonly name: 'sgd';
  /** Default 0. */
  readonly momentum?: number;
  /** Looks one step ahead (Sutskever et al. 2013). Default false. */
  readonly nesterov?: boolean;
}

/** Adam with decoupled decay as torch.optim.AdamW (Loshchilov and Hutter, ICLR 2019). */
export interface AdamWConfig {
  readonly name: 'adamw';
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/** LAMB as timm.optim.Lamb (You et al., ICLR 2020): Adam's step, scaled to the norm of the weight. */
export interface LambConfig {
  readonly name: 'lamb';
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-6. */
  readonly epsilon?: number;
}

export type OptimizerConfig = SgdConfig | AdamWConfig | LambConfig;

/** State of one weight: tensors of its shape, by name. */
export type WeightState = Readonly<Record<string, tf.Tensor>>;

/** What a rule is given of one weight. */
export interface UpdateArgs {
  readonly value: tf.Tensor;
  readonly gradient: tf.Tensor;
  /** Times the gradient; below 1 where it is clipped. */
  readonly gradientFactor: number;
  readonly state: WeightState;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Counted from 1. */
  readonly step: number;
}

/** What a rule makes: new tensors for value and state. A type, as the host's tidy wants it. */
export type Updated = {readonly value: tf.Tensor; readonly state: Record<string, tf.Tensor>};

/** An optimizer for one weight. */
export interface OptimizerRule {
  /** Names of the state's tensors, which begin as zeros. */
  readonly slots: readonly string[];
  /** To be called within tf.tidy. */
  update(args: UpdateArgs): Updated;
}

/** The rule of a config, which has been checked. */
export function optimizerRule(config: OptimizerConfig): OptimizerRule {
  switch (config.name) {
    case 'sgd':
      return sgd(config);
    case 'adamw':
      return adamw(config);
    case 'lamb':
      return lamb(config);
  }
}

function sgd({momentum: momentumFactor = 0, nesterov = false}: SgdConfig): OptimizerRule {
  const slots = momentumFactor === 0 ? [] : ['momentum'];
  return {
    slots,
    update({value, gradient, gradientFactor, state, learningRate, weightDecay}) {
      const attrs = {gradientFactor, weightDecay, learningRate, momentumFactor, nesterov};
      const atOnce = runUpdateKernel(SgdUpdate, {value, gradient, ...state}, attrs);
      if (atOnce !== undefined) return updated(atOnce, slots);
      const clipped = scaled(gradient, gradientFactor);
      const decayed = weightDecay === 0 ? clipped : tf.add(clipped, tf.mul(value, weightDecay));
      if (momentumFactor === 0) return {value: tf.sub(value, tf.mul(decayed, learningRate)), state: {}};
      const momentum = tf.add(tf.mul(state.momentum!, momentumFactor), decayed);
      const direction = nesterov ? tf.add(decayed, tf.mul(momentum, momentumFactor)) : momentum;
      return {value: tf.sub(value, tf.mul(direction, learningRate)), state: {momentum}};
    },
  };
}

const scaled = (gradient: tf.Tensor, factor: number) => (factor === 1 ? gradient : tf.mul(gradient, factor));

/** Of the results of a kernel. */
function updated([value, ...state]: readonly tf.Tensor[], slots: readonly string[]): Updated {
  return {value: value!, state: Object.fromEntries(slots.map((slot, i) => [slot, state[i]!]))};
}

const ADAM_SLOTS = ['mean', 'square'];

interface AdamNumbers {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** @param trusts scales the step to the norm of the weight, as LAMB does */
function adamKernel(args: UpdateArgs, numbers: AdamNumbers, trusts: boolean): Updated | undefined {
  const {value, gradient, state, ...rest} = args;
  const atOnce = runUpdateKernel(AdamUpdate, {value, gradient, ...state}, {...rest, ...numbers, trusts});
  return atOnce && updated(atOnce, ADAM_SLOTS);
}

/** Moving averages of gradient and square, and the step that they give: mean / (sqrt(square) + epsilon), both unbiased. */
function adamStep(
  {gradient: given, gradientFactor, state, step}: UpdateArgs,
  {beta1, beta2, epsilon}: AdamNumbers,
): {direction: tf.Tensor; state: Updated['state']} {
  const gradient = scaled(given, gradientFactor);
  const mean = tf.add(tf.mul(state.mean!, beta1), tf.mul(gradient, 1 - beta1));
  const square = tf.add(tf.mul(state.square!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const root = tf.div(tf.sqrt(square), Math.sqrt(1 - beta2 ** step));
  const direction = tf.div(tf.div(mean, 1 - beta1 ** step), tf.add(root, epsilon));
  return {direction, state: {mean, square}};
}

function adamw({beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8}: AdamWConfig): OptimizerRule {
  const numbers = {beta1, beta2, epsilon};
  return {
    slots: ADAM_SLOTS,
    update(args) {
      const atOnce = adamKernel(args, numbers, false);
      if (atOnce !== undefined) return atOnce;
      const {direction, state} = adamStep(args, numbers);
      const {value, learningRate, weightDecay} = args;
      const decayed = weightDecay === 0 ? value : tf.mul(value, 1 - learningRate * weightDecay);
      return {value: tf.sub(decayed, tf.mul(direction, learningRate)), state};
    },
  };
}

function lamb({beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6}: LambConfig): OptimizerRule {
  const numbers = {beta1, beta2, epsilon};
  return {
    slots: ADAM_SLOTS,
    update(args) {
      const {value, learningRate, weightDecay} = args;
      // Weights without decay, norms and biases, are not scaled either.
      const trusts = weightDecay !== 0;
      const atOnce = adamKernel(args, numbers, trusts);
      if (atOnce !== undefined) return atOnce;
      const {direction, state} = adamStep(args, numbers);
      if (!trusts) return {value: tf.sub(value, tf.mul(direction, learningRate)), state};
      const update = tf.add(direction, tf.mul(value, weightDecay));
      const step = tf.mul(tf.mul(update, trustRatio(value, update)), learningRate);
      return {value: tf.sub(value, step), state};
    },
  };
}

/** Norm of the weight over norm of the update; 1 where either is 0. */
function trustRatio(value: tf.Tensor, update: tf.Tensor): tf.Tensor {
  const [ofValue, ofUpdate] = [tf.norm(value), tf.norm(update)];
  const both = tf.logicalAnd(tf.greater(ofValue, 0), tf.greater(ofUpdate, 0));
  return tf.where(both, tf.div(ofValue, ofUpdate), tf.scalar(1));
}
