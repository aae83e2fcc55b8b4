/** The filling rule against values of the Python generator, bit for bit, and reordered axes against a lookup. */
import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {bitsAt, fill, fillInput, hashOf} from './fill';

interface CheckedTensor {
  key: string;
  shape: number[];
  count: number;
  first4_float32_bits_hex: string[];
  last4_float32_bits_hex: string[];
  xor_of_all_float32_bits_hex: string;
  'sum_of_all_float32_bits_mod_2^32': number;
}

const golden: {
  hash: Record<string, number>;
  bits: {key: string; first8: number[]; 'at_1000000..1000003': number[]};
  tensors: CheckedTensor[];
} = JSON.parse(readFileSync(new URL('../golden/fill_check.json', import.meta.url), 'utf8'));

const hex = (bits: number) => (bits >>> 0).toString(16).padStart(8, '0');

describe('fill', () => {
  it('hashes keys', () => {
    for (const [key, hash] of Object.entries(golden.hash)) expect(hashOf(key)).toBe(hash);
  });

  it('makes the bits of an index', () => {
    const hash = hashOf(golden.bits.key);
    expect(golden.bits.first8.map((_, i) => bitsAt(hash, i))).toEqual(golden.bits.first8);
    const later = golden.bits['at_1000000..1000003'];
    expect(later.map((_, i) => bitsAt(hash, 1000000 + i))).toEqual(later);
  });

  it.each(golden.tensors.map((tensor) => [tensor.key, tensor] as const))('fills %s', (key, tensor) => {
    const values = key === 'input' ? fillInput(tensor.shape) : fill(key, tensor.shape);
    const bits = new Uint32Array(values.buffer);
    expect(bits.length).toBe(tensor.count);
    expect(Array.from(bits.subarray(0, 4), hex)).toEqual(tensor.first4_float32_bits_hex);
    expect(Array.from(bits.subarray(-4), hex)).toEqual(tensor.last4_float32_bits_hex);
    expect(hex(bits.reduce((xor, value) => xor ^ value, 0))).toBe(tensor.xor_of_all_float32_bits_hex);
    expect(bits.reduce((sum, value) => (sum + value) >>> 0, 0)).toBe(
      tensor['sum_of_all_float32_bits_mod_2^32'],
    );
  });

  it('reorders axes', () => {
    const shape = [2, 3, 4, 5, 6];
    const [plain, filter] = [fill('a.weight', shape), fill('a.weight', shape, [2, 3, 4, 1, 0])];
    for (const [o, i, t, h, w] of [
      [0, 0, 0, 0, 0],
      [1, 2, 3, 4, 5],
      [1, 0, 2, 3, 4],
      [0, 2, 1, 0, 5],
    ] as const) {
      const at = (((t * 5 + h) * 6 + w) * 3 + i) * 2 + o;
      expect(filter[at]).toBe(plain[(((o * 3 + i) * 4 + t) * 5 + h) * 6 + w]);
    }
  });
});
