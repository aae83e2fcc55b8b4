/**
 * Weights in fewer bits, against plain loops over coordinates and files made by hand; files that promise more than they
 * hold are refused.
 */
import {describe, expect, it} from 'vitest';
import {
  Checkpoint,
  type CheckpointValues,
  entryOf,
  expanded,
  read,
  type StorageType,
  safetensors,
  storedAs,
} from '../../../src/models/checkpoints';
import {FormatError, InvalidArgumentError} from '../../../src/util/errors';
import {fill} from '../../support/fill';

const through = (checkpoint: Checkpoint) =>
  read(safetensors.write(checkpoint, checkpoint.metadata), {formats: [safetensors]});

/** Row by row: name, values, shape. */
function checkpointOf(
  rows: Record<string, [CheckpointValues, number[]]>,
  metadata: Record<string, string> = {},
): Checkpoint {
  const entries = Object.entries(rows).map(
    ([name, [values, shape]]) => [name, entryOf(values, shape)] as const,
  );
  return new Checkpoint(entries, {metadata: new Map(Object.entries(metadata))});
}

/** A convolution's, a depthwise convolution's and a dense layer's kernels, and vectors. */
const SHAPES: Record<string, number[]> = {
  'conv1/kernel': [3, 1, 1, 4, 5],
  'conv2/depthwise_kernel': [3, 3, 3, 6, 1],
  'classifier/kernel': [7, 3],
};
const kernels = Object.entries(SHAPES).map(([name, shape]) => {
  const values = fill(`${name}.weight`, shape);
  // A channel without any range, and zeros among others, as inflation leaves them.
  values.forEach((_, i) => {
    if (i % shape.at(-1)! === 2 || i % 5 === 0) values[i] = 0;
  });
  return [name, values, shape] as const;
});
const variance = new Float32Array([1e-30, 123_456, 3]);
const original = checkpointOf({
  ...Object.fromEntries(kernels.map(([name, values, shape]) => [name, [values, shape]])),
  'conv1_bn/moving_variance': [variance, [3]],
});

describe('storedAs', () => {
  it('uint8 keeps zeros, and the rest to half a 255th of the range of its channel', () => {
    const stored = through(storedAs(original, 'uint8'));
    const back = expanded(stored);
    expect(back.names()).toEqual(original.names());
    for (const [name, values, shape] of kernels) {
      expect(stored.get(name).dtype).toBe('U8');
      const channels = name.endsWith('depthwise_kernel') ? shape[3]! : shape.at(-1)!;
      for (const companion of [stored.get(`${name}:scale`), stored.get(`${name}:zero`)])
        expect(companion.size).toBe(channels);
      const found = back.get(name).toFloat32();
      for (let channel = 0; channel < channels; channel++) {
        const own = Array.from(values.keys()).filter((i) => i % channels === channel);
        const range = Math.max(0, ...own.map((i) => values[i]!)) - Math.min(0, ...own.map((i) => values[i]!));
        // A step is rounded to float32 (2^-24), and so are values of up to 255 steps: thousandths of a step.
        const allowed = (range / 255) * 0.501;
        for (const i of own) {
          if (values[i] === 0) expect(found[i]).toBe(0);
          else expect(Math.abs(found[i]! - values[i]!)).toBeLessThanOrEqual(allowed);
        }
      }
    }
  });

  it.each([
    ['float32', 'F32'],
    ['float16', 'F16'],
    ['uint8', 'U8'],
  ] as const)('%s stores kernels as %s and vectors unchanged', (type, dtype) => {
    const stored = through(storedAs(original, type));
    for (const name of Object.keys(SHAPES)) expect(stored.get(name).dtype).toBe(dtype);
    expect(stored.get('conv1_bn/moving_variance').dtype).toBe('F32');
    expect(expanded(stored).get('conv1_bn/moving_variance').values()).toEqual(variance);
    expect(stored.metadata.get('quantization')).toBe(type === 'uint8' ? 'affine-uint8' : undefined);
  });

  it('takes the smallest numbers and large ones', () => {
    const values = Float32Array.of(1e-45, -3e-45, 1e38, -1.5e38, 0, 2e-45, -1e38, 0);
    const back = expanded(storedAs(checkpointOf({'a/kernel': [values, [4, 2]]}), 'uint8'));
    const found = back.get('a/kernel').toFloat32();
    expect(found[4]).toBe(0);
    for (const i of [2, 3, 6]) expect(Math.abs(found[i]! - values[i]!)).toBeLessThan((2e38 / 255) * 0.501);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 3e38])('uint8 refuses %d beside its opposite', (value) => {
    const bad = checkpointOf({'a/kernel': [Float32Array.of(1, value, 2, -value), [2, 2]]});
    const {tensors} = storedAs(bad, 'uint8');
    expect(() => tensors.get('a/kernel:scale')!.bytes()).toThrow(InvalidArgumentError);
    expect(() => tensors.get('a/kernel')!.bytes()).toThrow(/"a\/kernel" has values that are not finite, or/);
  });

  it('refuses integers, names that would be taken for steps, and other types', () => {
    const whole = checkpointOf({'a/kernel': [Int32Array.of(1, 2), [1, 2]]});
    expect(() => storedAs(whole, 'uint8')).toThrow(InvalidArgumentError);
    const taken = checkpointOf({'a/kernel:zero': [Float32Array.of(1), [1]]});
    expect(() => storedAs(taken, 'uint8')).toThrow(/ends as those of steps and zeros/);
    expect(() => storedAs(original, 'int4' as StorageType)).toThrow(/"int4" is no storage type/);
  });
});

