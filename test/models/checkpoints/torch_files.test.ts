/** PyTorch payloads that torch.save would not write, or rarely: geometry, storages, types, both containers' rules. */
import {crc32 as zlibCrc32} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import {type CheckpointEntry, read} from '../../../src/models/checkpoints';
import {readZip} from '../../../src/models/checkpoints/formats/pytorch/zip_archive';
import {crc32} from '../../../src/util/checksums';
import {FormatError} from '../../../src/util/errors';
import {
  dict,
  floats,
  join,
  legacyFile,
  op,
  type Piece,
  pickle,
  type StorageSpec,
  storage,
  tensor,
  type ZipSpec,
  zipFile,
} from './support';

const FOUR: StorageSpec = {key: '7', count: 4};
const fourFloats = {key: '7', count: 4, bytes: floats(1, 2, 3, 4)};

function readOne(value: Piece, storages = [fourFloats]): CheckpointEntry {
  return read(legacyFile(dict({w: value}), storages)).get('w');
}

function values(value: Piece): number[] {
  return [...readOne(value).toFloat32()];
}

describe('tensors over a storage of four', () => {
  it.each<[string, number, number[], number[], number[]]>([
    ['whole', 0, [2, 2], [2, 1], [1, 2, 3, 4]],
    ['transposed', 0, [2, 2], [1, 2], [1, 3, 2, 4]],
    ['with an offset', 1, [3], [1], [2, 3, 4]],
    ['every second', 1, [2], [2], [2, 4]],
    ['one number', 3, [], [], [4]],
    ['expanded', 0, [2, 3], [1, 0], [1, 1, 1, 2, 2, 2]],
    ['overlapping windows', 0, [3, 2], [1, 1], [1, 2, 2, 3, 3, 4]],
    ['with axes of length 1 and odd strides', 0, [1, 4, 1], [99, 1, 77], [1, 2, 3, 4]],
    ['empty', 0, [0, 3], [3, 1], []],
    ['empty with a huge axis', 0, [2 ** 50, 0], [1, 1], []],
  ])('%s', (_, offset, shape, strides, expected) => {
    const entry = readOne(tensor(storage(FOUR), offset, shape, strides));
    expect([...entry.toFloat32()]).toEqual(expected);
    expect(entry.shape).toEqual(shape);
  });

  it.each<[string, number | bigint, (number | bigint)[], (number | bigint)[], RegExp]>([
    ['too long', 0, [5], [1], /runs out of its 4 elements/],
    ['offset too far', 4, [1], [1], /runs out/],
    ['stride too wide', 0, [2, 2], [3, 1], /runs out/],
    ['rank 0 outside', 4, [], [], /runs out/],
    ['strides beyond 2^53', 0, [2, 2], [2n ** 52n, 2n ** 52n], /runs out/],
    ['negative offset', -1, [1], [1], /malformed/],
    ['negative stride', 3, [4], [-1], /malformed/],
    ['negative length', 0, [-1], [1], /malformed/],
    ['length beyond 2^53', 0, [2n ** 62n], [0], /malformed/],
    ['more axes than strides', 0, [2, 2], [1], /malformed/],
    ['65 axes', 0, new Array<number>(65).fill(1), new Array<number>(65).fill(1), /malformed/],
    ['a product beyond 2^53', 0, [2 ** 30, 2 ** 30], [0, 0], /too large to exist/],
    ['terabytes of one number', 0, [2 ** 20, 2 ** 20], [0, 0], /repeats elements.*contiguous/],
  ])('refuses %s', (_, offset, shape, strides, message) => {
    const build = () => readOne(tensor(storage(FOUR), offset, shape, strides));
    expect(build).toThrow(message);
    expect(build).toThrow(FormatError);
  });

  it('many expanded tensors share one allowance of 64 MiB', () => {
    const big = tensor(storage(FOUR), 0, [2 ** 22], [0]); // 16 MiB
    const file = (count: number) =>
      legacyFile(dict(Object.fromEntries(Array.from({length: count}, (_, i) => [`w${i}`, big]))), [
        fourFloats,
      ]);
    expect(read(file(4)).tensors.size).toBe(4);
    expect(() => read(file(5))).toThrow(/repeats elements/);
  });

  it('two names for one storage, and a name for a part of it', () => {
    const all = tensor(storage(FOUR), 0, [4], [1]);
    const checkpoint = read(
      legacyFile(dict({a: all, b: all, c: tensor(storage(FOUR), 2, [2], [1])}), [fourFloats]),
    );
    expect(checkpoint.names()).toEqual(['a', 'b', 'c']);
    expect(checkpoint.get('b').bytes()).toEqual(checkpoint.get('a').bytes());
    expect([...checkpoint.get('c').toFloat32()]).toEqual([3, 4]);
  });

  it('conjugate and negative flags change values, so they are refused', () => {
    const flags: Piece = [op.dict, op.str('neg'), 0x88, 's'];
    expect(() => values(tensor(storage(FOUR), 0, [4], [1], flags))).toThrow(/negative flag/);
    expect(values(tensor(storage(FOUR), 0, [4], [1], op.dict))).toEqual([1, 2, 3, 4]);
    expect(values(tensor(storage(FOUR), 0, [4], [1], op.none))).toEqual([1, 2, 3, 4]);
  });

  it('an untyped storage with the type beside it (torch 2)', () => {
    const raw = storage({key: '7', type: 'UntypedStorage', module: 'torch.storage', count: 16});
    const v3 = (dtype: Piece, length = 4): Piece => [
      op.global('torch._utils', '_rebuild_tensor_v3'),
      op.tuple(raw, op.int(0), op.tuple(op.int(length)), op.tuple(op.int(1)), op.no, op.none, dtype),
      op.reduce,
    ];
    const bytes = [{...fourFloats, count: 16}];
    expect([...readOne(v3(op.global('torch', 'float32')), bytes).toFloat32()]).toEqual([1, 2, 3, 4]);
    expect(readOne(v3(op.global('torch', 'int64'), 2), bytes).dtype).toBe('I64');
    expect(() => readOne(v3(op.global('torch', 'int64'), 3), bytes)).toThrow(/runs out of its 2 elements/);
    expect(() => readOne(v3(op.global('torch', 'complex64')), bytes)).toThrow(/complex numbers/);
  });

  it('parameters and tensors with attributes', () => {
    const plain = tensor(storage(FOUR), 0, [4], [1]);
    const parameter: Piece = [
      op.global('torch._utils', '_rebuild_parameter_with_state'),
      op.tuple(plain, 0x88, op.none, op.dict),
      op.reduce,
    ];
    const typed = (type: Piece, callee: Piece): Piece => [
      op.global('torch._tensor', '_rebuild_from_type_v2'),
      op.tuple(callee, type, op.tuple(plain, 0x88, op.none), op.dict),
      op.reduce,
    ];
    const rebuild = op.global('torch._utils', '_rebuild_parameter');
    const type = op.global('torch.nn.parameter', 'Parameter');
    expect(values(parameter)).toEqual([1, 2, 3, 4]);
    expect(values(typed(type, rebuild))).toEqual([1, 2, 3, 4]);
    expect(() => values(typed(op.global('acme', 'Scaled'), rebuild))).toThrow(/acme\.Scaled/);
    const itself = op.global('torch._tensor', '_rebuild_from_type_v2');
    expect(() => values(typed(type, itself))).toThrow(/torch\.nn\.parameter\.Parameter/);
  });
});

