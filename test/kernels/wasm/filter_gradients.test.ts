/**
 * Gradients with respect to filters piece by piece: random geometries of all forms in whole numbers, exactly as plain loops have them, and
 * in ranges of any number of rows, as threads would claim them, the same bits of other numbers.
 */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {ConvInfo} from '../../../src/geometry/conv_info';
import {conv3dInfo, depthwiseConv3dInfo} from '../../../src/geometry/ordinary_info';
import {stsDepthwiseConv3dInfo} from '../../../src/geometry/sts_info';
import {bestBuild, compile, instantiate} from '../../../src/kernels/wasm/module/instantiate';
import {planFilterGradient} from '../../../src/kernels/wasm/plan/filter_gradient';
import {CallWriter} from '../../../src/kernels/wasm/runtime/call_writer';
import {
  type Axes,
  type NaiveConvolution,
  naiveConv3d,
  naiveDepthwiseConv3d,
  naiveFilterGradient,
  naiveStsDepthwise,
} from '../../support/naive_conv3d';
import {valuesOf, wholesOf} from './wasm_host';

const memory = new WebAssembly.Memory({initial: 256});
const module = instantiate(compile(bestBuild()!, memory), memory);
const writer = new CallWriter({memory} as ConstructorParameters<typeof CallWriter>[0]);

const [X, DY, TO, PIECES, SCRATCH] = [1024, 3_000_000, 6_000_000, 7_000_000, 10_000_000];

/** The gradient, its rows in ranges from the last to the first. */
function gradientOf(
  info: ConvInfo,
  x: Float32Array,
  dy: Float32Array,
  leastSteps: number,
  range: number,
): Float32Array {
  const {passes, writesAll} = planFilterGradient(info, leastSteps);
  const floats = info.filterShape.reduce((product, length) => product * length, 1);
  new Float32Array(memory.buffer, X, x.length).set(x);
  new Float32Array(memory.buffer, DY, dy.length).set(dy);
  new Float32Array(memory.buffer, PIECES, 500_000).fill(Number.NaN);
  const dw = new Float32Array(memory.buffer, TO, floats).fill(writesAll ? Number.NaN : 0);
  for (const plan of passes) {
    const ends = Array.from({length: Math.ceil(plan.rows / range)}, (_, i) => plan.rows - i * range);
    for (const end of ends) {
      writer.write(plan, SCRATCH, {x: X, dy: DY, weights: TO, pieces: PIECES});
      module[plan.run](SCRATCH, Math.max(0, end - range), end);
    }
  }
  // No zero has a sign.
  return dw.map((value) => value + 0);
}

const axis = (most: number) => fc.integer({min: 1, max: most});
const axes = fc.tuple(axis(3), axis(3), axis(3));
const geometry = fc.record({
  batch: axis(3),
  size: fc.tuple(axis(7), axis(9), axis(14)),
  kernel: axes,
  strides: fc.constantFrom<Axes>([1, 1, 1], [1, 2, 2], [2, 1, 2], [1, 1, 3]),
  dilations: fc.constantFrom<Axes>([1, 1, 1], [1, 1, 2], [2, 2, 1]),
  pad: fc.tuple(axis(3), axis(3), axis(3)),
  seed: fc.integer({min: 1, max: 1e6}),
});

interface Sample {
  readonly info: ConvInfo;
  readonly naive: NaiveConvolution;
  readonly seed: number;
}

/** Padded so that there is an output: by as much as the filter reaches, or less. */
function placed({
  size,
  kernel,
  strides,
  dilations,
  pad,
}: {
  size: Axes;
  kernel: Axes;
  strides: Axes;
  dilations: Axes;
  pad: Axes;
}) {
  const before = kernel.map((k, i) => Math.min(pad[i]! - 1, dilations[i]! * (k - 1))) as Axes;
  const after = kernel.map((k, i) => Math.max(0, dilations[i]! * (k - 1) - before[i]!));
  const output = size.map((length, i) => Math.floor((length - 1) / strides[i]!) + 1) as Axes;
  return {before, output, padding: before.map((zeros, i) => [zeros, after[i]!] as [number, number])};
}

const ordinary = fc
  .record({geometry, groups: fc.constantFrom(1, 1, 1, 2, 3), inputs: axis(40), outputs: axis(40)})
  .map(
    ({geometry: {batch, size, kernel, strides, dilations, pad, seed}, groups, inputs, outputs}): Sample => {
      const {before, output, padding} = placed({size, kernel, strides, dilations, pad});
      const [xShape, filterShape] = [
        [batch, ...size, groups * inputs],
        [...kernel, inputs, groups * outputs],
      ];
      const info = conv3dInfo(xShape as never, filterShape as never, {
        strides,
        dilations,
        pad: padding,
        groups,
      });
      return {
        info,
        seed,
        naive: naiveConv3d({xShape, filterShape, strides, dilations, before, output, groups}),
      };
    },
  );

const depthwise = fc
  .record({geometry, channels: axis(50), outputs: fc.constantFrom(1, 1, 1, 2)})
  .map(({geometry: {batch, size, kernel, strides, dilations, pad, seed}, channels, outputs}): Sample => {
    const {before, output, padding} = placed({size, kernel, strides, dilations, pad});
    const [xShape, filterShape] = [
      [batch, ...size, channels],
      [...kernel, channels, outputs],
    ];
    const info = depthwiseConv3dInfo(xShape as never, filterShape as never, {
      strides,
      dilations,
      pad: padding,
    });
    const naive = naiveDepthwiseConv3d({
      xShape,
      filterShape,
      strides,
      dilations,
      before,
      output,
      groups: channels,
    });
    return {info, seed, naive};
  });

const sts = fc
  .record({
    geometry,
    channels: fc.integer({min: 2, max: 50}),
    kernel: fc.constantFrom<Axes>([3, 3, 3], [3, 5, 5], [5, 3, 3]),
  })
  .map(({geometry: {batch, size, strides, seed}, channels, kernel}): Sample => {
    const before = kernel.map((k) => (k - 1) / 2) as Axes;
    const output = size.map((length, i) => Math.floor((length - 1) / strides[i]!) + 1) as Axes;
    const [xShape, filterShape] = [
      [batch, ...size, channels],
      [...kernel, channels, 1],
    ];
    const pad = before.map((zeros) => [zeros, zeros] as [number, number]);
    const info = stsDepthwiseConv3dInfo(xShape as never, filterShape as never, {strides, pad});
    const g = {xShape, filterShape, strides, dilations: [1, 1, 1] as Axes, before, output, groups: channels};
    return {info, seed, naive: naiveStsDepthwise(g)};
  });

describe.each([
  ['ordinary and grouped', ordinary],
  ['depthwise', depthwise],
  ['depthwise STS', sts],
] as const)('%s convolutions', (_, samples) => {
  it('have the gradient of plain loops, whoever computes which rows', () => {
    const seen = new Set<number>();
    fc.assert(
      fc.property(samples, ({info, naive, seed}) => {
        const wholes = [wholesOf(info.inputShape, seed), wholesOf(info.outputShape, seed + 1)] as const;
        const expected = Float32Array.from(
          naiveFilterGradient(naive, wholes[1], wholes[0]).values,
          (v) => v + 0,
        );
        const [x, dy] = [valuesOf(info.inputShape, seed), valuesOf(info.outputShape, seed + 1)];
        // Minimal filtering rounds, and has no pieces.
        fc.pre(planFilterGradient(info).passes[0]!.run !== 'productWinograd');
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
