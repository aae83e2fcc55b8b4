/**
 * Weights in the order in which the module reads them, against the filter read value by value: any count of inputs and outputs,
 * groups, taps in any order, rows of the plan in ranges, as threads take them.
 */
import {describe, expect, it} from 'vitest';
import type {ConvInfo} from '../../../src/geometry/conv_info';
import {conv3dInfo} from '../../../src/geometry/ordinary_info';
import {inverseParts} from '../../../src/geometry/parts';
import {bestBuild, compile, instantiate} from '../../../src/kernels/wasm/module/instantiate';
import {type PackedWeights, packed, panelsOf, transposedPanels} from '../../../src/kernels/wasm/plan/weights';
import {type Winograd, weightsApart, winogradOf} from '../../../src/kernels/wasm/plan/winograd';
import {CallWriter} from '../../../src/kernels/wasm/runtime/call_writer';
import {wholesOf} from './wasm_host';

const memory = new WebAssembly.Memory({initial: 64});
const module = instantiate(compile(bestBuild()!, memory), memory);
const writer = new CallWriter({memory} as ConstructorParameters<typeof CallWriter>[0]);

/** Packs a filter, each step in ranges of so many rows from the last one on; what it does not write is NaN. */
function pack(filter: Float32Array, {bytes, steps}: PackedWeights, range: number): Float32Array {
  const [x, y, scratch] = [1024, 1024 + filter.byteLength + 16, 3_000_000];
  const to = new Float32Array(memory.buffer, y, bytes / 4).fill(Number.NaN);
  new Float32Array(memory.buffer, x, filter.length).set(filter);
  for (const plan of steps) {
    writer.write(plan, scratch, {x, y});
    const ranges = Math.ceil(plan.rows / range);
    for (let i = ranges - 1; i >= 0; i--) {
      module[plan.run](scratch, i * range, Math.min(plan.rows, (i + 1) * range));
    }
  }
  return to.slice();
}

function expectSame(actual: Float32Array, expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.findIndex((value, i) => value !== expected[i])).toBe(-1);
}

/** Of a filter `[taps, inputs, outputs]`. */
const weightOf = ({filterView: [, inputs, columns]}: ConvInfo, filter: Float32Array) => {
  return (tap: number, input: number, output: number) => filter[(tap * inputs + input) * columns + output]!;
};

/** The channel of a lane of a panel: the last panel ends with the last channel, fewer than 8 have zeros behind them. */
function channelOf(panel: number, lane: number, channels: number): number | undefined {
  if (channels < 8) return lane < channels ? lane : undefined;
  return Math.min(8 * panel, channels - 8) + lane;
}

const shapes: Record<
  string,
  {filter: [number, number, number, number, number]; strides?: [number, number, number]; groups?: number}
> = {
  'one panel': {filter: [1, 1, 1, 8, 8]},
  'few of both': {filter: [3, 1, 1, 3, 5]},
  'tails of both': {filter: [1, 3, 3, 37, 41]},
  'tails of less than four': {filter: [3, 1, 1, 66, 131]},
  groups: {filter: [1, 3, 3, 10, 33], groups: 3},
  'a stride, phases of some of the taps': {filter: [3, 3, 3, 9, 12], strides: [2, 2, 1]},
};

const infoOf = ({filter, strides = [1, 1, 1], groups = 1}: (typeof shapes)[string]) =>
  conv3dInfo([1, 6, 10, 9, filter[3] * groups], filter, {strides, pad: 'same', groups});

