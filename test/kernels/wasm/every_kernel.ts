/** Calls that between them run every kernel of the wasm backend: what the tests of its memory go through. */
import * as tf from '@tensorflow/tfjs-core';
import * as sts from '../../../src/entries';
import {activate} from '../../../src/ops/activations';
import {batchNormTrain} from '../../../src/ops/batch_norm_train';
import {gatedSwish} from '../../../src/ops/gated_swish';
import {takenOnce} from '../../../src/ops/grads/taken_once';
import {lossAndHits} from '../../../src/train/optimization/losses';
import {globalNorm} from '../../../src/train/optimization/optimizers/clip';
import {optimizerRule} from '../../../src/train/optimization/optimizers/rules';
import {tensorOf} from './wasm_host';

type Conv = (x: tf.Tensor5D, filter: tf.Tensor5D) => tf.Tensor;

/** Both gradients of a convolution, of sums of squares so that the output gradient has values of its own. */
const gradients = (xShape: number[], filterShape: number[], conv: Conv) => () => {
  const loss = (a: tf.Tensor, b: tf.Tensor) =>
    tf.sum(tf.square(conv(a as tf.Tensor5D, b as tf.Tensor5D))) as tf.Scalar;
  return tf.grads(loss)([tensorOf(xShape, 1), tensorOf(filterShape, 2)]);
};

export const xShape = [2, 3, 9, 10, 19];

