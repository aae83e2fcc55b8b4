/** Random convolutions for tests of their gradients, with plain loops of the same; and the module in a memory of its own. */
import fc from 'fast-check';
import type {ConvInfo} from '../../../src/geometry/conv_info';
import {conv3dInfo, depthwiseConv3dInfo} from '../../../src/geometry/ordinary_info';
import {stsDepthwiseConv3dInfo} from '../../../src/geometry/sts_info';
import {bestBuild, compile, instantiate} from '../../../src/kernels/wasm/module/instantiate';
import type {Operands, RowPlan} from '../../../src/kernels/wasm/plan/call_plan';
import {CallWriter} from '../../../src/kernels/wasm/runtime/call_writer';
import {
  type Axes,
  type NaiveConvolution,
  naiveConv3d,
  naiveDepthwiseConv3d,
  naiveStsDepthwise,
} from '../../support/naive_conv3d';

export const memory = new WebAssembly.Memory({initial: 256});
const module = instantiate(compile(bestBuild()!, memory), memory);
const writer = new CallWriter({memory} as ConstructorParameters<typeof CallWriter>[0]);

/** From here on the scratch. */
const SCRATCH = 12_000_000;

/** Computes the rows of a plan in ranges, from the last to the first. */
export function runRows(plan: RowPlan, operands: Operands, range = plan.rows): void {
  const ends = Array.from({length: Math.ceil(plan.rows / range)}, (_, i) => plan.rows - i * range);
  for (const end of ends) {
    writer.write(plan, SCRATCH, operands);
    module[plan.run](SCRATCH, Math.max(0, end - range), end);
  }
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

export interface Sample {
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

const separable = fc
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

export const samples = [
  ['ordinary and grouped', ordinary],
  ['depthwise', depthwise],
  ['depthwise STS', separable],
] as const;
