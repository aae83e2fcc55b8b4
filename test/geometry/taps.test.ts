/** Tap rules: tables against the authors' probes and hand-counted examples, and the inverse against the table turned round. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {stsConv3dInfo, stsDepthwiseConv3dInfo} from '../../src/geometry/sts_info';
import {
  type GridTaps,
  inversePhases,
  invertTaps,
  type LineTaps,
  OUTSIDE,
  type TapRule,
  tapCount,
  tapTable,
} from '../../src/geometry/taps';
import {readGolden, readGoldenJson} from '../support/golden';
import {type GoldenTensor, readGoldenTensors, toChannelsLast} from '../support/safetensors';

type Triple = [number, number, number];

interface Probe {
  name: string;
  file: string;
  form: string;
  exact: boolean;
  kt?: number;
  stride?: Triple;
  shapes: {x: number[]; w: number[]; y: number[]};
}

const manifest = await readGoldenJson<{cases: Probe[]}>('layers/manifest.json');
const probes = manifest.cases.filter(({exact}) => exact);
const files = new Map<string, Map<string, GoldenTensor>>();
for (const {file} of probes) files.set(file, readGoldenTensors(await readGolden(file)));

/** Probes hold 1 + the flat input position, 0 for padding: subtracting 1 gives the table entry. */
function probedPositions(values: Float32Array, channels: number, channel: number): number[] {
  return Array.from({length: values.length / channels}, (_, i) => values[i * channels + channel]! - 1);
}

describe('tap tables are what the authors read', () => {
  const temporal = probes.filter(({form}) => form === 'temporal' || form === 'r2plus1d-temporal');

  it.each(temporal)('$name', ({name, file, kt, form, stride, shapes}) => {
    const tap = Number(name.at(-1));
    const [, , time, height, width] = shapes.x as [number, number, number, number, number];
    const info = stsConv3dInfo([1, time, height, width, 1], [kt!, 1, 1, 1, 8], {
      strides: stride ?? 1,
      pad: [
        [(kt! - 1) / 2, (kt! - 1) / 2],
        [0, 0],
        [0, 0],
      ],
      split: form === 'temporal' ? 'ceil' : 'floor',
    });
    const y = toChannelsLast(files.get(file)!.get(`${name}/y`)!);
    for (const part of info.parts) {
      const output = info.outputShape.slice(1, 4) as Triple;
      const table = tapTable(part.rule, [time, height, width], output);
      const positions = output[0] * output[1] * output[2];
      const row = [...table.slice(tap * positions, (tap + 1) * positions)];
      for (let c = part.outputChannel; c < part.outputChannel + part.outputChannels; c++) {
        expect(row, `channel ${c}`).toEqual(probedPositions(y.values, 8, c));
      }
    }
  });

  it.each(probes.filter(({form}) => form === 'depthwise-probe'))('$name', ({name, file, stride, shapes}) => {
    const [, , time, height, width] = shapes.x as [number, number, number, number, number];
    const one: [number, number] = [1, 1];
    const info = stsDepthwiseConv3dInfo([1, time, height, width, 2], [3, 3, 3, 2, 1], {
      strides: stride!,
      pad: [one, one, one],
    });
    const output = info.outputShape.slice(1, 4) as Triple;
    const positions = output[0] * output[1] * output[2];
    const golden = files.get(file)!.get(`${name}/y`)!;
    for (const part of info.parts) {
      const table = tapTable(part.rule, [time, height, width], output);
      for (let tap = 0; tap < tapCount(part.rule); tap++) {
        // y[tap][1][channel][position]; channel 1 of x counts on from the last position of channel 0.
        const at = ((part.firstTap + tap) * 2 + part.outputChannel) * positions;
        const shift = part.outputChannel * time * height * width;
        const probed = [...golden.values.slice(at, at + positions)].map((v) =>
          v === 0 ? OUTSIDE : v - 1 - shift,
        );
        expect([...table.slice(tap * positions, (tap + 1) * positions)]).toEqual(probed);
      }
    }
  });
});

describe('lines', () => {
  const line: LineTaps = {kind: 'line', order: 'row-major', taps: 3, stride: 1, padding: 1, timeStride: 1};

  it('run on from row to row, with zeros only at the two ends', () => {
    const table = tapTable(line, [1, 2, 3], [1, 2, 3]);
    expect([...table.slice(0, 6)]).toEqual([OUTSIDE, 0, 1, 2, 3, 4]);
    expect([...table.slice(6, 12)]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...table.slice(12)]).toEqual([1, 2, 3, 4, 5, OUTSIDE]);
  });

  it('run down the columns in column-major order', () => {
    const table = tapTable({...line, order: 'column-major'}, [1, 2, 3], [1, 2, 3]);
    // The line is 0 3 1 4 2 5; the outputs are counted along rows.
    expect([...table.slice(0, 6)]).toEqual([OUTSIDE, 3, 4, 0, 1, 2]);
  });
});

/** input position -> output position of one tap. */
function inverse(table: Int32Array, tap: number, positions: number): Map<number, number> {
  const pairs = new Map<number, number>();
  for (let p = 0; p < positions; p++) {
    const at = table[tap * positions + p]!;
    if (at !== OUTSIDE) pairs.set(at, p);
  }
  return pairs;
}

