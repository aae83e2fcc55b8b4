/**
 * Slices, concatenations, paddings, transposed, reversed, repeated and gathered axes on wasm, of any rank and type, against
 * loops over coordinates; their gradients against the host's cpu backend.
 */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError, kernelCoverage} from '../../../src/entries';
import '../../../src/entries/backends/wasm';
import {replaceStockKernels, restoreStockKernels} from '../../../src/kernels/registry';
import {stockReplacements} from '../../../src/kernels/wasm';
import {inBrowser, startBackend} from '../../support/backends';
import {wholesOf} from './wasm_host';

beforeAll(async () => {
  await startBackend('cpu');
  await startBackend('wasm');
  replaceStockKernels(stockReplacements);
});
afterAll(() => restoreStockKernels('wasm'));

type Coordinates = readonly number[];
type Dtype = 'float32' | 'int32' | 'bool';

const sizeOf = (shape: Coordinates) => shape.reduce((size, n) => size * n, 1);

/** The values of a tensor of this shape whose value at some coordinates `valueAt` tells, in order. */
function valuesOf(shape: Coordinates, valueAt: (at: number[]) => number): number[] {
  return Array.from({length: sizeOf(shape)}, (_, flat) => {
    const at: number[] = [];
    let rest = flat;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at.unshift(rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    return valueAt(at);
  });
}

interface Input {
  shape: number[];
  dtype: Dtype;
  seed: number;
  values: number[];
  tensor: () => tf.Tensor;
  valueAt: (at: Coordinates) => number;
}

function inputOf(shape: number[], dtype: Dtype, seed: number): Input {
  const values = [...wholesOf(shape, seed)].map((n) => (dtype === 'bool' ? Number(n > 0) : n + 0));
  const valueAt = (at: Coordinates) => values[at.reduce((flat, i, axis) => flat * shape[axis]! + i, 0)]!;
  return {shape, dtype, seed, values, tensor: () => tf.tensor(values, shape, dtype), valueAt};
}

/** Any numbers, one for each of up to seven axes, from which a case makes what it needs. */
const sample = fc.record({
  shape: fc
    .array(fc.oneof(fc.constant(1), fc.integer({min: 1, max: 4}), fc.integer({min: 1, max: 40})), {
      minLength: 1,
      maxLength: 7,
    })
    .filter((shape) => sizeOf(shape) < 8000),
  numbers: fc.array(fc.integer({min: 0, max: 1000}), {minLength: 21, maxLength: 21}),
  dtype: fc.constantFrom<Dtype>('float32', 'int32', 'bool'),
  seed: fc.integer({min: 1, max: 1000}),
});

type Expected = [shape: number[], valueAt: (at: number[]) => number];

interface Case {
  /** The results by the host's ops, and what each ought to be. */
  run: (x: Input, n: readonly number[]) => {results: () => tf.Tensor[]; expected: Expected[]};
}

/** A range within each axis, at least one long. */
const rangesOf = ({shape}: Input, n: readonly number[]) =>
  shape.map((length, axis) => {
    const first = n[axis]! % length;
    return [first, 1 + (n[axis + 7]! % (length - first))] as const;
  });

/** One entry of a strided slice: some of an axis, one index of it, no axis of the tensor at all, or several. */
interface Spec {
  is: 'range' | 'one' | 'new' | 'ellipsis';
  begin?: number | undefined;
  end?: number | undefined;
  step?: number;
  /** Those of the axis that it takes. */
  indices?: number[];
}

const everything: Spec = {is: 'range'};
const allOf = (length: number) => ({indices: [...Array(length).keys()]});

/** Any range of an axis, in order or not, or one index, from any three numbers. Ends may lie outside; some are left out. */
function specOf(length: number, a: number, b: number, c: number): Spec {
  if (c % 5 === 0) {
    const index = a % length;
    return {is: 'one', begin: b % 2 ? index : index - length, step: 1, indices: [index]};
  }
  const anywhere = (n: number) => (n % (2 * length + 5)) - length - 2;
  const step = [1, 1, 2, 3, -1, -2][c % 6]!;
  const begin = a % 4 === 0 ? undefined : anywhere(a);
  const end = b % 4 === 0 ? undefined : anywhere(b);
  const fromStart = (index: number) => (index < 0 ? index + length : index);
  const first = begin === undefined ? (step > 0 ? 0 : length - 1) : fromStart(begin);
  const past = end === undefined ? (step > 0 ? length : -1) : fromStart(end);
  const indices: number[] = [];
  // From the first that there is: one before the axis is its first, one behind it its last.
  let index = step > 0 ? Math.max(first, 0) : Math.min(first, length - 1);
  for (; index >= 0 && index < length && (step > 0 ? index < past : index > past); index += step) {
    indices.push(index);
  }
  return {is: 'range', begin, end, step, indices};
}

const cases: Record<string, Case> = {
  slice: {
    run(x, n) {
      const ranges = rangesOf(x, n);
      const [begin, size] = [ranges.map(([first]) => first), ranges.map(([, length]) => length)];
      return {
        results: () => [tf.slice(x.tensor(), begin, size)],
        expected: [[size, (at) => x.valueAt(at.map((i, axis) => i + begin[axis]!))]],
      };
    },
  },
  split: {
    run(x, n) {
      const axis = n[0]! % x.shape.length;
      const first = n[1]! % (x.shape[axis]! + 1);
      const lengths = [first, x.shape[axis]! - first];
      const part = (length: number, from: number): Expected => [
        x.shape.map((all, i) => (i === axis ? length : all)),
        (at) => x.valueAt(at.map((index, i) => (i === axis ? index + from : index))),
      ];
      return {
        results: () => tf.split(x.tensor(), lengths, axis),
        expected: [part(first, 0), part(lengths[1]!, first)],
      };
    },
  },
  unstack: {
    run(x, n) {
      const axis = n[0]! % x.shape.length;
      return {
        results: () => tf.unstack(x.tensor(), axis),
        expected: Array.from({length: x.shape[axis]!}, (_, index) => [
          x.shape.filter((_, i) => i !== axis),
          (at) => x.valueAt([...at.slice(0, axis), index, ...at.slice(axis)]),
        ]),
      };
    },
  },
  stridedSlice: {
    run(x, n) {
      const steps = x.shape.map((_, axis) => [1, 2, 3, -1, -2][n[axis + 14]! % 5]!);
      const ranges = rangesOf(x, n);
      // Towards the beginning from its last one; past the first, which is -1 and means the end, by the mask.
      const begin = ranges.map(([first, length], axis) => (steps[axis]! > 0 ? first : first + length - 1));
      const end = ranges.map(([first, length], axis) => (steps[axis]! > 0 ? first + length : first - 1));
      const mask = end.reduce((bits, at, axis) => bits + (at < 0 ? 2 ** axis : 0), 0);
      const size = ranges.map(([, length], axis) => Math.ceil(length / Math.abs(steps[axis]!)));
      return {
        results: () => [tf.stridedSlice(x.tensor(), begin, end, steps, 0, mask)],
        expected: [[size, (at) => x.valueAt(at.map((i, axis) => begin[axis]! + i * steps[axis]!))]],
      };
    },
  },
  'stridedSlice of any ranges': {
    run(x, n) {
      const specs = x.shape.map((length, axis) => specOf(length, n[axis]!, n[axis + 7]!, n[axis + 14]!));
      const gaps = x.shape.length + 1;
      // An ellipsis in the place of some axes, and a new axis before one that is left or after them.
      const [from, to] = [x.seed % gaps, Math.floor(x.seed / gaps) % gaps].sort((a, b) => a - b) as [
        number,
        number,
      ];
      const given: Spec[] = [...specs.slice(0, from), {is: 'ellipsis'}, ...specs.slice(to)];
      given.splice(n[0]! % (given.length + 1), 0, {is: 'new'});
      const maskOf = (isSet: (spec: Spec) => boolean) =>
        given.reduce((bits, spec, i) => bits + (isSet(spec) ? 2 ** i : 0), 0);
      // What each axis of x gives: those under the ellipsis all that they have.
      const taken = specs.map((spec, axis) =>
        axis >= from && axis < to ? {...everything, ...allOf(x.shape[axis]!)} : spec,
      );
      const axes = given.flatMap((spec): (number | 'new')[] => {
        if (spec.is === 'new') return ['new'];
        if (spec.is === 'ellipsis') return taken.slice(from, to).map((_, i) => from + i);
        return spec.is === 'one' ? [] : [specs.indexOf(spec)];
      });
      const valueAt = (at: number[]) =>
        x.valueAt(
          taken.map(({indices}, axis) => {
            const i = axes.indexOf(axis);
            return indices![i < 0 ? 0 : at[i]!]!;
          }),
        );
      return {
        results: () => [
          tf.stridedSlice(
            x.tensor(),
            given.map(({begin}) => begin ?? 5),
            given.map(({end}) => end ?? 3),
            given.map(({step}) => step ?? 1),
            maskOf(({is, begin}) => is === 'range' && begin === undefined),
            maskOf(({is, end}) => is === 'range' && end === undefined),
            maskOf(({is}) => is === 'ellipsis'),
            maskOf(({is}) => is === 'new'),
            maskOf(({is}) => is === 'one'),
          ),
        ],
        expected: [[axes.map((axis) => (axis === 'new' ? 1 : taken[axis]!.indices!.length)), valueAt]],
      };
    },
  },
  concat: {
    run(x, n) {
      const axis = n[0]! % x.shape.length;
      const others = [n[1]! % 3, n[2]! % 3].map((length, i) =>
        inputOf(
          x.shape.map((all, k) => (k === axis ? length : all)),
          x.dtype,
          x.seed + i + 1,
        ),
      );
      const all = [x, ...others];
      const length = all.reduce((sum, {shape}) => sum + shape[axis]!, 0);
      const valueAt = (at: number[]) => {
        let index = at[axis]!;
        for (const input of all) {
          if (index < input.shape[axis]!) return input.valueAt(at.map((k, i) => (i === axis ? index : k)));
          index -= input.shape[axis]!;
        }
        return Number.NaN;
      };
      return {
        results: () => [
          tf.concat(
            all.map(({tensor}) => tensor()),
            axis,
          ),
        ],
        expected: [[x.shape.map((k, i) => (i === axis ? length : k)), valueAt]],
      };
    },
  },
  stack: {
    run(x, n) {
      if (x.shape.length > 6) return {results: () => [], expected: []};
      const axis = n[0]! % (x.shape.length + 1);
      const all = [x, inputOf(x.shape, x.dtype, x.seed + 1), inputOf(x.shape, x.dtype, x.seed + 2)];
      return {
        results: () => [
          tf.stack(
            all.map(({tensor}) => tensor()),
            axis,
          ),
        ],
        expected: [
          [
            [...x.shape.slice(0, axis), 3, ...x.shape.slice(axis)],
            (at) => all[at[axis]!]!.valueAt(at.filter((_, i) => i !== axis)),
          ],
        ],
      };
    },
  },
  pad: {
    run(x, n) {
      const paddings = x.shape.map((_, axis) => [n[axis]! % 3, n[axis + 7]! % 3] as [number, number]);
      const isInside = (at: number[]) => at.every((i, axis) => i >= 0 && i < x.shape[axis]!);
      const others = x.dtype === 'float32' ? [0, -0, -7] : [0, -7];
      const value = x.dtype === 'bool' ? x.seed % 2 : others[x.seed % others.length]!;
      const size = x.shape.reduce(
        (all, length, axis) => all * (length + paddings[axis]![0] + paddings[axis]![1]),
        1,
      );
      if (size > 20_000) return {results: () => [], expected: []};
      return {
        results: () => [tf.pad(x.tensor(), paddings, value)],
        expected: [
          [
            x.shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1]),
            (at) => {
              const from = at.map((i, axis) => i - paddings[axis]![0]);
              return isInside(from) ? x.valueAt(from) : value;
            },
          ],
        ],
      };
    },
  },
  transpose: {
    run(x, n) {
      const perm = [...x.shape.keys()].sort((a, b) => n[a]! - n[b]! || a - b);
      return {
        results: () => [tf.transpose(x.tensor(), perm)],
        expected: [
          [
            perm.map((axis) => x.shape[axis]!),
            (at) => {
              const from = new Array<number>(at.length);
              perm.forEach((axis, i) => {
                from[axis] = at[i]!;
              });
              return x.valueAt(from);
            },
          ],
        ],
      };
    },
  },
  reverse: {
    run(x, n) {
      const axes = [...x.shape.keys()].filter((axis) => n[axis]! % 2 === 0);
      return {
        results: () => [tf.reverse(x.tensor(), axes)],
        expected: [
          [
            x.shape,
            (at) => x.valueAt(at.map((i, axis) => (axes.includes(axis) ? x.shape[axis]! - 1 - i : i))),
          ],
        ],
      };
    },
  },
  tile: {
    run(x, n) {
      const reps = x.shape.map((_, axis) => [1, 1, 2, 3][n[axis]! % 4]!);
      if (sizeOf(reps) * sizeOf(x.shape) > 20_000) return {results: () => [], expected: []};
      return {
        results: () => [tf.tile(x.tensor(), reps)],
        expected: [
          [
            x.shape.map((length, axis) => length * reps[axis]!),
            (at) => x.valueAt(at.map((i, axis) => i % x.shape[axis]!)),
          ],
        ],
      };
    },
  },
  gather: {
    run(x, n) {
      const axis = n[0]! % x.shape.length;
      const indices = n.slice(1, 5).map((index) => index % x.shape[axis]!);
      return {
        results: () => [tf.gather(x.tensor(), tf.tensor2d(indices, [2, 2], 'int32'), axis)],
        expected: [
          [
            [...x.shape.slice(0, axis), 2, 2, ...x.shape.slice(axis + 1)],
            (at) => {
              const index = indices[2 * at[axis]! + at[axis + 1]!]!;
              return x.valueAt([...at.slice(0, axis), index, ...at.slice(axis + 2)]);
            },
          ],
        ],
      };
    },
  },
};