/** Every kernel of the wasm backend in each of its forms, with its gradients. */
export const everyKernel: Record<string, () => tf.Tensor | tf.Tensor[]> = {
  'gradients, dense': gradients(xShape, [3, 3, 3, 19, 37], (a, b) => sts.conv3d(a, b, 1, 'same')),
  'gradients, dense, in place': gradients([2, 3, 5, 5, 37], [2, 1, 1, 37, 41], (a, b) =>
    sts.conv3d(a, b, 1, 'same'),
  ),
  'gradients, pointwise, more outputs than inputs': gradients([2, 3, 5, 5, 19], [1, 1, 1, 19, 70], (a, b) =>
    sts.conv3d(a, b, 1, 'same'),
  ),
  'gradients, few inputs and many outputs': gradients([1, 2, 13, 14, 3], [1, 3, 3, 3, 25], (a, b) =>
    sts.conv3d(a, b, [1, 2, 2], 'same'),
  ),
  'gradients, minimal filtering of frames': gradients([2, 3, 5, 7, 37], [3, 3, 3, 37, 41], (a, b) =>
    sts.conv3d(a, b, 1, 'same'),
  ),
  'gradients, minimal filtering along time': gradients([2, 5, 3, 5, 37], [3, 1, 1, 37, 41], (a, b) =>
    sts.conv3d(a, b, 1, 'same'),
  ),
  'gradients, dense, scattered': gradients(xShape, [3, 3, 3, 19, 13], (a, b) => sts.conv3d(a, b, 2, 'same')),
  'gradients, grouped': gradients([1, 3, 5, 5, 12], [1, 3, 3, 4, 9], (a, b) =>
    sts.fused.conv3d({x: a, filter: b, pad: 1, groups: 3}),
  ),
  'gradients, depthwise': gradients(xShape, [3, 3, 3, 19, 1], (a, b) => sts.depthwiseConv3d(a, b, 1, 'same')),
  'gradients, depthwise, many channels': gradients([2, 3, 5, 5, 54], [3, 3, 3, 54, 1], (a, b) =>
    sts.depthwiseConv3d(a, b, 1, 'same'),
  ),
  'gradients, depthwise, scattered': gradients(xShape, [3, 3, 3, 19, 2], (a, b) =>
    sts.depthwiseConv3d(a, b, [1, 2, 2], 'same'),
  ),
  'gradients, STS, temporal': gradients(xShape, [3, 1, 1, 19, 9], (a, b) => sts.stsConv3d(a, b, 1, 'same')),
  'gradients, STS, depthwise': gradients(xShape, [3, 3, 3, 19, 1], (a, b) =>
    sts.stsDepthwiseConv3d(a, b, [1, 2, 2], 'same'),
  ),
  'dense, gathered': () => sts.conv3d(tensorOf(xShape, 1), tensorOf([3, 3, 3, 19, 13], 2), 1, 'same'),
  'dense, in place': () =>
    sts.conv3d(tensorOf([2, 3, 5, 5, 37], 1), tensorOf([3, 1, 1, 37, 11], 2), 1, 'same'),
  'pointwise, a tail of outputs': () =>
    sts.fused.conv3d({
      x: tensorOf(xShape, 1),
      filter: tensorOf([1, 1, 1, 19, 13], 2),
      pad: 'same',
      residual: tensorOf([...xShape.slice(0, 4), 13], 3),
      activation: 'relu',
    }),
  'pointwise, three positions': () =>
    sts.conv3d(tensorOf([1, 1, 1, 3, 5], 1), tensorOf([1, 1, 1, 5, 11], 2), 1, 'same'),
  grouped: () =>
    sts.fused.conv3d({
      x: tensorOf([1, 3, 5, 5, 12], 1),
      filter: tensorOf([1, 3, 3, 4, 9], 2),
      pad: 1,
      groups: 3,
    }),
  depthwise: () => sts.depthwiseConv3d(tensorOf(xShape, 1), tensorOf([3, 3, 3, 19, 1], 2), [1, 2, 2], 'same'),
  'with residual and activation': () =>
    sts.fused.depthwiseConv3d({
      x: tensorOf(xShape, 1),
      filter: tensorOf([3, 3, 3, 19, 1], 2),
      pad: 'same',
      residual: tensorOf(xShape, 3),
      activation: 'swish',
    }),
  'STS, temporal': () => sts.stsConv3d(tensorOf(xShape, 1), tensorOf([3, 1, 1, 19, 9], 2), 1, 'same'),
  "the host's conv3d": () => tf.conv3d(tensorOf([2, 3, 5, 5, 7], 1), tensorOf([3, 3, 3, 7, 5], 2), 2, 'same'),
  "the gradients of the host's conv2d": () =>
    tf.grads((t, f) => tf.conv2d(t as tf.Tensor4D, f as tf.Tensor4D, 2, 'same'))([
      tf.ones([2, 7, 9, 5]),
      tf.ones([3, 3, 5, 7]),
    ])[1]!,
  'sums over time, height and width': () => tf.sum(tensorOf(xShape, 1), [1, 2, 3]),
  'max pooling, forward': () => tf.maxPool3d(tensorOf(xShape, 1), 3, 2, 'same'),
  'max pooling, back': () =>
    tf.grad((t) => tf.maxPool3d(t as tf.Tensor5D, 3, 2, 'same'))(tensorOf(xShape, 1)),
  'average pooling, forward': () => tf.avgPool3d(tensorOf(xShape, 1), 3, 2, 'same'),
  'average pooling, back': () =>
    tf.grad((t) => tf.avgPool3d(t as tf.Tensor5D, 3, 2, 'same'))(tensorOf(xShape, 1)),
  'STS, depthwise': () =>
    sts.stsDepthwiseConv3d(tensorOf(xShape, 1), tensorOf([3, 3, 3, 19, 1], 2), 1, 'same'),
  'max pooling of whole numbers, forward': () =>
    tf.maxPool3d(tf.cast(tf.mul(tensorOf(xShape, 1), 100), 'int32') as tf.Tensor5D, 3, 2, 'same'),
  'batch normalization in training, gradients': () => {
    const run = (a: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
      batchNormTrain(a, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-3).y;
    const inputs = [[540, 19], [19], [19]].map((shape, seed) => tensorOf(shape, seed + 1));
    return tf.grads(
      (...given: tf.Tensor[]) => tf.sum(tf.square(run(given[0]!, given[1]!, given[2]!))) as tf.Scalar,
    )(inputs);
  },
  'batch normalization in training with ReLU up to 6, gradients': () => {
    const run = (a: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
      batchNormTrain(a, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-3, 'relu6').y;
    const inputs = [[540, 19], [19], [19]].map((shape, seed) => tensorOf(shape, seed + 1));
    return tf.grads(
      (...given: tf.Tensor[]) => tf.sum(tf.square(run(given[0]!, given[1]!, given[2]!))) as tf.Scalar,
    )(inputs);
  },
  'batch normalization in training of a sum with ReLU, gradients': () => {
    const run = (a: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, residual: tf.Tensor) =>
      takenOnce(() => batchNormTrain(a, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-3, 'relu', residual).y);
    const inputs = [[1640, 19], [19], [19], [1640, 19]].map((shape, seed) => tensorOf(shape, seed + 1));
    return tf.grads(
      (...given: tf.Tensor[]) =>
        tf.sum(tf.square(run(given[0]!, given[1]!, given[2]!, given[3]!))) as tf.Scalar,
    )(inputs);
  },
  'batch normalization in training with swish, gradients': () => {
    const run = (a: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
      takenOnce(() => batchNormTrain(a, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-3, 'swish').y);
    const inputs = [[1640, 19], [19], [19]].map((shape, seed) => tensorOf(shape, seed + 1));
    return tf.grads(
      (...given: tf.Tensor[]) => tf.sum(tf.square(run(given[0]!, given[1]!, given[2]!))) as tf.Scalar,
    )(inputs);
  },
  'updates of weights': () => {
    const [value, gradient, state] = [1, 2, 3].map((seed) => tf.abs(tensorOf([1, 3, 7, 9, 11], seed))) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const args = {value, gradient, gradientFactor: 0.5, learningRate: 0.1, weightDecay: 0.02};
    const sgd = optimizerRule({name: 'sgd', momentum: 0.9}).update([{...args, state: {momentum: state}}], 3);
    const lamb = optimizerRule({name: 'lamb'}).update([{...args, state: {mean: state, square: state}}], 3);
    const results = [...sgd, ...lamb].flatMap(({value: to, state: after}) => [to, ...Object.values(after)]);
    return [...results, globalNorm([value, gradient])];
  },
  'softmax cross entropy in training, gradient': () => {
    const [x, y] = [tensorOf(xShape, 1), tf.abs(tensorOf(xShape, 2))].map((t) => tf.reshape(t, [-1, 19]));
    const config = {name: 'softmax', classWeights: new Array<number>(19).fill(0.5)} as const;
    const run = (logits: tf.Tensor) =>
      takenOnce(() => lossAndHits(logits as tf.Tensor2D, y as tf.Tensor2D, config));
    return [run(x!).value, run(x!).hits, tf.grad((logits) => run(logits).value)(x!)];
  },
  'sums, products, gates, ReLU and swish in training, gradients': () => {
    const shape = [2, 2, 9, 13, 37];
    const loss = (a: tf.Tensor, scale: tf.Tensor) =>
      takenOnce(() => {
        const scaled = tf.mul(gatedSwish(tf.add(activate(a, 'swish'), scale), scale), scale);
        return tf.sum(tf.mul(tf.relu(tf.sub(scaled, a)), tf.add(scaled, a))) as tf.Scalar;
      });
    return tf.grads(loss)([tensorOf(shape, 1), tensorOf([2, 1, 1, 1, 37], 2)]);
  },
  'slice, strided slice, reverse': () => {
    const x = tensorOf(xShape, 1);
    return [
      tf.slice(x, [0, 0, 1, 0, 3], [-1, -1, 5, -1, 7]),
      tf.stridedSlice(x, [0, 0, 0, 9, 0], [2, 3, 9, 0, 19], [1, 2, 1, -3, 2]),
      tf.reverse(tf.greater(x, 0), [1, 4]),
    ];
  },
  'split, unstack, gradient': () =>
    tf.grad((x) => {
      const [a, b] = tf.split(x, [9, 10], 4) as [tf.Tensor, tf.Tensor];
      return tf.add(tf.sum(tf.square(a)), tf.sum(tf.square(tf.unstack(b, 1)[1]!)));
    })(tensorOf(xShape, 1)),
  'concat, stack, pad, gradient': () =>
    tf.grad((x) => {
      const all = tf.stack([tf.concat([x, tf.square(x)], 4), tf.concat([x, x], 4)], 2);
      return tf.square(tf.pad(all, [...new Array<[number, number]>(5).fill([0, 1]), [1, 0]]));
    })(tensorOf(xShape, 1)),
  'transpose, tile, gather, cast': () => {
    const x = tensorOf(xShape, 1);
    return [
      tf.transpose(x, [3, 1, 4, 0, 2]),
      tf.tile(x, [1, 2, 1, 1, 3]),
      tf.gather(x, tf.tensor1d([2, 0], 'int32'), 1),
      tf.cast(x, 'bool'),
    ];
  },
};
