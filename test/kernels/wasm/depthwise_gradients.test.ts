/**
 * The gradient of depthwise convolutions with respect to the filter where threads share the channels: random geometries in whole numbers,
 * exactly as plain loops have them, in ranges of any number of channels.
 */
import {expect, it} from 'vitest';
import {depthwiseConv3dInfo} from '../../../src/geometry/ordinary_info';
import {bestBuild, compile, instantiate} from '../../../src/kernels/wasm/module/instantiate';
import {planFilterGradient} from '../../../src/kernels/wasm/plan/filter_gradient';
import {CallWriter} from '../../../src/kernels/wasm/runtime/call_writer';
import {type Axes, naiveConv3d, naiveFilterGradient} from '../../support/naive_conv3d';
import {valuesOf, wholesOf} from './wasm_host';

const memory = new WebAssembly.Memory({initial: 128});
const module = instantiate(compile(bestBuild()!, memory), memory);
const writer = new CallWriter({memory} as ConstructorParameters<typeof CallWriter>[0]);

function randomGeometry(seed: number) {
  let drawn = 0;
  const values = valuesOf([100], seed);
  const upTo = (least: number, most: number) =>
    least + Math.floor((values[drawn++]! + 0.5) * (most + 1 - least));
  const channels = upTo(16, 45);
  const kernel: Axes = [upTo(1, 3), upTo(1, 3), upTo(0, 3) ? 3 : 2];
  const strides: Axes = [upTo(1, 2), upTo(1, 3), upTo(1, 3)];
  const dilations: Axes =
    strides[1] + strides[2] + strides[0] > 3 ? [1, 1, 1] : [upTo(1, 2), upTo(1, 2), upTo(1, 3)];
  const pad: Axes = [upTo(0, 2), upTo(0, 3), upTo(0, 4)];
  const size: Axes = [upTo(3, 5), upTo(5, 9), upTo(7, 30)];
  return {batch: upTo(1, 2), channels, kernel, strides, dilations, pad, size};
}

it.each(Array.from({length: 40}, (_, i) => i + 1))('random geometry %i', (seed) => {
  const {batch, channels, kernel, strides, dilations, pad, size} = randomGeometry(seed);
  const info = depthwiseConv3dInfo([batch, ...size, channels], [...kernel, channels, 1], {
    ...{strides, dilations, pad: pad.map((n) => [n, n] as const)},
  });
  const naive = naiveConv3d({
    ...{xShape: info.inputShape, filterShape: [...kernel, 1, channels], strides, dilations, before: pad},
    ...{output: info.outputShape.slice(1, 4) as Axes, groups: channels},
  });
  const [x, dy] = [wholesOf(info.inputShape, seed), wholesOf(info.outputShape, seed + 1)];
  const expected = Float32Array.from(naiveFilterGradient(naive, dy, x).values);
  const {passes} = planFilterGradient(info);
  for (const range of [1, 3, 100]) {
    const [at, atDy, to, pieces, scratch] = [1024, 2_000_000, 4_000_000, 4_500_000, 5_000_000];
    new Float32Array(memory.buffer, at, x.length).set(x);
    new Float32Array(memory.buffer, atDy, dy.length).set(dy);
    const dw = new Float32Array(memory.buffer, to, expected.length).fill(Number.NaN);
    for (const {run, rows, ...plan} of passes) {
      writer.write({run, rows, ...plan}, scratch, {x: at, dy: atDy, weights: to, pieces});
      for (let first = 0; first < rows; first += range) {
        module[run](scratch, first, Math.min(rows, first + range));
      }
    }
    expect(dw.map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
  }
});

it('are of both kinds', () => {
  const runs = Array.from({length: 40}, (_, i) => {
    const {batch, channels, kernel, strides, dilations, pad, size} = randomGeometry(i + 1);
    const options = {strides, dilations, pad: pad.map((n) => [n, n] as const)};
    const info = depthwiseConv3dInfo([batch, ...size, channels], [...kernel, channels, 1], options);
    return planFilterGradient(info).passes.find(({run}) => run !== 'zeroChunks')!.run;
  });
  for (const run of ['productLineTaps', 'productChannels', 'productDepthwise'] as const)
    expect(runs.filter((name) => name === run).length).toBeGreaterThan(2);
});