describe('storages', () => {
  it.each<[string, Piece, RegExp]>([
    ['an unknown class', storage({key: '7', type: 'NewStorage', count: 4}), /NewStorage.*size is not known/],
    ['a class of another module', storage({key: '7', module: 'acme', count: 4}), /acme\.FloatStorage/],
    ['a view', storage(FOUR, op.tuple(op.str('8'), op.int(0), op.int(4))), /view/],
    ['a negative count', storage({key: '7', count: -4}), /size/],
    ['a count beyond 2^53', storage({key: '7', count: 2n ** 52n}), /size/],
    ['no storage', [op.int(1), 'Q'], /no storage/],
  ])('refuses %s', (_, from, message) => {
    expect(() => readOne(tensor(from, 0, [4], [1]))).toThrow(message);
  });

  it('one key with two sizes is damage', () => {
    const [a, b] = [storage(FOUR), storage({key: '7', count: 3})];
    const file = legacyFile(dict({a: tensor(a, 0, [1], [1]), b: tensor(b, 0, [1], [1])}), [fourFloats]);
    expect(() => read(file)).toThrow(/mentioned as 4 of .*FloatStorage" and as 3 of/);
  });

  it('CUDA storages are plain memory in the file', () => {
    expect(values(tensor(storage({...FOUR, module: 'torch.cuda'}), 0, [4], [1]))).toEqual([1, 2, 3, 4]);
  });
});

describe('where the state dict is', () => {
  const w = (first: number) => tensor(storage(FOUR), first, [1], [1]);
  const readPayload = (payload: Piece) => read(legacyFile(payload, [fourFloats]));

  it('state_dict comes before model, model before the root', () => {
    const all = dict({lr: w(0), model: dict({m: w(1)}), state_dict: dict({s: w(2), version: op.int(3)})});
    const checkpoint = readPayload(all);
    expect(checkpoint.names()).toEqual(['s']);
    const extra = checkpoint.extra as Map<string, unknown>;
    expect([...extra.keys()]).toEqual(['lr', 'model', 'state_dict']);
    expect(extra.get('state_dict')).toEqual(new Map([['version', 3]]));
    expect(readPayload(dict({lr: w(0), model: dict({m: w(1)})})).names()).toEqual(['m']);
    expect(readPayload(dict({lr: w(0), state_dict: op.int(1)})).names()).toEqual(['lr']);
  });

  it('names are kept, however odd', () => {
    const checkpoint = readPayload(dict({__proto__x: w(0), constructor: w(1), '': w(2), 'a/b.c': w(3)}));
    expect(checkpoint.names()).toEqual(['__proto__x', 'constructor', '', 'a/b.c']);
    const proto = readPayload([op.dict, op.str('__proto__'), w(0), 's']);
    expect(proto.get('__proto__').size).toBe(1);
    expect(({} as Record<string, unknown>).size).toBeUndefined();
  });

  it('no dict of tensors is an error that says what to save', () => {
    const hollow = (payload: Piece) => () => read(legacyFile(payload, []));
    expect(hollow(op.none)).toThrow(/torch\.save\(model\.state_dict\(\)/);
    expect(hollow(dict({state_dict: dict({a: op.int(1)})}))).toThrow(FormatError);
    expect(hollow([op.global('torch.nn', 'Linear'), op.unit, op.newObject])).toThrow(FormatError);
  });
});

describe('legacy files', () => {
  const readValues = (file: Uint8Array) => [...read(file).get('w').toFloat32()];
  const payload = dict({w: tensor(storage(FOUR), 0, [4], [1])});
  const extraKey = {key: '8', count: 0, bytes: floats()};

  it.each<[string, Uint8Array, RegExp]>([
    ['a missing storage', legacyFile(payload, []), /0 storages listed, 1 used/],
    ['an unused storage', legacyFile(payload, [fourFloats, extraKey]), /2 storages listed, 1 used/],
    ['another storage', legacyFile(payload, [extraKey]), /"8" is unknown/],
    [
      'another size',
      legacyFile(payload, [{...fourFloats, count: 3}]),
      /has not the 4 elements that tensors expect/,
    ],
    ['a short storage', legacyFile(payload, [{...fourFloats, bytes: floats(1)}]), /truncated/],
    ['bytes left over', join(legacyFile(payload, [fourFloats]), 0), /1 bytes after the last storage/],
    ['no magic number', pickle(op.dict), /magic number/],
    [
      'another protocol',
      join(legacyFile(payload, []).subarray(0, 15), pickle(op.int(1002))),
      /protocol "1002"/,
    ],
  ])('refuses %s', (_, file, message) => {
    expect(() => read(file)).toThrow(message);
    expect(() => read(file)).toThrow(FormatError);
  });

  it('data of a big-endian machine are little-endian, its numbers of elements may be either', () => {
    expect(readValues(legacyFile(payload, [fourFloats], false))).toEqual([1, 2, 3, 4]);
    const swapped = legacyFile(payload, [fourFloats], false);
    swapped.subarray(-24, -16).reverse();
    expect(readValues(swapped)).toEqual([1, 2, 3, 4]);
  });

  it('odd keys are described without walking into them', () => {
    const deep: Piece = [']'.repeat(50_000), 'a'.repeat(49_999)];
    const file = join(
      legacyFile(payload, []).subarray(0, -pickle(op.list, op.mark, 'e').length),
      pickle(op.list, op.mark, deep, 'e'),
    );
    expect(() => read(file)).toThrow(/key a list is unknown/);
  });
});

describe('zip files', () => {
  const payload = pickle(dict({w: tensor(storage(FOUR), 0, [4], [1])}));
  const entry = (name: string, data: Uint8Array, more: Partial<ZipSpec> = {}): ZipSpec => ({
    name,
    data,
    crc: zlibCrc32(data),
    ...more,
  });
  const standard = (more: Partial<ZipSpec> = {}) => [
    entry('a/data.pkl', payload, more),
    entry('a/data/7', fourFloats.bytes, more),
    entry('a/version', join('3\n'), more),
  ];
  const readValues = (file: Uint8Array) => [...read(file).get('w').toFloat32()];

  it('plain, zip64, with data descriptors, with a comment', () => {
    expect(readValues(zipFile(standard()))).toEqual([1, 2, 3, 4]);
    expect(readValues(zipFile(standard({zip64: true})))).toEqual([1, 2, 3, 4]);
    expect(readValues(zipFile(standard(), {zip64: true}))).toEqual([1, 2, 3, 4]);
    expect(readValues(zipFile(standard({zip64: true}), {zip64: true, comment: 'PK'}))).toEqual([1, 2, 3, 4]);
    expect(readValues(zipFile(standard({descriptor: true})))).toEqual([1, 2, 3, 4]);
  });

  it('a window into a larger buffer', () => {
    const file = zipFile(standard());
    expect(readValues(join(0, file, 0).subarray(1, file.length + 1))).toEqual([1, 2, 3, 4]);
  });

  // The first entry holds a whole entry a/x, 30 bytes of header, name and 3 bytes of extra field from the start.
  const inner = entry('a/x', join('x'));
  const outer = entry('a/outer', zipFile([inner]));
  const nested = zipFile([outer, ...standard(), {...inner, offset: 30 + outer.name.length + 3}]);
  const withEntry = (...more: ZipSpec[]) => zipFile([...standard(), ...more]);
  it.each<[string, Uint8Array, RegExp]>([
    ['compression', zipFile([entry('a/data.pkl', payload, {method: 8})]), /data\.pkl" is compressed/],
    ['encryption', withEntry(entry('a/x', join('x'), {flags: 1})), /encrypted/],
    ['a wrong checksum', withEntry(entry('a/x', join('x'), {crc: 1})), /checksum/],
    ['a name given twice', withEntry(entry('a/version', join('3\n'))), /occurs twice/],
    ['two names for an entry', withEntry(entry('a/x', join('x'), {localName: 'a/y'})), /another name/],
    ['an entry inside another', nested, /overlaps/],
    ['an offset beyond the end', withEntry(entry('a/x', join('x'), {offset: 1e9})), /truncated/],
    ['a wrong number of entries', zipFile(standard(), {entries: 2}), /3 entries listed, 2 announced/],
    ['bytes after the end', join(zipFile(standard()), 0), /no end record/],
    ['no data.pkl', zipFile([entry('a/x', join('x'))]), /0 entries named data\.pkl/],
    ['two data.pkl', withEntry(entry('b/data.pkl', payload)), /2 entries named data\.pkl/],
    [
      'TorchScript without weights',
      zipFile([entry('a/data.pkl', pickle(op.dict)), entry('a/constants.pkl', pickle(op.unit))]),
      /TorchScript/,
    ],
    ['an odd byte order', withEntry(entry('a/byteorder', join('middle'))), /byte order "middle"/],
    ['a NumPy archive', zipFile([entry('w.npy', join('x'))]), /NumPy archive.*from_numpy/],
    ['a Keras file', zipFile([entry('model.weights.h5', join('x'))]), /Keras/],
    ['torch.export', zipFile([entry('a/archive_format', join('pt2'))]), /torch\.export/],
    ['an archive of checkpoints', zipFile([entry('best.pth', join('x'))]), /unpack it/],
    ['a new version', zipFile([...standard().slice(0, 2), entry('a/version', join('11'))]), /version "11"/],
    ['a missing storage', zipFile([entry('a/data.pkl', payload)]), /storage "7" is missing/],
    ['a short storage', zipFile([entry('a/data.pkl', payload), entry('a/data/7', floats(1))]), /has 4 bytes/],
    ['bytes after the pickle', zipFile([entry('a/data.pkl', join(payload, 0))]), /1 bytes after/],
    ['nothing but a signature', join('PK', 3, 4), /truncated/],
  ])('refuses %s', (_, file, message) => {
    expect(() => read(file)).toThrow(message);
    expect(() => read(file)).toThrow(FormatError);
  });

  it("checksums are zlib's", () => {
    for (let length = 0; length < 70; length++) {
      const bytes = Uint8Array.from({length}, (_, i) => (i * 151 + length * 7) & 255);
      expect(crc32(bytes)).toBe(zlibCrc32(bytes));
    }
  });

  it('lists entries as windows without copying', () => {
    const file = zipFile(standard());
    for (const contents of readZip(file).values()) expect(contents!.buffer).toBe(file.buffer);
  });
});
