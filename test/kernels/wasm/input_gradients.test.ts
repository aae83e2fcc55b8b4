/**
 * Gradients with respect to inputs: random geometries of all forms in whole numbers, exactly as plain loops have them wherever their memory
 * held something else, and in ranges of any number of rows, as threads would claim them.
 */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {ConvInfo} from '../../../src/geometry/conv_info';
import {depthwiseConv3dInfo} from '../../../src/geometry/ordinary_info';
import {planInputGradient} from '../../../src/kernels/wasm/plan/input_gradient';
import type {WeightsPlan} from '../../../src/kernels/wasm/plan/weights';
import {type Axes, naiveDepthwiseConv3d, naiveInputGradient} from '../../support/naive_conv3d';
import {memory, runRows, samples} from './random_gradients';
import {wholesOf} from './wasm_host';

const [DY, W, PACKED, DX] = [1024, 3_000_000, 5_000_000, 9_000_000];

function weightsOf(plan: WeightsPlan): number {
  if (typeof plan === 'number') return W + plan;
  for (const step of plan.steps) runRows(step, {x: W, y: PACKED});
  return PACKED;
}

function gradientOf(info: ConvInfo, dy: Float32Array, w: Float32Array, shared: boolean, range?: number) {
  const floats = info.inputShape.reduce((product, length) => product * length, 1);
  new Float32Array(memory.buffer, DY, dy.length).set(dy);
  new Float32Array(memory.buffer, W, w.length).set(w);
  const dx = new Float32Array(memory.buffer, DX, floats).fill(Number.NaN);
  const {zeros, parts} = planInputGradient(info, shared);
  for (const plan of zeros) runRows(plan, {dx: DX}, range);
  for (const {weights, rows} of parts) runRows(rows, {dy: DY, dx: DX, weights: weightsOf(weights)}, range);
  // No zero has a sign.
  return {dx: dx.map((value) => value + 0), isSetToZero: zeros.length > 0};
}

describe.each(samples)('%s convolutions', (_, sample) => {
  it('have the gradient of plain loops, whoever computes which rows', () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(sample, ({info, naive, seed}) => {
        // Minimal filtering rounds.
        fc.pre(planInputGradient(info, true).parts.every(({rows}) => rows.run !== 'convolveWinograd'));
        const [dy, w] = [wholesOf(info.outputShape, seed), wholesOf(info.filterShape, seed + 1)];
        const expected = Float32Array.from(naiveInputGradient(naive, dy, w).values, (value) => value + 0);
        for (const shared of [false, true]) {
          for (const range of [1, undefined]) {
            const {dx, isSetToZero} = gradientOf(info, dy, w, shared, range);
            expect(dx).toEqual(expected);
            seen.add(isSetToZero);
          }
        }
      }),
      {numRuns: 30, seed: 20261130},
    );
    // Parts that write all, and parts that are added to zeros.
    expect(seen.size).toBe(2);
  });
});

it('is right where a large one is not set to zero first, though a stride keeps its phases apart', () => {
  const [size, kernel, strides]: Axes[] = [
    [2, 160, 160],
    [1, 3, 3],
    [1, 2, 2],
  ];
  const info = depthwiseConv3dInfo([1, ...size!, 12], [...kernel!, 12, 1], {strides: strides!, pad: 'same'});
  const naive = naiveDepthwiseConv3d({
    ...{xShape: info.inputShape, filterShape: info.filterShape, strides: strides!, dilations: [1, 1, 1]},
    ...{before: [0, 0, 0], output: [2, 80, 80], groups: 12},
  });
  const [dy, w] = [wholesOf(info.outputShape, 1), wholesOf(info.filterShape, 2)];
  const expected = Float32Array.from(naiveInputGradient(naive, dy, w).values, (value) => value + 0);
  const {dx, isSetToZero} = gradientOf(info, dy, w, true);
  expect(isSetToZero).toBe(false);
  expect(Buffer.from(dx.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
});