describe.each(Object.entries(shapes))('%s', (_, shape) => {
  const info = infoOf(shape);
  const [part] = info.parts;
  const filter = wholesOf(shape.filter, 1);
  const weight = weightOf(info, filter);
  const [taps, inputs, columns] = info.filterView;
  const {groups} = part!;
  const outputs = columns / groups;

  it.each([1, 7, 1000])('panels of outputs, in ranges of %i', (range) => {
    const expected: number[] = [];
    for (let group = 0; group < groups; group++)
      for (let panel = 0; panel < Math.ceil(outputs / 8); panel++)
        for (let tap = 0; tap < taps; tap++)
          for (let input = 0; input < inputs; input++)
            for (let lane = 0; lane < 8; lane++) {
              const channel = channelOf(panel, lane, outputs);
              expected.push(channel === undefined ? 0 : weight(tap, input, group * outputs + channel));
            }
    expectSame(pack(filter, packed(panelsOf(info, part!)), range), expected);
  });

  it.each([1, 7, 1000])('panels of inputs, in ranges of %i', (range) => {
    for (const inverse of inverseParts(info, part!)) {
      const expected: number[] = [];
      for (let group = 0; group < groups; group++)
        for (let panel = 0; panel < Math.ceil(inputs / 8); panel++)
          for (const tap of inverse.phase.taps)
            for (let output = 0; output < outputs; output++)
              for (let lane = 0; lane < 8; lane++) {
                const channel = channelOf(panel, lane, inputs);
                expected.push(channel === undefined ? 0 : weight(tap, channel, group * outputs + output));
              }
      expectSame(pack(filter, packed(transposedPanels(info, inverse)), range), expected);
    }
  });
});

/** Of one axis: three weights as four, times two, so that they are whole. */
const doubled = [
  [2, 0, 0],
  [1, 1, 1],
  [1, -1, 1],
  [0, 0, 2],
];

describe.each(['1x3x3', '3x3x3', '3x1x1'])('transformed, %s', (name) => {
  const kernel = name.split('x').map(Number) as [number, number, number];
  const info = conv3dInfo([1, 6, 18, 18, 37], [...kernel, 37, 139], {pad: 'same'});
  const filter = wholesOf(info.filterShape, 1);
  const weight = weightOf(info, filter);
  const [part] = info.parts;
  const [inverse] = inverseParts(info, part!);
  const alongTime = kernel[1] === 1;
  const each = alongTime ? 3 : 9;

  /** Product `i` of weights `[taps of a turn]`. */
  function product(i: number, taps: number[]): number {
    if (alongTime) return doubled[i]!.reduce((sum, factor, k) => sum + factor * taps[k]!, 0) / 2;
    const [a, b] = [doubled[Math.floor(i / 4)]!, doubled[i % 4]!];
    return taps.reduce((sum, tap, k) => sum + a[Math.floor(k / 3)]! * b[k % 3]! * tap, 0) / 4;
  }

  function expectProducts(
    form: Winograd,
    values: Float32Array,
    [summed, columns]: [number, number],
    weight: (tap: number, from: number, to: number) => number,
  ): void {
    const {products, turns} = form;
    for (let i = 0; i < products; i++) {
      const expected: number[] = [];
      for (let panel = 0; panel < Math.ceil(columns / 8); panel++)
        for (let turn = 0; turn < turns; turn++)
          for (let from = 0; from < summed; from++)
            for (let lane = 0; lane < 8; lane++) {
              const to = channelOf(panel, lane, columns)!;
              const taps = Array.from({length: each}, (_, k) => weight(turn * each + k, from, to));
              expected.push(product(i, taps));
            }
      const first = (i * weightsApart(form)) / 4;
      expectSame(values.subarray(first, first + expected.length), expected);
    }
  }

  it.each([5, 1000])('in ranges of %i', (range) => {
    const form = winogradOf(part!, info.outputShape, info.outputShape, 0)!;
    expectProducts(form, pack(filter, packed(panelsOf(info, part!), form), range), [37, 139], weight);
  });

  it.each([5, 1000])('inputs and outputs exchanged, in ranges of %i', (range) => {
    const form = winogradOf(inverse!.part, info.inputShape, info.inputShape, 0)!;
    const values = pack(filter, packed(transposedPanels(info, inverse!), form), range);
    expectProducts(form, values, [139, 37], (i, from, to) => weight(inverse!.phase.taps[i]!, to, from));
  });
});
