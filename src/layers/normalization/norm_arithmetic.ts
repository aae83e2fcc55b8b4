/**
 * The arithmetic of batch, layer and group normalization of any rank, of stock ops on views of rank 2 and 3: `tf.batchNorm` at rank 5
 * has no working gradient and on wasm is the slower way (25,088 x 64 values: 5.7 ms a pass against 1.6 ms), broadcasting
 * at rank 5 is invalid on webgpu. Layers, ours and the host's, call it with the weights that they keep.
 */
import {
  add,
  concat,
  maximum,
  mean,
  mul,
  ones,
  reshape,
  rsqrt,
  split,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tidy,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import type {FusedNormActivation} from '../../geometry/kernel_names';
import {activate} from '../../ops/activations';
import {batchNormTrain} from '../../ops/batch_norm_train';
import {moveAverages} from './moving_averages';

type Weight = LayerVariable | null | undefined;

/** Gain and offset, `[channels]` or the shape of the normalized axes; one that a layer has not is 1 or 0. */
export interface ScaleWeights {
  readonly gamma: Weight;
  readonly beta: Weight;
  readonly epsilon: number;
}

export interface BatchNormWeights extends ScaleWeights {
  readonly movingMean: LayerVariable;
  readonly movingVariance: LayerVariable;
  readonly momentum: number;
  /** Whether moving_variance follows the sum over n - 1, as in PyTorch, instead of n. */
  readonly unbiased?: boolean;
}

/** What else one call may do: an activation of the sum with a residual of x's shape. */
export interface NormEnd {
  readonly activation?: FusedNormActivation | undefined;
  readonly residual?: Tensor | undefined;
}

/**
 * Normalizes each entry of `axis` over all other axes, by the statistics of x in training, which move the averages.
 */
export function batchNormalize(
  x: Tensor,
  axis: number,
  weights: BatchNormWeights,
  training: boolean,
  end: NormEnd = {},
): Tensor {
  return tidy(() => {
    if (training) return normalizeByBatch(x, axis, weights, end);
    const view = channelView(x, axis);
    return ended(reshape(normalizeByMovingAverages(view, weights), x.shape), end);
  });
}

function ended(y: Tensor, {residual, activation = 'linear'}: NormEnd): Tensor {
  return activate(residual === undefined ? y : add(y, residual), activation);
}

/**
 * What batch normalization does outside training: x * scale + offset, both `[channels]`, that is
 * (x - mean) / sqrt(variance + epsilon) * gamma + beta with the moving averages.
 */
export function movingAffine(weights: BatchNormWeights): {scale: Tensor1D; offset: Tensor1D} {
  const inverse = rsqrt(add(weights.movingVariance.read(), weights.epsilon));
  const scale = (weights.gamma ? mul(inverse, weights.gamma.read()) : inverse) as Tensor1D;
  const shift = mul(weights.movingMean.read(), scale) as Tensor1D;
  return {scale, offset: weights.beta ? (sub(weights.beta.read(), shift) as Tensor1D) : mul(shift, -1)};
}

/** Normalizes over `axes`, each position of the others by itself; gamma and beta have the lengths of `axes`. */
export function layerNormalize(x: Tensor, axes: readonly number[], weights: ScaleWeights): Tensor {
  return alongAxes(x, axes, (rows) => {
    const centred = sub(rows, mean(rows, 1, true));
    const y = mul(centred, rsqrt(add(mean(square(centred), 1, true), weights.epsilon)));
    const gained = weights.gamma ? mul(y, reshape(weights.gamma.read(), [-1])) : y;
    return weights.beta ? add(gained, reshape(weights.beta.read(), [-1])) : gained;
  });
}

/** x divided by the root of the sum of squares along `axes`, or by 1e-6 where that is less, as in Keras. */
export function unitNormalize(x: Tensor, axes: readonly number[]): Tensor {
  return alongAxes(x, axes, (rows) => mul(rows, rsqrt(maximum(sum(square(rows), 1, true), 1e-12))));
}

/** x divided by the root of the mean of squares along `axes`, times the gain of each of their entries. */
export function rmsNormalize(x: Tensor, axes: readonly number[], gain: Tensor, epsilon: number): Tensor {
  return alongAxes(x, axes, (rows) =>
    mul(mul(rows, rsqrt(add(mean(square(rows), 1, true), epsilon))), reshape(gain, [-1])),
  );
}

/** Runs `compute` on `[positions, entries of the axes]`, a view where the axes are the last ones. */
function alongAxes(x: Tensor, axes: readonly number[], compute: (rows: Tensor) => Tensor): Tensor {
  return tidy(() => {
    const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const order = [...kept, ...axes];
    const moved = order.some((axis, i) => axis !== i);
    const last = moved ? transpose(x, order) : x;
    const size = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
    const y = reshape(compute(reshape(last, [x.size / size, size])), last.shape);
    const back = order.map((_, axis) => order.indexOf(axis));
    return moved ? transpose(y, back) : y;
  });
}

/**
 * Normalizes each group of neighbouring channels of each sample over all of its positions. A group's statistics are
 * made of those of its channels, so that any number of groups costs the same two sums over positions.
 */
export function groupNormalize(x: Tensor, axis: number, groups: number, weights: ScaleWeights): Tensor {
  return tidy(() => {
    const [batch, channels] = [x.shape[0]!, x.shape[axis]!];
    if (groups === channels && axis === x.rank - 1) return instanceNormalize(x, weights);
    const inner = x.shape.slice(axis + 1).reduce((product, length) => product * length, 1);
    const outer = x.size / (batch * channels * inner);
    const rows = reshape(x, [batch, outer, channels, inner]);
    // One axis of positions, before or behind the channels; where there are positions on both sides, behind them all.
    const moved = outer > 1 && inner > 1;
    const positions = outer * inner;
    const behind = moved || inner > 1;
    const view = reshape(
      moved ? transpose(rows, [0, 2, 1, 3]) : rows,
      behind ? [batch, channels, positions] : [batch, positions, channels],
    );
    const along = behind ? 2 : 1;
    const spread = (perChannel: Tensor) =>
      reshape(perChannel, behind ? [-1, channels, 1] : [-1, 1, channels]);
    /** `[batch, channels]`: the mean of each channel's group. */
    const ofGroup = (perChannel: Tensor) => {
      if (groups === channels) return perChannel;
      const size = channels / groups;
      const grouped = mean(reshape(perChannel, [batch * groups, size]), 1, true);
      return reshape(mul(grouped, ones([1, size])), [batch, channels]);
    };
    const centred = sub(view, spread(ofGroup(mean(view, along))));
    const variance = ofGroup(mean(square(centred), along));
    const inverse = rsqrt(add(variance, weights.epsilon));
    const scale = weights.gamma ? mul(inverse, reshape(weights.gamma.read(), [1, channels])) : inverse;
    const y = mul(centred, spread(scale));
    const shifted = weights.beta ? add(y, spread(weights.beta.read())) : y;
    const back = moved ? transpose(reshape(shifted, [batch, channels, outer, inner]), [0, 2, 1, 3]) : shifted;
    return reshape(back, x.shape);
  });
}

/** Each channel of each sample by itself, channels last: samples are batches of one, for the kernel of batch normalization. */
function instanceNormalize(x: Tensor, weights: ScaleWeights): Tensor {
  const batch = x.shape[0]!;
  const {gamma, beta} = scaleOf(weights, x.shape.at(-1)!);
  const samples = batch > 1 ? split(x, batch) : [x];
  const normalized = samples.map((sample) => batchNormTrain(sample, gamma, beta, weights.epsilon).y);
  return batch > 1 ? concat(normalized) : normalized[0]!;
}

function scaleOf(weights: ScaleWeights, channels: number): {gamma: Tensor1D; beta: Tensor1D} {
  const gamma = weights.gamma?.read() ?? ones([channels]);
  const beta = weights.beta?.read() ?? zeros([channels]);
  return {gamma: gamma as Tensor1D, beta: beta as Tensor1D};
}

function normalizeByMovingAverages(view: Tensor, weights: BatchNormWeights): Tensor {
  const {scale, offset} = movingAffine(weights);
  return add(mul(view, perChannel(scale, view)), perChannel(offset, view));
}

function normalizeByBatch(x: Tensor, axis: number, weights: BatchNormWeights, end: NormEnd): Tensor {
  const channels = x.shape[axis]!;
  const {gamma, beta} = scaleOf(weights, channels);
  const isLast = axis === x.rank - 1;
  const last = isLast ? x : transpose(channelView(x, axis), [0, 2, 1]);
  const {activation, residual} = isLast ? end : {};
  const batch = batchNormTrain(last, gamma, beta, weights.epsilon, activation, residual);
  const count = x.size / channels;
  const correction = weights.unbiased && count > 1 ? count / (count - 1) : 1;
  const {movingMean, movingVariance, momentum} = weights;
  moveAverages([
    {average: movingMean, value: batch.mean, correction: 1, momentum},
    {average: movingVariance, value: batch.variance, correction, momentum},
  ]);
  return isLast ? batch.y : ended(reshape(transpose(batch.y, [0, 2, 1]), x.shape), end);
}

/** The channels last: `[rows, channels]`; else `[outer, channels, inner]`. */
function channelView(x: Tensor, axis: number): Tensor {
  const channels = x.shape[axis]!;
  if (axis === x.rank - 1) return reshape(x, [x.size / channels, channels]);
  const inner = x.shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  return reshape(x, [x.size / (channels * inner), channels, inner]);
}

/** A `[channels]` vector in the shape that broadcasts along the view. */
function perChannel(vector: Tensor, view: Tensor): Tensor {
  return view.rank === 3 ? reshape(vector, [1, vector.size, 1]) : vector;
}
