/** safetensors: headers that must be refused, and the writer against JSON.parse, plain offsets and the reader. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
  CHECKPOINT_DTYPES,
  Checkpoint,
  CheckpointEntry,
  entryOf,
  read,
  safetensors,
} from '../../../src/models/checkpoints';
import {encodeFloat16} from '../../../src/models/checkpoints/float16';
import {FormatError, InvalidArgumentError} from '../../../src/util/errors';
import {join, le} from './support';

function file(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  return join(le(new TextEncoder().encode(header).length, 8), header, data);
}

const U8 = (begin: number, end: number, more = '') =>
  `{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]${more}}`;
const two = Uint8Array.of(5, 6);

describe('reading', () => {
  it('keeps the order and any name', () => {
    const names = ['z', '10', '1', '__proto__', 'constructor', 'toString', '', 'a"b\\\u00e9\u{1f600}\n'];
    const header = names.map((name, i) => `${JSON.stringify(name)}:${U8(i, i + 1)}`).join(',');
    const checkpoint = read(
      file(
        `{${header}}   `,
        Uint8Array.from(names, (_, i) => i),
      ),
    );
    expect(checkpoint.names()).toEqual(names);
    expect(names.map((name) => checkpoint.get(name).values()[0])).toEqual(names.map((_, i) => i));
    expect(Object.prototype).not.toHaveProperty('dtype');
  });

  it('tensors may lie in another order than they are named', () => {
    const checkpoint = read(file(`{"b":${U8(1, 2)},"a":${U8(0, 1)}}`, two));
    expect([...checkpoint].map(([name, entry]) => [name, ...entry.toFloat32()])).toEqual([
      ['b', 6],
      ['a', 5],
    ]);
  });

  it('no tensors at all, with metadata named like a prototype', () => {
    const checkpoint = read(file('{"__metadata__":{"__proto__":"x"}}'));
    expect(checkpoint.tensors.size).toBe(0);
    expect([...checkpoint.metadata]).toEqual([['__proto__', 'x']]);
  });

  it.each<[string, string, Uint8Array, RegExp]>([
    ['a duplicate name', `{"a":${U8(0, 1)},"a":${U8(1, 2)}}`, two, /"a" occurs twice/],
    ['an escaped duplicate', `{"a":${U8(0, 1)},"\\u0061":${U8(1, 2)}}`, two, /"a" occurs twice/],
    ['a duplicate field', `{"a":${U8(0, 2, ',"dtype":"I8"')}}`, two, /"dtype" occurs twice/],
    ['an unknown field', `{"a":${U8(0, 2, ',"x":1')}}`, two, /unknown field "x"/],
    ['an overlap', `{"a":${U8(0, 2)},"b":${U8(1, 2)}}`, two, /overlaps/],
    ['one place twice', `{"a":${U8(0, 2)},"b":${U8(0, 2)}}`, two, /overlaps/],
    ['a hole', `{"a":${U8(0, 1)},"b":${U8(2, 3)}}`, new Uint8Array(3), /hole/],
    ['a hole at the start', `{"a":${U8(1, 2)}}`, two, /hole/],
    ['bytes left over', `{"a":${U8(0, 1)}}`, two, /describes 1 bytes of tensors, the file has 2/],
    ['bytes missing', `{"a":${U8(0, 3)}}`, two, /truncated/],
    [
      'a shape of another size',
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,2]}}',
      two,
      /does not fill/,
    ],
    ['offsets backwards', '{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}}', two, /does not fill/],
    [
      'a shape beyond 2^53',
      '{"a":{"dtype":"U8","shape":[9007199254740991,9],"data_offsets":[0,2]}}',
      two,
      /does not fill/,
    ],
    ['a negative length', '{"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}}', two, /whole number/],
    ['a broken length', '{"a":{"dtype":"U8","shape":[2.0],"data_offsets":[0,2]}}', two, /whole number/],
    ['an exponent', '{"a":{"dtype":"U8","shape":[2e0],"data_offsets":[0,2]}}', two, /whole number/],
    ['a leading zero', '{"a":{"dtype":"U8","shape":[02],"data_offsets":[0,2]}}', two, /whole number/],
    [
      'a length beyond 2^53',
      '{"a":{"dtype":"U8","shape":[9007199254740992],"data_offsets":[0,2]}}',
      two,
      /whole/,
    ],
    ['a string as length', '{"a":{"dtype":"U8","shape":["2"],"data_offsets":[0,2]}}', two, /no shape/],
    ['three offsets', '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1,2]}}', two, /pair of data_offsets/],
    ['no dtype', '{"a":{"shape":[2],"data_offsets":[0,2]}}', two, /no dtype/],
    ['an unknown dtype', '{"a":{"dtype":"F8_E5M2","shape":[2],"data_offsets":[0,2]}}', two, /"F8_E5M2"/],
    [
      'a dtype of the prototype',
      '{"a":{"dtype":"constructor","shape":[2],"data_offsets":[0,2]}}',
      two,
      /constructor/,
    ],
    ['a tensor that is a number', '{"a":1}', two, /no.* described|not described/],
    ['metadata that is a list', '{"__metadata__":[]}', new Uint8Array(0), /not an object/],
    ['metadata of numbers', '{"__metadata__":{"a":1}}', new Uint8Array(0), /not a string/],
    ['a truth value', '{"a":true}', two, /no string, list, object, whole number or null/],
    ['a trailing comma', `{"a":${U8(0, 2)},}`, two, /string is missing/],
    ['no comma', `{"a":${U8(0, 1)} "b":${U8(1, 2)}}`, two, /comma/],
    ['no colon', `{"a" ${U8(0, 2)}}`, two, /colon/],
    ['no end', '{"a":{"dtype":"U8"', two, /comma|end/],
    ['a string without an end', '{"a\\"', two, /without an end/],
    ['a bad escape', '{"\\x":1}', two, /escape/],
    ['a control character', '{"\u0001":1}', two, /control/],
    ['text after the end', '{} x', new Uint8Array(0), /after the end/],
    ['deep nesting', `{"a":${'['.repeat(10_000)}`, two, /deep/],
  ])('refuses %s', (_, header, data, message) => {
    expect(() => read(file(header, data))).toThrow(message);
    expect(() => read(file(header, data))).toThrow(FormatError);
  });

  it('refuses absurd header lengths and broken text', () => {
    const direct = (bytes: Uint8Array) => () => safetensors.read(bytes);
    expect(direct(join(le(2n ** 63n, 8), '{}'))).toThrow(/hostile/);
    expect(direct(join(le(100_000_001, 8), '{}'))).toThrow(/the format allows 100000000/);
    expect(direct(join(le(3, 8), '{}'))).toThrow(/truncated/);
    expect(direct(join(le(2, 8), '[]'))).toThrow(/does not begin with \{/);
    expect(direct(join(le(0, 8)))).toThrow(/does not begin/);
    expect(direct(join(1, 2))).toThrow(/truncated/);
    expect(direct(join(le(5, 8), '{"', 0xff, '"}'))).toThrow(/UTF-8/);
  });
});

describe('writing', () => {
  const anyTensor = fc
    .record({
      dtype: fc.constantFrom(...CHECKPOINT_DTYPES),
      shape: fc.array(fc.integer({min: 0, max: 4}), {maxLength: 4}),
      seed: fc.integer({min: 1, max: 0x7fffffff}),
    })
    .map(({dtype, shape, seed}) => {
      const width = Number(/\d+$/.exec(dtype)?.[0] ?? 8) / 8;
      const length = shape.reduce((product, n) => product * n, width);
      let state = seed;
      const bytes = Uint8Array.from({length}, () => {
        state = Math.imul(state, 1664525) + 1013904223;
        return state >>> 24;
      });
      return {dtype, shape, bytes};
    });
  const unicode = fc.string({unit: 'grapheme', maxLength: 6});

  it('comes back bit for bit, aligned, in order, with its metadata (seeded, any type and shape)', () => {
    const anyFile = fc.record({
      tensors: fc.uniqueArray(fc.tuple(unicode, anyTensor), {selector: ([name]) => name, maxLength: 8}),
      metadata: fc.uniqueArray(fc.tuple(unicode, unicode), {selector: ([key]) => key, maxLength: 4}),
    });
    fc.assert(
      fc.property(anyFile, ({tensors, metadata}) => {
        const entries = tensors.map(([name, {dtype, shape, bytes}]): [string, CheckpointEntry] => [
          name,
          new CheckpointEntry(dtype, shape, () => bytes),
        ]);
        const written = safetensors.write(entries, new Map(metadata));
        expect(join(...safetensors.parts(entries, new Map(metadata)))).toEqual(written);
        const checkpoint = safetensors.read(written);
        expect([...checkpoint.metadata]).toEqual(metadata);
        expect(checkpoint.names()).toEqual(tensors.map(([name]) => name));
        for (const [name, {dtype, shape, bytes}] of tensors) {
          const entry = checkpoint.get(name);
          expect([entry.dtype, entry.shape, entry.bytes()]).toEqual([dtype, shape, bytes]);
          if (bytes.length > 0) expect(entry.bytes().byteOffset % (bytes.length / entry.size)).toBe(0);
        }
        const headerLength = Number(new DataView(written.buffer).getBigUint64(0, true));
        const header: object = JSON.parse(new TextDecoder().decode(written.subarray(8, 8 + headerLength)));
        expect(Object.keys(header).length).toBe(tensors.length + (metadata.length > 0 ? 1 : 0));
        expect(headerLength % 8).toBe(0);
      }),
      {seed: 3, numRuns: 300},
    );
  });

  it('half precision: every value rounded once, from float32, float64 and bfloat16', () => {
    const values = [1 / 3, 65504, 70000, 1e-7, -0, Number.NaN, 1 + 2 ** -11 + 2 ** -30];
    for (const entry of [entryOf(Float32Array.from(values), [7]), entryOf(Float64Array.from(values), [7])]) {
      const half = safetensors.read(safetensors.write([['h', entry.toFloat('F16')]])).get('h');
      expect(half.dtype).toBe('F16');
      const expected = Uint16Array.from(entry.values() as Float64Array, encodeFloat16);
      expect(new Uint16Array(half.bytes().slice().buffer)).toEqual(expected);
    }
    const bfloat = new CheckpointEntry('BF16', [2], () => new Uint8Array([0x80, 0x3f, 0x81, 0x3f]));
    expect([...bfloat.toFloat('F16').toFloat32()]).toEqual([1, 1 + 2 ** -7]);
  });

  it('takes a checkpoint and writes the same file again', () => {
    const checkpoint = new Checkpoint([['a', entryOf(Float32Array.of(1, 2), [2, 1])]], {
      metadata: new Map([['k', 'v']]),
    });
    const once = safetensors.write(checkpoint, checkpoint.metadata);
    expect(safetensors.write(read(once), {k: 'v'})).toEqual(once);
  });

  it('refuses what cannot be written', () => {
    const entry = entryOf(Uint8Array.of(1), [1]);
    const huge = new CheckpointEntry('U8', [2 ** 52], () => new Uint8Array(0));
    expect(() => safetensors.write([['__metadata__', entry]])).toThrow(/reserved/);
    expect(() =>
      safetensors.write([
        ['a', entry],
        ['a', entry],
      ]),
    ).toThrow(/twice/);
    expect(() => safetensors.write([['\ud800', entry]])).toThrow(/surrogate/);
    expect(() => safetensors.write([['a', entry]], {k: '\udfff'})).toThrow(/surrogate/);
    expect(() => safetensors.write([['a', entry]], {k: 1 as unknown as string})).toThrow(/no string/);
    expect(() => safetensors.write([['a', huge]])).toThrow(InvalidArgumentError);
  });
});

describe('entries', () => {
  it('transpose and reshape, lazily', () => {
    const entry = entryOf(Int32Array.of(1, 2, 3, 4, 5, 6), [1, 2, 3]);
    const turned = entry.transpose([2, 0, 1]);
    expect([turned.shape, [...turned.toFloat32()]]).toEqual([
      [3, 1, 2],
      [1, 4, 2, 5, 3, 6],
    ]);
    expect([...entry.reshape([6]).toFloat32()]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(() => entry.transpose([0, 1])).toThrow(InvalidArgumentError);
    expect(() => entry.transpose([0, 1, 1])).toThrow(InvalidArgumentError);
    expect(() => entry.reshape([5])).toThrow(InvalidArgumentError);
  });

  it('types', () => {
    const bytes = (...values: number[]) => Uint8Array.from(values);
    const values = (dtype: CheckpointEntry['dtype'], data: Uint8Array, shape = [1]) =>
      new CheckpointEntry(dtype, shape, () => data).values();
    expect(values('I64', bytes(254, 255, 255, 255, 255, 255, 255, 255))).toEqual(BigInt64Array.of(-2n));
    expect(values('BOOL', bytes(0, 1, 7), [3])).toEqual(bytes(0, 1, 1));
    expect(values('I16', bytes(0, 128))).toEqual(Int16Array.of(-32768));
    expect(values('I8', bytes(255))).toEqual(Int8Array.of(-1));
    expect(entryOf(BigInt64Array.of(-2n), [1]).toFloat32()).toEqual(Float32Array.of(-2));
    expect(() => entryOf(bytes(1), [1]).toFloat('F16')).toThrow(InvalidArgumentError);
    expect(() => entryOf(bytes(1), [2])).toThrow(/1 values given/);
    expect(() => values('U8', bytes(1), [-1])).toThrow(InvalidArgumentError);
    expect(() => values('F32', bytes(1))).toThrow(FormatError);
    expect(() => new Checkpoint([]).get('x')).toThrow(/no tensor "x"/);
  });

  it('values are copies, bytes may be windows', () => {
    const source = Float32Array.of(1, 2);
    const entry = entryOf(source, [2]);
    entry.toFloat32()[0] = 9;
    expect(source[0]).toBe(1);
    expect(entry.bytes().buffer).toBe(source.buffer);
  });
});
