/** Random geometries of 3D pooling, and values for them. */
import fc from 'fast-check';
import type {NaivePool} from '../support/naive_pool3d';

const length = fc.integer({min: 1, max: 6});
const upTo3 = fc.integer({min: 1, max: 3});
const channels = fc.oneof(fc.integer({min: 1, max: 5}), fc.integer({min: 15, max: 37}));

/** Poolings with an output. */
export const pools = fc
  .record({
    batch: fc.integer({min: 1, max: 2}),
    size: fc.tuple(length, length, length),
    window: fc.tuple(upTo3, upTo3, upTo3),
    strides: fc.tuple(upTo3, upTo3, upTo3),
    pad: fc.constantFrom('same' as const, 'valid' as const),
    channels,
  })
  .map(({batch, size, channels, ...rest}): NaivePool => ({xShape: [batch, ...size, channels], ...rest}))
  .filter(({xShape, window, pad}) => pad === 'same' || window.every((k, axis) => k <= xShape[axis + 1]!));

/** Whole numbers from -4 to 4, so that a window has equal ones and sums are exact. */
export function wholeNumbers(shape: readonly number[], seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({length: shape.reduce((size, n) => size * n, 1)}, () => {
    state = (state * 48271) % 2147483647;
    return (state % 9) - 4;
  });
}
