/**
 * EfficientNet-Lite0 once more, from stock 2D ops of tfjs and nothing of this package, to judge the shipped weights
 * apart from the network builder. Kernel sizes and widths come from the weights; only the strides are written here.
 */
import * as tf from '@tensorflow/tfjs-core';

export type Weights = ReadonlyMap<string, {shape: readonly number[]; values: Float32Array}>;

const BLOCK_STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1] as const;
const EPSILON = 1e-3;

/** Logits and feature maps (`stem`, `blocks_<i>`, `head`), each as values in `[height, width, channels]` order. */
export function runStockNetwork(
  weights: Weights,
  input: Float32Array,
  [height, width]: readonly [number, number, number],
): {logits: Float32Array; points: Map<string, Float32Array>} {
  const points = new Map<string, Float32Array>();
  const keep = (name: string, value: tf.Tensor) => points.set(name, value.dataSync() as Float32Array);
  const logits = tf.tidy(() => {
    let x = tf.tensor4d(input, [1, height, width, 3]);
    x = tf.relu6(batchNorm(weights, 'stem_bn', tf.conv2d(x, kernel(weights, 'stem_conv/kernel'), 2, 'same')));
    keep('stem', x);
    BLOCK_STRIDES.forEach((stride, index) => {
      x = runBlock(weights, `blocks_${index}`, x, stride);
      keep(`blocks_${index}`, x);
    });
    x = tf.relu6(batchNorm(weights, 'head_bn', tf.conv2d(x, kernel(weights, 'head_conv/kernel'), 1, 'same')));
    keep('head', x);
    const pooled = tf.mean<tf.Tensor2D>(x, [1, 2]);
    const [classifier, bias] = [weights.get('classifier/kernel')!, weights.get('classifier/bias')!];
    const dense = tf.tensor2d(classifier.values, classifier.shape as [number, number]);
    return tf.add(tf.matMul(pooled, dense), tf.tensor1d(bias.values)).dataSync() as Float32Array;
  });
  return {logits, points};
}

function runBlock(weights: Weights, block: string, input: tf.Tensor4D, stride: number): tf.Tensor4D {
  let x = input;
  if (weights.has(`${block}_expand_conv/kernel`)) {
    const expand = kernel(weights, `${block}_expand_conv/kernel`);
    x = tf.relu6(batchNorm(weights, `${block}_expand_bn`, tf.conv2d(x, expand, 1, 'same')));
  }
  const depthwise = kernel(weights, `${block}_depthwise_conv/depthwise_kernel`);
  x = tf.relu6(batchNorm(weights, `${block}_depthwise_bn`, tf.depthwiseConv2d(x, depthwise, stride, 'same')));
  const project = kernel(weights, `${block}_project_conv/kernel`);
  x = batchNorm(weights, `${block}_project_bn`, tf.conv2d(x, project, 1, 'same'));
  return stride === 1 && x.shape[3] === input.shape[3] ? tf.add(x, input) : x;
}

function kernel(weights: Weights, name: string): tf.Tensor4D {
  const {shape, values} = weights.get(name)!;
  return tf.tensor4d(values, shape as [number, number, number, number]);
}

function batchNorm(weights: Weights, layer: string, x: tf.Tensor4D): tf.Tensor4D {
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) =>
    tf.tensor1d(weights.get(`${layer}/${name}`)!.values),
  ) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  return tf.batchNorm4d(x, mean, variance, beta, gamma, EPSILON);
}
