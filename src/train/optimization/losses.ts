/**
 * Losses of classifiers, on logits and targets that may be soft: softmax cross entropy and binary cross entropy, as PyTorch
 * computes them for targets of probabilities.
 */
import * as tf from '@tensorflow/tfjs-core';
import {crossEntropyTrain, type LossAndHits} from '../../ops/cross_entropy';

export interface LossConfig {
  /** Classes that exclude each other, or each class by itself as timm's BinaryCrossEntropy and "ResNet strikes back". */
  readonly name: 'softmax' | 'binary';
  /** Share of a target that is spread over all classes evenly (Szegedy et al., CVPR 2016). Default 0. */
  readonly labelSmoothing?: number;
  /**
   * The weight of each class in the order of the targets. Not of means: as PyTorch's for soft targets, the sum is divided by the
   * number of samples whatever the weights.
   */
  readonly classWeights?: readonly number[];
}

/**
 * The mean loss of a batch.
 *
 * - softmax: mean over the samples of `-sum_c w_c t_c log softmax(logits)_c`;
 * - binary: mean over samples and classes of `w_c (t_c log(1 + e^-x) + (1 - t_c) log(1 + e^x))`.
 *
 * @param logits `[batch, classes]`
 * @param targets `[batch, classes]`, one-hot or soft
 * @returns a scalar
 */
export function loss(logits: tf.Tensor2D, targets: tf.Tensor2D, config: LossConfig): tf.Scalar {
  return tf.tidy(() => {
    const count = config.name === 'softmax' ? logits.shape[0] : logits.size;
    return tf.div(tf.sum(classLosses(logits, targets, config)), count) as tf.Scalar;
  });
}

/** The same with how many answers are right: those that are greatest where their targets are. In training one kernel, where there is one. */
export function lossAndHits(logits: tf.Tensor2D, targets: tf.Tensor2D, config: LossConfig): LossAndHits {
  return tf.tidy(() => {
    const {name, labelSmoothing = 0, classWeights} = config;
    const weights = classWeights && tf.tensor1d([...classWeights]);
    const atOnce = name === 'softmax' && crossEntropyTrain(logits, targets, weights, labelSmoothing);
    // A type, as the host's tidy wants it.
    return {...(atOnce || {value: loss(logits, targets, config), hits: countHits(logits, targets)})};
  });
}

function countHits(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.sum(tf.cast(tf.equal(tf.argMax(logits, -1), tf.argMax(targets, -1)), 'float32'));
}

/** The loss of each sample, `[batch]`; their mean is that of `loss`. */
export function sampleLosses(logits: tf.Tensor2D, targets: tf.Tensor2D, config: LossConfig): tf.Tensor1D {
  return tf.tidy(() => {
    const losses = classLosses(logits, targets, config);
    return (config.name === 'softmax' ? tf.sum(losses, 1) : tf.mean(losses, 1)) as tf.Tensor1D;
  });
}

/** What each class adds to the loss of each sample, `[batch, classes]`. */
function classLosses(logits: tf.Tensor2D, targets: tf.Tensor2D, config: LossConfig): tf.Tensor2D {
  const {name, labelSmoothing = 0, classWeights} = config;
  const smooth = smoothed(targets, labelSmoothing);
  const losses =
    name === 'softmax'
      ? (tf.neg(tf.mul(tf.logSoftmax(logits), smooth)) as tf.Tensor2D)
      : binary(logits, smooth);
  return classWeights === undefined ? losses : tf.mul(losses, tf.tensor1d([...classWeights]));
}

function smoothed(targets: tf.Tensor2D, share: number): tf.Tensor2D {
  if (share === 0) return targets;
  return tf.add(tf.mul(targets, 1 - share), share / targets.shape[1]);
}

/**
 * Each class's loss, max(x, 0) - x t + log(1 + e^-|x|), which no x overflows. Its own gradient, sigmoid(x) - t: at x = 0, where a
 * new classifier with zeros begins, that of the parts would be -t.
 */
function binary(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor2D {
  const compute = tf.customGrad((...args) => {
    // The host hands the function that saves behind the inputs, and declares it a tensor.
    const [x, t, save] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    save([x, t]);
    const value = tf.add(tf.sub(tf.relu(x), tf.mul(x, t)), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [of, target] = saved as [tf.Tensor, tf.Tensor];
      return [tf.mul(dy, tf.sub(tf.sigmoid(of), target)), tf.mul(dy, tf.neg(of))];
    };
    return {value, gradFunc};
  });
  return compute(logits, targets) as tf.Tensor2D;
}
