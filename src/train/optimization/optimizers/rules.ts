/**
 * What optimizers do to weights: stochastic gradient descent, AdamW, LAMB. Pure functions of tensors in the order of PyTorch's
 * and timm's arithmetic, so that runs can be compared; which weights, which rates and whose memory is updater.ts. One call of a kernel for
 * all of them where the backend has it (src/geometry/update_kernels.ts), else the same of stock ops, weight by weight.
 */
import * as tf from '@tensorflow/tfjs-core';
import {AdamUpdate, SgdUpdate, type WeightStep} from '../../../geometry/update_kernels';
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
}

/** What a rule makes: new tensors for value and state. A type, as the host's tidy wants it. */
export type Updated = {readonly value: tf.Tensor; readonly state: Record<string, tf.Tensor>};

export interface OptimizerRule {
  /** Names of the state's tensors, which begin as zeros. */
  readonly slots: readonly string[];
  /**
   * To be called within tf.tidy.
   *
   * @param step counted from 1
   * @param overwrites whether value and state may become what they are to be, where the backend can do that
   * @returns of each weight; nothing where that is what happened
   */
  update(weights: readonly UpdateArgs[], step: number, overwrites?: boolean): Updated[];
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
  const composed = ({value, gradient, gradientFactor, state, learningRate, weightDecay}: UpdateArgs) => {
    const clipped = scaled(gradient, gradientFactor);
    const decayed = weightDecay === 0 ? clipped : tf.add(clipped, tf.mul(value, weightDecay));
    if (momentumFactor === 0) return {value: tf.sub(value, tf.mul(decayed, learningRate)), state: {}};
    const momentum = tf.add(tf.mul(state.momentum!, momentumFactor), decayed);
    const direction = nesterov ? tf.add(decayed, tf.mul(momentum, momentumFactor)) : momentum;
    return {value: tf.sub(value, tf.mul(direction, learningRate)), state: {momentum}};
  };
  return {
    slots,
    update(all, _step, overwrites = false) {
      const attrs = {weights: all.map(weightStep), momentumFactor, nesterov, overwrites};
      const atOnce = runUpdateKernel(SgdUpdate, inputsOf(all, slots), attrs);
      return atOnce === undefined ? eachTidied(all, composed) : updatedOf(atOnce, slots);
    },
  };
}

const scaled = (gradient: tf.Tensor, factor: number) => (factor === 1 ? gradient : tf.mul(gradient, factor));

const weightStep = (args: UpdateArgs): WeightStep => ({
  gradientFactor: args.gradientFactor,
  weightDecay: args.weightDecay,
  learningRate: args.learningRate,
});

/** As the kernels want them. */
function inputsOf(all: readonly UpdateArgs[], slots: readonly string[]): tf.Tensor[] {
  return all.flatMap(({value, gradient, state}) => [value, gradient, ...slots.map((slot) => state[slot]!)]);
}

/** Of the results of a kernel. */
function updatedOf(results: readonly tf.Tensor[], slots: readonly string[]): Updated[] {
  const each = 1 + slots.length;
  return Array.from({length: results.length / each}, (_, i) => {
    const [value, ...state] = results.slice(i * each, (i + 1) * each);
    return {value: value!, state: Object.fromEntries(slots.map((slot, k) => [slot, state[k]!]))};
  });
}

/** One weight after the other: what lies between values and results is gone before the next. */
function eachTidied(all: readonly UpdateArgs[], composed: (args: UpdateArgs) => Updated): Updated[] {
  return all.map((args) => tf.tidy(() => composed(args)));
}

const ADAM_SLOTS = ['mean', 'square'];

interface AdamNumbers {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Moving averages of gradient and square, and the step that they give: mean / (sqrt(square) + epsilon), both unbiased. */
function adamStep(
  {gradient: given, gradientFactor, state}: UpdateArgs,
  {beta1, beta2, epsilon}: AdamNumbers,
  step: number,
): {direction: tf.Tensor; state: Updated['state']} {
  const gradient = scaled(given, gradientFactor);
  const mean = tf.add(tf.mul(state.mean!, beta1), tf.mul(gradient, 1 - beta1));
  const square = tf.add(tf.mul(state.square!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const root = tf.div(tf.sqrt(square), Math.sqrt(1 - beta2 ** step));
  const direction = tf.div(tf.div(mean, 1 - beta1 ** step), tf.add(root, epsilon));
  return {direction, state: {mean, square}};
}

/**
 * @param trusts whether a step is scaled to the norm of the weight, as LAMB does
 * @param along what becomes of a value along a direction
 */
function adam(
  numbers: AdamNumbers,
  trusts: (args: UpdateArgs) => boolean,
  along: (args: UpdateArgs, direction: tf.Tensor) => tf.Tensor,
): OptimizerRule {
  return {
    slots: ADAM_SLOTS,
    update(all, step, overwrites = false) {
      const weights = all.map((args) => Object.assign(weightStep(args), {trusts: trusts(args)}));
      const attrs = {weights, ...numbers, step, overwrites};
      const atOnce = runUpdateKernel(AdamUpdate, inputsOf(all, ADAM_SLOTS), attrs);
      if (atOnce !== undefined) return updatedOf(atOnce, ADAM_SLOTS);
      return eachTidied(all, (args) => {
        const {direction, state} = adamStep(args, numbers, step);
        return {value: along(args, direction), state};
      });
    },
  };
}

function adamw({beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8}: AdamWConfig): OptimizerRule {
  return adam(
    {beta1, beta2, epsilon},
    () => false,
    ({value, learningRate, weightDecay}, direction) => {
      const decayed = weightDecay === 0 ? value : tf.mul(value, 1 - learningRate * weightDecay);
      return tf.sub(decayed, tf.mul(direction, learningRate));
    },
  );
}

function lamb({beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6}: LambConfig): OptimizerRule {
  // Weights without decay, norms and biases, are not scaled either.
  const trusts = ({weightDecay}: UpdateArgs) => weightDecay !== 0;
  return adam({beta1, beta2, epsilon}, trusts, (args, direction) => {
    const {value, learningRate, weightDecay} = args;
    if (!trusts(args)) return tf.sub(value, tf.mul(direction, learningRate));
    const update = tf.add(direction, tf.mul(value, weightDecay));
    return tf.sub(value, tf.mul(tf.mul(update, trustRatio(value, update)), learningRate));
  });
}

/** Norm of the weight over norm of the update; 1 where either is 0. */
function trustRatio(value: tf.Tensor, update: tf.Tensor): tf.Tensor {
  const [ofValue, ofUpdate] = [tf.norm(value), tf.norm(update)];
  const both = tf.logicalAnd(tf.greater(ofValue, 0), tf.greater(ofUpdate, 0));
  return tf.where(both, tf.div(ofValue, ofUpdate), tf.scalar(1));
}
