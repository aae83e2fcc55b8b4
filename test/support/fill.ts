/**
 * The weights of the golden networks: every parameter, buffer and input is a hash of its key in the authors' state
 * dict and of the flat index, so that networks of 30 million weights need no file. A port of the generator's fill.py;
 * test/golden/fill_check.json holds its values.
 */

/** FNV-1a over the UTF-8 bytes. */
export function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** 32 pseudo-random bits for element `index` of the tensor whose key has this hash. */
export function bitsAt(hash: number, index: number): number {
  let x = hash ^ Math.imul(index, 0x9e3779b1);
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** An element is `offset + (n - center) * factor`, n the upper 23 bits of its hash: exact in double precision, then rounded. */
interface Rule {
  offset: number;
  center: number;
  factor: number;
}

/** From [-scale, scale). */
const symmetric = (scale: number): Rule => ({offset: 0, center: 2 ** 22, factor: scale / 2 ** 22});
/** From [0.5, 1.5). */
const aboutOne: Rule = {offset: 0.5, center: 0, factor: 2 ** -23};

/** What an element of a tensor is made of, by the key's ending and the tensor's rank. */
function ruleFor(key: string, shape: readonly number[]): Rule {
  if (key.endsWith('num_batches_tracked')) return {offset: 0, center: 0, factor: 0};
  if (key.endsWith('running_var')) return aboutOne;
  if (key.endsWith('running_mean')) return symmetric(0.25);
  if (shape.length >= 2) {
    const fanIn = shape.slice(1).reduce((size, length) => size * length, 1);
    return symmetric(Math.fround(Math.sqrt(3 / fanIn)));
  }
  if (key.endsWith('weight')) return aboutOne;
  if (key.endsWith('bias')) return symmetric(0.25);
  throw new Error(`fill: no rule for ${key} [${shape.join(', ')}]`);
}

/**
 * A tensor of a state dict with its axes reordered.
 *
 * @param key the whole key, prefix included
 * @param shape as PyTorch has it
 * @param axes `axes[i]` is PyTorch's axis that becomes axis i of the result; default: as it is
 */
export function fill(
  key: string,
  shape: readonly number[],
  axes = shape.map((_, axis) => axis),
): Float32Array {
  return generate(hashOf(key), ruleFor(key, shape), shape, axes);
}

/** The input clip (or frame): shape and axes as for `fill`, the key is 'input'. */
export function fillInput(shape: readonly number[], axes = shape.map((_, axis) => axis)): Float32Array {
  return generate(hashOf('input'), symmetric(2), shape, axes);
}

/** Walks the result in order; the last axis is a plain strided loop over the source. */
function generate(
  hash: number,
  {offset, center, factor}: Rule,
  shape: readonly number[],
  axes: readonly number[],
): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
  const lengths = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  const inner = lengths.at(-1) ?? 1;
  const step = steps.at(-1) ?? 0;
  const index = lengths.map(() => 0);
  const result = new Float32Array(size);
  for (let start = 0, base = 0; start < size; start += inner) {
    for (let i = 0; i < inner; i++) {
      result[start + i] = offset + ((bitsAt(hash, base + i * step) >>> 9) - center) * factor;
    }
    for (let axis = lengths.length - 2; axis >= 0; axis--) {
      index[axis]!++;
      base += steps[axis]!;
      if (index[axis]! < lengths[axis]!) break;
      base -= steps[axis]! * lengths[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