const size = fc.integer({min: 1, max: 5});
const triple = (max: number) =>
  fc.tuple(...[0, 1, 2].map(() => fc.integer({min: 1, max}))) as fc.Arbitrary<Triple>;
const gridRules: fc.Arbitrary<TapRule> = fc.record({
  kind: fc.constant('grid' as const),
  taps: triple(3),
  strides: triple(3),
  dilations: triple(2),
  padding: triple(2),
});
const lineRules: fc.Arbitrary<TapRule> = fc
  .record({
    order: fc.constantFrom('row-major' as const, 'column-major' as const),
    half: fc.nat(3),
    stride: fc.integer({min: 1, max: 5}),
    timeStride: fc.integer({min: 1, max: 3}),
  })
  .map(({order, half, stride, timeStride}) => ({
    kind: 'line' as const,
    order,
    taps: 2 * half + 1,
    padding: half,
    stride,
    timeStride,
  }));

describe('the maps of single taps', () => {
  it('are injective, so that a gradient is a table too', () => {
    fc.assert(
      fc.property(fc.oneof(gridRules, lineRules), triple(5), triple(4), (rule, input, output) => {
        const positions = output[0] * output[1] * output[2];
        const lineFits = rule.kind === 'grid' || (output[0] - 1) * rule.timeStride < input[0];
        fc.pre(lineFits);
        const table = tapTable(rule, input, output);
        for (let tap = 0; tap < tapCount(rule); tap++) {
          const inside = [...table.slice(tap * positions, (tap + 1) * positions)].filter(
            (at) => at !== OUTSIDE,
          );
          expect(new Set(inside).size).toBe(inside.length);
          expect(inside.every((at) => at >= 0 && at < input[0] * input[1] * input[2])).toBe(true);
        }
      }),
      {numRuns: 500, seed: 7},
    );
  });
});

describe('invertTaps', () => {
  it('turns a grid round: taps reversed, over outputs that lie stride positions apart', () => {
    fc.assert(
      fc.property(
        gridRules as fc.Arbitrary<GridTaps>,
        fc.tuple(size, size, size),
        triple(4),
        (rule, input, output) => {
          const stretched = output.map((n, axis) => n * rule.strides[axis]!) as Triple;
          const table = tapTable(rule, input, output);
          const back = tapTable(invertTaps(rule), stretched, input);
          const [taps, positions, inputs] = [
            tapCount(rule),
            output[0] * output[1] * output[2],
            input[0] * input[1] * input[2],
          ];
          for (let tap = 0; tap < taps; tap++) {
            const pairs = inverse(table, tap, positions);
            for (let at = 0; at < inputs; at++) {
              const z = back[(taps - 1 - tap) * inputs + at]!;
              expect(z === OUTSIDE ? undefined : unstretched(z, stretched, rule.strides, output)).toBe(
                pairs.get(at),
              );
            }
          }
        },
      ),
      {numRuns: 300, seed: 11},
    );
  });
});

describe('inversePhases', () => {
  it('is the table turned round, each entry once, with no zeros between', () => {
    fc.assert(
      fc.property(fc.oneof(gridRules, lineRules), triple(6), triple(4), (rule, input, output) => {
        fc.pre(rule.kind === 'grid' || (output[0] - 1) * rule.timeStride < input[0]);
        const positions = output[0] * output[1] * output[2];
        const read = [...tapTable(rule, input, output)].flatMap((at, i) =>
          at === OUTSIDE ? [] : [`tap ${Math.floor(i / positions)}: ${i % positions} reads ${at}`],
        );
        const turned = inversePhases(rule, input, output).flatMap(({taps, size, read, place}) => {
          const rows = size[0] * size[1] * size[2];
          const places = tapTable(place, input, size);
          expect(places).not.toContain(OUTSIDE);
          return [...tapTable(read, output, size)].flatMap((y, i) =>
            y === OUTSIDE ? [] : [`tap ${taps[Math.floor(i / rows)]}: ${y} reads ${places[i % rows]}`],
          );
        });
        expect(turned.sort()).toEqual(read.sort());
      }),
      {numRuns: 500, seed: 13},
    );
  });

  it('of the size of the input keeps every row where it is', () => {
    fc.assert(
      fc.property(fc.oneof(gridRules, lineRules), triple(4), triple(4), (rule, input, output) => {
        fc.pre(rule.kind === 'grid' || (output[0] - 1) * rule.timeStride < input[0]);
        for (const {size, place} of inversePhases(rule, input, output)) {
          if (size.join() !== input.join()) continue;
          const places = [...tapTable(place, input, size)];
          expect(places).toEqual(places.map((_, i) => i));
        }
      }),
      {numRuns: 500, seed: 17},
    );
  });
});

/** The output position at a stretched place, or undefined where a zero was put in. */
function unstretched(z: number, stretched: Triple, strides: Triple, output: Triple): number | undefined {
  const place = [
    Math.floor(z / (stretched[1] * stretched[2])),
    Math.floor(z / stretched[2]) % stretched[1],
    z % stretched[2],
  ];
  if (place.some((n, axis) => n % strides[axis]! !== 0)) return undefined;
  const [t, h, w] = place.map((n, axis) => n / strides[axis]!) as Triple;
  return (t * output[1] + h) * output[2] + w;
}