describe('agree with the loops, whichever shape and type', () => {
  it.each(Object.entries(cases))('%s', (_, {run}) => {
    const check = ({
      shape,
      numbers,
      dtype,
      seed,
    }: typeof sample extends fc.Arbitrary<infer T> ? T : never) => {
      const {results, expected} = run(inputOf(shape, dtype, seed), numbers);
      tf.tidy(() => {
        const given = results();
        expect(given.map((y) => y.shape)).toEqual(expected.map(([shape]) => shape));
        given.forEach((y, i) => {
          expect(y.dtype).toBe(dtype);
          expect([...y.dataSync()]).toEqual(valuesOf(...expected[i]!));
        });
      });
    };
    fc.assert(fc.property(sample, check), {numRuns: inBrowser ? 40 : 120, seed: 20221023});
  });
});

it('run in kernels of ours', () => {
  const names = ['Slice', 'SplitV', 'Unpack', 'StridedSlice', 'Concat', 'Pack', 'PadV2'] as const;
  const others = ['Transpose', 'Reverse', 'Tile', 'GatherV2', 'Cast'] as const;
  for (const name of [...names, ...others]) expect(kernelCoverage('wasm')[name], name).toBe('kernel');
});

type Op = (x: tf.Tensor) => tf.Tensor;
const along = (tensors: tf.Tensor[]) =>
  tensors.map((y, i) => tf.mul(y, i + 1)).reduce((a, b) => tf.add(a, b));
