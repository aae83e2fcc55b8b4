/**
 * Reading and stretching one axis of a tensor with stock ops that every backend has: reshape, pad, slice. Pad and
 * slice are used at rank 2 only: rank-5 pad and reverse do not work on webgl and webgpu (tfjs 4.22).
 */
import * as tf from '@tensorflow/tfjs-core';
import type {LineTaps} from '../../geometry/taps';
import type {Triple} from '../../util/shapes';

type LineOrder = LineTaps['order'];

/** The shape with one length replaced. */
function withLength(shape: readonly number[], axis: number, length: number): number[] {
  return shape.map((n, i) => (i === axis ? length : n));
}

/** What lies before and after an axis: the tensor is `outer` blocks of `length` runs of `inner` values. */
function around(shape: readonly number[], axis: number): {outer: number; inner: number} {
  return {
    outer: tf.util.sizeFromShape(shape.slice(0, axis)),
    inner: tf.util.sizeFromShape(shape.slice(axis + 1)),
  };
}

/**
 * Positions `start, start + stride, ...` (`count` of them) of an axis; zeros where they lie outside.
 * The stock stridedSlice has no gradient and differs between backends, hence the reshape that drops the rest. An axis
 * and all behind it are one axis of the view: the host's slice copies runs along the last axis (on wasm the STS
 * network of the demo spent three quarters of its time in slices of single values before).
 */
export function takeAlong(
  x: tf.Tensor,
  axis: number,
  start: number,
  stride: number,
  count: number,
): tf.Tensor {
  const length = x.shape[axis]!;
  if (start === 0 && stride === 1 && count === length) return x;
  const {outer, inner} = around(x.shape, axis);
  return tf.tidy(() => {
    const needed = stride * count;
    const before = Math.max(0, -start);
    const after = Math.max(0, start + needed - length);
    let lines: tf.Tensor2D = tf.reshape(x, [outer, length * inner]);
    if (before > 0 || after > 0) {
      lines = tf.pad(lines, [
        [0, 0],
        [before * inner, after * inner],
      ]);
    }
    if (before + length + after > needed)
      lines = tf.slice(lines, [0, (start + before) * inner], [outer, needed * inner]);
    const result = withLength(x.shape, axis, count);
    if (stride === 1) return tf.reshape(lines, result);
    const steps = tf.reshape(lines, [outer * count, stride * inner]);
    return tf.reshape(tf.slice(steps, [0, 0], [outer * count, inner]), result);
  });
}

/** Puts `stride - 1` zeros after every position of an axis. */
export function stretchAlong(x: tf.Tensor, axis: number, stride: number): tf.Tensor {
  if (stride === 1) return x;
  const {outer, inner} = around(x.shape, axis);
  const length = x.shape[axis]!;
  return tf.tidy(() => {
    const apart = tf.pad(tf.reshape(x, [outer * length, inner]), [
      [0, 0],
      [0, (stride - 1) * inner],
    ]);
    return tf.reshape(apart, withLength(x.shape, axis, length * stride));
  });
}

/** Channels `[begin, begin + count)` of a tensor whose last axis is channels. */
export function takeChannels<T extends tf.Tensor>(x: T, begin: number, count: number): T {
  return takeAlong(x, x.rank - 1, begin, 1, count) as T;
}

/**
 * The frames of a video that a rule reads, `time` of them, each as one line: `[batch * time, 1, height * width, channels]`.
 */
export function toLines(
  x: tf.Tensor5D,
  {order, timeStride, firstFrame = 0}: Pick<LineTaps, 'order' | 'timeStride' | 'firstFrame'>,
  time: number,
): tf.Tensor4D {
  const [batch, , height, width, channels] = x.shape;
  const frames = tf.reshape(takeAlong(x, 1, firstFrame, timeStride, time), [
    batch * time,
    height,
    width,
    channels,
  ]) as tf.Tensor4D;
  return tf.reshape(order === 'column-major' ? swapHeightAndWidth(frames) : frames, [
    batch * time,
    1,
    height * width,
    channels,
  ]);
}

/** Lines `[batch * time, 1, height * width, channels]` back as a video `[batch, time, height, width, channels]`. */
export function fromLines(lines: tf.Tensor4D, order: LineOrder, batch: number, size: Triple): tf.Tensor5D {
  const [time, height, width] = size;
  const channels = lines.shape[3];
  const frames =
    order === 'column-major'
      ? swapHeightAndWidth(tf.reshape(lines, [batch * time, width, height, channels]))
      : lines;
  return tf.reshape(frames, [batch, time, height, width, channels]);
}

/** Exchanges height and width of `[frames, height, width, channels]`. */
function swapHeightAndWidth(x: tf.Tensor4D): tf.Tensor4D {
  return tf.transpose(x, [0, 2, 1, 3]);
}
