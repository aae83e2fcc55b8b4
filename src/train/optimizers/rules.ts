/**
 * What optimizers do to one weight: stochastic gradient descent, AdamW, LAMB. Pure functions of tensors in the order of PyTorch's
 * and timm's arithmetic, so that runs can be compared; which weights, which rates and whose memory is updater.ts.
 */
import * as tf from '@tensorflow/tfjs-core';

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
  readonly state: WeightState;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Counted from 1. */
  readonly step: number;
}

/** An optimizer for one weight. */
export interface OptimizerRule {
  /** Names of the state's tensors, which begin as zeros. */
  readonly slots: readonly string[];
  /** New tensors for value and state; to be called within tf.tidy. */
  update(args: UpdateArgs): {readonly value: tf.Tensor; readonly state: WeightState};
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

function sgd({momentum = 0, nesterov = false}: SgdConfig): OptimizerRule {
  return {
    slots: momentum === 0 ? [] : ['momentum'],
    update({value, gradient, state, learningRate, weightDecay}) {
      const decayed = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(value, weightDecay));
      if (momentum === 0) return {value: tf.sub(value, tf.mul(decayed, learningRate)), state: {}};
      const average = tf.add(tf.mul(state.momentum!, momentum), decayed);
      const direction = nesterov ? tf.add(decayed, tf.mul(average, momentum)) : average;
      return {value: tf.sub(value, tf.mul(direction, learningRate)), state: {momentum: average}};
    },
  };
}

/** Moving averages of gradient and square, and the step that they give: mean / (sqrt(square) + epsilon), both unbiased. */
function adamStep(
  {gradient, state, step}: UpdateArgs,
  {beta1, beta2, epsilon}: {beta1: number; beta2: number; epsilon: number},
): {direction: tf.Tensor; state: WeightState} {
  const mean = tf.add(tf.mul(state.mean!, beta1), tf.mul(gradient, 1 - beta1));
  const square = tf.add(tf.mul(state.square!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const root = tf.div(tf.sqrt(square), Math.sqrt(1 - beta2 ** step));
  const direction = tf.div(tf.div(mean, 1 - beta1 ** step), tf.add(root, epsilon));
  return {direction, state: {mean, square}};
}

function adamw({beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8}: AdamWConfig): OptimizerRule {
  return {
    slots: ['mean', 'square'],
    update(args) {
      const {direction, state} = adamStep(args, {beta1, beta2, epsilon});
      const {value, learningRate, weightDecay} = args;
      const decayed = weightDecay === 0 ? value : tf.mul(value, 1 - learningRate * weightDecay);
      return {value: tf.sub(decayed, tf.mul(direction, learningRate)), state};
    },
  };
}

function lamb({beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6}: LambConfig): OptimizerRule {
  return {
    slots: ['mean', 'square'],
    update(args) {
      const {direction, state} = adamStep(args, {beta1, beta2, epsilon});
      const {value, learningRate, weightDecay} = args;
      // Weights without decay, norms and biases, are not scaled either.
      if (weightDecay === 0) return {value: tf.sub(value, tf.mul(direction, learningRate)), state};
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