const differentiable: Record<string, Op> = {
  slice: (x) => tf.slice(x, [0, 1, 0, 2, 1], [2, 2, 3, 2, 4]),
  split: (x) => along(tf.split(x, 2, 4)),
  unstack: (x) => along(tf.unstack(x, 1)),
  concat: (x) => tf.concat([x, tf.mul(x, 3), x], 4),
  stack: (x) => tf.stack([x, tf.mul(x, 3)], 2),
  pad: (x) =>
    tf.pad(x, [
      [0, 1],
      [1, 0],
      [2, 1],
      [1, 1],
      [0, 3],
    ]),
  transpose: (x) => tf.transpose(x, [3, 1, 0, 4, 2]),
  reverse: (x) => tf.reverse(x, [1, 3]),
  spaceToBatchND: (x) => {
    const paddings = [
      [1, 0],
      [0, 2],
      [0, 1],
    ];
    return tf.spaceToBatchND(x, [2, 3, 2], paddings);
  },
  batchToSpaceND: (x) =>
    tf.batchToSpaceND(
      x,
      [1, 2],
      [
        [1, 0],
        [0, 1],
      ],
    ),
};

describe('their gradients are those of the cpu backend', () => {
  it.each(Object.entries(differentiable))('%s', async (_, op) => {
    const shape = [2, 3, 4, 5, 6];
    const gradient = () =>
      tf.tidy(() => {
        const x = tf.tensor(wholesOf(shape, 1), shape);
        // Of squares, so that the output gradient has values of its own; all are whole.
        const loss = (t: tf.Tensor) => tf.sum(tf.square(op(t)));
        return [...tf.grad(loss)(x).dataSync()];
      });
    await tf.setBackend('cpu');
    const expected = gradient();
    await tf.setBackend('wasm');
    expect(gradient()).toEqual(expected);
  });
});

