/**
 * How a grid's padding is said to TensorFlow: its own 'SAME' and 'VALID' where they are what is meant, explicit numbers for 2D
 * convolutions, and zeros put around the input where an op takes neither.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {Shape5D, Triple} from '../../../util/shapes';
import type {Grid} from './views';

/** Zeros before and after an axis; less than none: positions that are cut off. */
export interface Margin {
  before: number;
  after: number;
}

type Margins = readonly [Margin, Margin, Margin];

/** What each axis needs around it so that a convolution without padding gives the grid's outputs, and no others. */
export function marginsOf({rule, input, output}: Grid): Margins {
  return [0, 1, 2].map((axis) => {
    const before = rule.padding[axis]!;
    const last =
      (output[axis]! - 1) * rule.strides[axis]! + (rule.taps[axis]! - 1) * rule.dilations[axis]! + 1;
    const after = last - input[axis]! - before;
    // A rest shorter than a step gives no further output; it need not be cut off.
    return {before, after: after < 0 && after > -rule.strides[axis]! ? 0 : after};
  }) as unknown as Margins;
}

export function isNone({before, after}: Margin): boolean {
  return before === 0 && after === 0;
}

/** Whether an axis has neither taps to choose from nor steps nor padding. */
export function isPlain({rule}: Grid, axis: number, margin: Margin): boolean {
  return rule.taps[axis] === 1 && rule.strides[axis] === 1 && isNone(margin);
}

/** Whether the margins of an axis are those of TensorFlow's 'SAME'. */
function isSame({rule, input, output}: Grid, axis: number, {before}: Margin): boolean {
  const stride = rule.strides[axis]!;
  const length = input[axis]!;
  const reach = (rule.taps[axis]! - 1) * rule.dilations[axis]! + 1;
  const all = Math.max(0, (output[axis]! - 1) * stride + reach - length);
  return output[axis] === Math.ceil(length / stride) && before === Math.floor(all / 2);
}

/** How a 3D op of TensorFlow pads: by itself, or not at all once `zeros` stand around its input. */
export interface Padded {
  padding: 'SAME' | 'VALID';
  margins: Margins | undefined;
  /** The input with its margins. */
  input: Triple;
}

export function padded(grid: Grid, margins: Margins): Padded {
  if (margins.every(isNone)) return {padding: 'VALID', margins: undefined, input: grid.input};
  if (margins.every((margin, axis) => isSame(grid, axis, margin)))
    return {padding: 'SAME', margins: undefined, input: grid.input};
  const input = grid.input.map((n, axis) => n + margins[axis]!.before + margins[axis]!.after) as Triple;
  return {padding: 'VALID', margins, input};
}

/** Zeros around time, height and width, or less of them. */
export function applyMargins(x: tf.Tensor5D, margins: Margins | undefined): tf.Tensor5D {
  if (margins === undefined || margins.every(isNone)) return x;
  const cut = margins.some(({before, after}) => before < 0 || after < 0) ? cutAround(x, margins) : x;
  const zeros = margins.map(
    ({before, after}) => [Math.max(0, before), Math.max(0, after)] as [number, number],
  );
  return zeros.every(([before, after]) => before + after === 0)
    ? cut
    : tf.pad(cut, [[0, 0], ...zeros, [0, 0]]);
}

function cutAround(x: tf.Tensor5D, margins: Margins): tf.Tensor5D {
  const begin = [0, ...margins.map(({before}) => Math.max(0, -before)), 0];
  const end = margins.map(({after}, axis) => x.shape[axis + 1]! - Math.max(0, -after));
  const size = [x.shape[0], ...end.map((n, axis) => n - begin[axis + 1]!), x.shape[4]];
  return tf.slice(x, begin as Shape5D, size as Shape5D);
}

/** The opposite: what lies inside the margins, and zeros where they had cut off. */
export function removeMargins(x: tf.Tensor5D, margins: Margins | undefined): tf.Tensor5D {
  const opposite = margins?.map(({before, after}) => ({before: 0 - before, after: 0 - after}));
  return applyMargins(x, opposite as unknown as Margins | undefined);
}
