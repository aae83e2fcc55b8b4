/**
 * Gradients with respect to filters piece by piece: random geometries of all forms in whole numbers, exactly as plain loops have them, and
 * in ranges of any number of rows, as threads would claim them, the same bits of other numbers.
 */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {ConvInfo} from '../../../src/geometry/conv_info';
import {planFilterGradient} from '../../../src/kernels/wasm/plan/filter_gradient';
import {naiveFilterGradient} from '../../support/naive_conv3d';
import {memory, runRows, samples} from './random_gradients';
import {valuesOf, wholesOf} from './wasm_host';

const [X, DY, TO, PIECES] = [1024, 3_000_000, 6_000_000, 7_000_000];

function gradientOf(
  info: ConvInfo,
  x: Float32Array,
  dy: Float32Array,
  leastSteps: number,
  range: number,
): Float32Array {
  const floats = info.filterShape.reduce((product, length) => product * length, 1);
  new Float32Array(memory.buffer, X, x.length).set(x);
  new Float32Array(memory.buffer, DY, dy.length).set(dy);
  new Float32Array(memory.buffer, PIECES, 500_000).fill(Number.NaN);
  const dw = new Float32Array(memory.buffer, TO, floats).fill(Number.NaN);
  for (const plan of planFilterGradient(info, leastSteps).passes)
    runRows(plan, {x: X, dy: DY, weights: TO, pieces: PIECES}, range);
  // No zero has a sign.
  return dw.map((value) => value + 0);
}

describe.each(samples)('%s convolutions', (_, sample) => {
  it('have the gradient of plain loops, whoever computes which rows', () => {
    const seen = new Set<number>();
    fc.assert(
      fc.property(sample, ({info, naive, seed}) => {
        const wholes = [wholesOf(info.inputShape, seed), wholesOf(info.outputShape, seed + 1)] as const;
        const expected = Float32Array.from(
          naiveFilterGradient(naive, wholes[1], wholes[0]).values,
          (v) => v + 0,
        );
        const [x, dy] = [valuesOf(info.inputShape, seed), valuesOf(info.outputShape, seed + 1)];
        // Minimal filtering rounds, and has no pieces.
        fc.pre(planFilterGradient(info).passes.every(({run}) => run !== 'productWinograd'));
        for (const leastSteps of [1, 20_000]) {
          const {pieceFloats} = planFilterGradient(info, leastSteps);
          seen.add(pieceFloats / expected.length);
          for (const range of [1, 7, 1e6]) {
            expect(gradientOf(info, ...wholes, leastSteps, range)).toEqual(expected);
            expect(gradientOf(info, x, dy, leastSteps, range)).toEqual(
              gradientOf(info, x, dy, leastSteps, 1e6),
            );
          }
        }
      }),
      {numRuns: 40, seed: 20261130},
    );
    // Of one piece, and of several (of the parts of an STS convolution each has its own).
    expect(seen).toContain(0);
    expect(Math.max(...seen)).toBeGreaterThan(2);
  });
});