it('strided slices of nothing are empty, and what is no place in the tensor is refused', () => {
  tf.tidy(() => {
    const two = tf.tensor1d([1, 2], 'bool');
    expect([...tf.stridedSlice(two, [2], [1], [1]).dataSync()]).toEqual([]);
    const x = tf.tensor([1, 2, 3, 4], [2, 2], 'int32');
    // Twice backwards: one value, were the lengths multiplied as they are.
    const none = tf.stridedSlice(x, [1, 1], [0, 0], [1, 1]);
    expect(none.shape).toEqual([0, 0]);
    expect([...none.dataSync()]).toEqual([]);
    expect(() => tf.stridedSlice(x, [3, 0], [4, 1], [1, 1], 0, 0, 0, 0, 1)).toThrow(/out of bounds/);
    expect(() => tf.stridedSlice(x, [0.5, 0], [2, 2], [1, 1])).toThrow(InvalidArgumentError);
    expect(() => tf.stridedSlice(x, [0], [2, 2], [1, 1])).toThrow(/^StridedSlice: .*\[2, 2\]/);
  });
});

describe('of no values', () => {
  const empty = [[0], [0, 3], [3, 0], [2, 0, 3], [0, 2, 3], [2, 3, 0], [0, 2, 0, 3]];
  const dtypes: Dtype[] = ['float32', 'int32', 'bool'];
  it.each(dtypes)('%s keeps the shapes of the other axes', (dtype) => {
    tf.tidy(() => {
      for (const shape of empty) {
        const x = tf.zeros(shape, dtype);
        expect(tf.transpose(x).shape).toEqual([...shape].reverse());
        expect(tf.gather(x, tf.tensor1d([], 'int32')).shape).toEqual([0, ...shape.slice(1)]);
        const first = () => tf.gather(x, tf.tensor1d([0], 'int32'), shape.length - 1);
        if (shape.at(-1) === 0) expect(first).toThrow(/index value 0 is not in/);
        else expect(first().shape).toEqual([...shape.slice(0, -1), 1]);
      }
    });
  });
});