const FLAG = {quantization: 'affine-uint8'};
const bytes = (...values: number[]) => Uint8Array.from(values);
const floats = (...values: number[]) => Float32Array.from(values);

describe('expanded', () => {
  it('multiplies distances from the zero by the step: one for all, for each column, or for each value', () => {
    const levels = bytes(0, 255, 128, 3);
    const cases: [number[], Float32Array, Uint8Array, number[]][] = [
      [[1, 1], floats(0.5), bytes(128), [-64, 63.5, 0, -62.5]],
      [[1, 2], floats(1, 2), bytes(0, 5), [0, 500, 128, -4]],
      [[2, 2], floats(1, 2, 3, 4), bytes(1, 1, 1, 1), [-1, 508, 381, 8]],
    ];
    for (const [shape, scale, zero, expected] of cases) {
      const back = expanded(
        checkpointOf({k: [levels, [2, 2]], 'k:scale': [scale, shape], 'k:zero': [zero, shape]}, FLAG),
      );
      expect(back.names()).toEqual(['k']);
      expect(Array.from(back.get('k').toFloat32())).toEqual(expected);
      expect(back.metadata.size).toBe(0);
    }
  });

  it('leaves a checkpoint alone that does not say so', () => {
    const plain = checkpointOf({k: [bytes(1, 2), [1, 2]], 'k:scale': [floats(1), [1]]});
    expect(expanded(plain)).toBe(plain);
  });

  it.each<[string, Record<string, [CheckpointValues, number[]]>, RegExp]>([
    ['without steps', {'k:zero': [bytes(1), [1, 1]]}, /needs "k:scale" of F32 .*there is none/],
    ['without zeros', {'k:scale': [floats(1), [1, 1]]}, /needs "k:zero" of U8/],
    [
      'steps of another type',
      {'k:scale': [new Float64Array(1), [1, 1]], 'k:zero': [bytes(1), [1, 1]]},
      /given F64 \[1, 1\]/,
    ],
    [
      'steps of rows',
      {'k:scale': [floats(1, 1), [2, 1]], 'k:zero': [bytes(1, 1), [2, 1]]},
      /a shape of ones/,
    ],
    ['too many steps', {'k:scale': [floats(1, 1, 1, 1), [1, 4]], 'k:zero': [bytes(1), [1, 1]]}, /ones that/],
    ['steps of another rank', {'k:scale': [floats(1), [1]], 'k:zero': [bytes(1), [1]]}, /given F32 \[1\]/],
    ['no steps at all', {'k:scale': [floats(), [1, 0]], 'k:zero': [bytes(), [1, 0]]}, /given F32 \[1, 0\]/],
    [
      'steps and zeros of two shapes',
      {'k:scale': [floats(1), [1, 1]], 'k:zero': [bytes(1, 1, 1), [1, 3]]},
      /scale and zero of "k" differ/,
    ],
    ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, 3e38].map(
      (step): [string, Record<string, [CheckpointValues, number[]]>, RegExp] => [
        `a step of ${step}`,
        {'k:scale': [floats(step), [1, 1]], 'k:zero': [bytes(1), [1, 1]]},
        /"k:scale" has steps that are not finite and positive/,
      ],
    ),
    [
      'steps of nothing',
      {'k:scale': [floats(1), [1, 1]], 'k:zero': [bytes(1), [1, 1]], 'v:scale': [floats(1), [1, 1]]},
      /"v:scale" is there and no tensor of bytes "v"/,
    ],
  ])('refuses %s', (_, rows, message) => {
    const damaged = checkpointOf({k: [bytes(1, 2, 3, 4, 5, 6), [2, 3]], ...rows}, FLAG);
    expect(() => expanded(damaged)).toThrow(FormatError);
    expect(() => expanded(damaged)).toThrow(message);
  });

  it('refuses steps of a tensor that has no bytes, and other kinds of quantization', () => {
    const rows: Record<string, [CheckpointValues, number[]]> = {
      k: [floats(1), [1, 1]],
      'k:zero': [bytes(1), [1, 1]],
    };
    expect(() => expanded(checkpointOf(rows, FLAG))).toThrow(/"k:zero" is there and no tensor of bytes "k"/);
    expect(() => expanded(checkpointOf(rows, {quantization: 'log4'}))).toThrow(
      /quantization "log4"; this version reads affine-uint8/,
    );
  });
});
