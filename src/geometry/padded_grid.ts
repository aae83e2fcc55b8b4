/** Strides, dilations and padding of a convolution on an input: where its first tap lies, and how long the output is. */
import {positiveTriple, type Shape5D, type Triple} from '../util/shapes';
import type {ConvOptions, Padding3D, Refuse} from './conv_options';
import type {GridTaps} from './taps';

export interface PaddedGrid {
  rule: GridTaps;
  output: Triple;
}

export function gridTaps(input: Shape5D, filter: Shape5D, options: ConvOptions, refuse: Refuse): PaddedGrid {
  const strides = positiveTriple(options.strides ?? 1, 'strides', refuse);
  const dilations = positiveTriple(options.dilations ?? 1, 'dilations', refuse);
  const pad = options.pad ?? 'valid';
  checkPadding(pad, refuse);
  const axes = [0, 1, 2].map((axis) =>
    padAxis(pad, axis, input[axis + 1]!, filter[axis]!, strides[axis]!, dilations[axis]!),
  );
  const output = axes.map(({length}) => length) as Triple;
  if (output.some((length) => length < 1)) {
    refuse(
      `the filter ${filter.slice(0, 3).join(' x ')} (dilations ${dilations.join(', ')}) is larger than the padded input ` +
        `${input.slice(1, 4).join(' x ')} with padding ${JSON.stringify(pad)}; the output would be ${output.join(' x ')}`,
    );
  }
  const rule: GridTaps = {
    kind: 'grid',
    taps: [filter[0], filter[1], filter[2]],
    strides,
    dilations,
    padding: axes.map(({before}) => before) as Triple,
  };
  return {rule, output};
}

/**
 * One axis of TensorFlow's padding. 'same' never pads a negative amount: where the kernel is shorter than the stride
 * the first tap still reads position 0 (stock tfjs reads 1, 3, 5, ... there).
 */
function padAxis(
  pad: Padding3D,
  axis: number,
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
): {before: number; length: number} {
  const reach = (kernel - 1) * dilation + 1;
  if (pad === 'same') {
    const length = Math.ceil(input / stride);
    return {before: Math.floor(Math.max(0, (length - 1) * stride + reach - input) / 2), length};
  }
  const [before, after] = pad === 'valid' ? [0, 0] : typeof pad === 'number' ? [pad, pad] : pad[axis]!;
  return {before, length: Math.floor((input + before + after - reach) / stride) + 1};
}

function checkPadding(pad: unknown, refuse: Refuse): void {
  if (pad === 'same' || pad === 'valid') return;
  const natural = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  if (natural(pad)) return;
  const pair = (value: unknown) => Array.isArray(value) && value.length === 2 && value.every(natural);
  if (Array.isArray(pad) && pad.length === 3 && pad.every(pair)) return;
  refuse(
    "pad must be 'same', 'valid', one number of zeros, or [[before, after], [before, after], [before, after]] for time, " +
      `height, width; got ${JSON.stringify(pad)}`,
  );
}