it('take what the host takes: negative axes, -1 for the rest, nothing at all, strings', () => {
  tf.tidy(() => {
    const x = tf.tensor([1, 2, 3, 4, 5, 6], [1, 2, 3]);
    expect([...tf.slice(x, [0, 1], [-1, -1]).dataSync()]).toEqual([4, 5, 6]);
    expect(tf.unstack(x, -1).map((y) => y.shape)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect([...tf.concat([x, x], -1).dataSync()]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    expect([...tf.stack([x, x], -1).dataSync()].slice(0, 4)).toEqual([1, 1, 2, 2]);
    expect(tf.concat([tf.zeros([1, 0, 3]), x], 1).shape).toEqual([1, 2, 3]);
    expect(tf.slice(x, [0, 1, 0], [1, 0, 3]).shape).toEqual([1, 0, 3]);
    expect([
      ...tf
        .pad(
          tf.zeros([0, 2]),
          [
            [1, 0],
            [0, 0],
          ],
          5,
        )
        .dataSync(),
    ]).toEqual([5, 5]);
    expect([...tf.gather(x, tf.tensor1d([], 'int32'), 1).dataSync()]).toEqual([]);
    expect(() => tf.gather(tf.zeros([3, 300]), tf.tensor1d([3], 'int32'))).toThrow(/index value 3 is not in/);
    expect(() => tf.slice(x, [0, 1, 0], [1, 2, 3])).toThrow(/begin\[1\] \+ size\[1\]/);
    const words = tf.tensor([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(tf.slice(words, [0, 1], [2, 1]).dataSync()).toEqual(['b', 'd']);
    expect(tf.concat([words, words], 1).dataSync()).toEqual(['a', 'b', 'a', 'b', 'c', 'd', 'c', 'd']);
  });
});

it('whatever is not zero is true, and a cast to the same type is no copy', () => {
  tf.tidy(() => {
    const numbers = [0.5, -1, 256, 0, Number.NaN];
    expect([...tf.cast(tf.tensor1d(numbers), 'bool').dataSync()]).toEqual([1, 1, 1, 0, 1]);
    const whole = tf.cast(tf.tensor1d([0, -1, 256], 'int32'), 'bool');
    expect([whole.dtype, ...whole.dataSync()]).toEqual(['bool', 0, 1, 1]);
    const x = tf.tensor1d([1.5, 2]);
    const y = tf.cast(x, 'float32');
    x.dispose();
    expect([...y.dataSync()]).toEqual([1.5, 2]);
    expect([...tf.cast(y, 'int32').dataSync()]).toEqual([1, 2]);
  });
});
