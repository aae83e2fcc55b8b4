/**
 * Which frames of its input a layer reads for a frame of its output, as four numbers, for layers that do the same at each
 * frame. A frame is one position along the first axis after the batch. Pure numbers.
 */

/**
 * Output frame o reads input frames `ceil((o * down + from) / up)` to `floor((o * down + to) / up)`; those outside the
 * input are zeros, or are not there. A convolution has `down` for its stride, an upsampling `up` for its factor.
 */
export interface Span {
  readonly down: number;
  readonly up: number;
  readonly from: number;
  readonly to: number;
}

/** Of a layer whose output frame o reads input frame o alone. */
export const SAME_FRAME: Span = {down: 1, up: 1, from: 0, to: 0};

/** The first input frame that an output frame reads; of a frame that reads none, as between the taps of a transposed convolution, the last. */
export function firstRead(span: Span, output: number): number {
  return Math.min(Math.ceil((output * span.down + span.from) / span.up), lastRead(span, output));
}

export function lastRead({down, up, to}: Span, output: number): number {
  return Math.floor((output * down + to) / up);
}

/** How many output frames need no input frame beyond the first `inputs`. */
export function outputsOf({down, up, to}: Span, inputs: number): number {
  return Math.max(0, Math.ceil((inputs * up - to) / down));
}

/**
 * The span of a window that slides over `length` frames, a pooling or a convolution.
 *
 * @param padding 'same' as TensorFlow has it, 'valid', or the number of frames before the first one
 */
export function windowSpan(
  length: number,
  {reach, stride, padding}: {reach: number; stride: number; padding: 'same' | 'valid'},
): Span {
  const padded = (Math.ceil(length / stride) - 1) * stride + reach - length;
  const before = padding === 'same' ? Math.floor(Math.max(0, padded) / 2) : 0;
  return {down: stride, up: 1, from: 0 - before, to: reach - 1 - before};
}
