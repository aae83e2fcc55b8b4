/**
 * PyTorch files as training programs leave them (test/golden/checkpoints/world): the weights are found and equal PyTorch's
 * values, whatever lies beside them; what is not read is refused by name, with what to do in Python.
 */
import {describe, expect, it} from 'vitest';
import {
  type Checkpoint,
  entryOf,
  names,
  type ReadOptions,
  read,
  safetensors,
} from '../../../src/models/checkpoints';
import {FormatError, InvalidArgumentError} from '../../../src/util/errors';
import {readGolden, readGoldenJson} from '../../support/golden';
import {dict, floats, join, le, legacyFile, op, type Piece, storage, tensor} from './support';

type Expected = Record<string, {shape: number[]; values: number[]}>;

const expected = () => readGoldenJson<Record<string, Expected>>('checkpoints/world/expected.json');
const world = async (file: string, options?: ReadOptions) =>
  read(await readGolden(`checkpoints/world/${file}`), options);

/** Float32 or wider values equal those of PyTorch exactly, since the numbers in JSON are exact. */
function expectEqual(checkpoint: Checkpoint, tensors: Expected, prefix = ''): void {
  expect(checkpoint.names()).toEqual(Object.keys(tensors).map((name) => prefix + name));
  for (const [name, {shape, values}] of Object.entries(tensors)) {
    const entry = checkpoint.get(prefix + name);
    expect([name, entry.shape]).toEqual([name, shape]);
    expect([name, Array.from(entry.values() as ArrayLike<number | bigint>, Number)]).toEqual([name, values]);
  }
}

describe('ordinary Python values beside the weights', () => {
  it.each(['beside_2.pth', 'beside_4.pth', 'beside_5.pth', 'beside_legacy.pth'])('%s', async (file) => {
    const checkpoint = await world(file);
    expectEqual(checkpoint, (await expected())['before the step']!);
    const notes = (checkpoint.extra as Map<string, Map<string, unknown>>).get('notes')!;
    expect(notes.get('itself')).toBe(notes);
    expect(notes.get('default')).toEqual(new Map([['top1', 3]]));
    expect(notes.size).toBe(28);
    expect(checkpoint.at).toEqual(['state_dict']);
  });

  it("mmengine's: configuration, message hub, optimizer, averaged weights", async () => {
    const {state, average} = await expected();
    const checkpoint = await world('mmengine.pth');
    expectEqual(checkpoint, state!);
    expect([...(checkpoint.extra as Map<string, unknown>).keys()]).toEqual([
      'meta',
      'message_hub',
      'optimizer',
      'param_schedulers',
      'ema_state_dict',
    ]);
    expectEqual(await world('mmengine.pth', {at: 'ema_state_dict'}), average!);
  });
});

describe('where the weights are', () => {
  it.each([
    ['deeper.pth', ['checkpoint', 'weights']],
    ['big_endian.pth', []],
    ['zip64.pth', []],
  ])('%s: at %j', async (file, at) => {
    const checkpoint = await world(file);
    expect(checkpoint.at).toEqual(at);
    expectEqual(checkpoint, (await expected()).state!);
  });

  it.each([
    ['data_parallel.pth', [], 'module.'],
    ['compiled.pth', ['model'], '_orig_mod.'],
  ])('%s: names as in the file', async (file, at, prefix) => {
    const checkpoint = await world(file);
    expect(checkpoint.at).toEqual(at);
    expectEqual(checkpoint, (await expected()).state!, prefix);
  });

  it.each(['data_parallel.pth', 'compiled.pth', 'ema_only.pth'])(
    '%s: name maps see through the wrapper',
    async (file) => {
      const map = names.nameMap([
        {torch: 'stem.conv', ours: 'conv', kind: 'conv'},
        {torch: 'stem.bn', ours: 'bn', kind: 'norm'},
        {torch: 'head', ours: 'head', kind: 'dense'},
      ]);
      const found = names.renamed(await world(file), map).names();
      const wanted = [
        'conv/kernel',
        'bn/gamma',
        'bn/beta',
        'bn/moving_mean',
        'bn/moving_variance',
        'head/kernel',
        'head/bias',
      ];
      expect(found.filter((name) => name !== 'n_averaged')).toEqual(wanted);
      const inside = names.nameMap([{torch: 'stem.bn', ours: 'bn', kind: 'norm'}]);
      expect(inside.fromTorch('stem._orig_mod.bn.weight')?.name).toBe('bn/gamma');
      expect(inside.fromTorch('stem.module.bn.weight')?.name).toBe('bn/gamma');
      expect(
        names.nameMap([{torch: 'module.bn', ours: 'b', kind: 'norm'}]).fromTorch('module.bn.bias')?.name,
      ).toBe('b/beta');
    },
  );

  it('several places of equal right: an error that lists them, and at chooses', async () => {
    await expect(world('student_teacher.pth')).rejects.toThrow(
      /in 2 places.*"student" \(8\), "teacher" \(7\).*\{at: "student"\}\), or --at/,
    );
    const [student, teacher] = [
      await world('student_teacher.pth', {at: 'student'}),
      await world('student_teacher.pth', {at: ['teacher']}),
    ];
    const name = 'head.bias';
    expect(teacher.get(name).toFloat32()).toEqual(
      student
        .get(name)
        .toFloat32()
        .map((value) => value * 2),
    );
    expect([...(student.extra as Map<string, unknown>).keys()]).toEqual(['teacher', 'optimizer']);
  });

  it.each<[string, ReadOptions, RegExp]>([
    [
      'a key that is not there',
      {at: 'model'},
      /no "model" at the root; its keys are "student", "teacher", "optimizer"/,
    ],
    ['a path that ends too late', {at: 'student/x'}, /no "x" in "student"/],
    ['an unknown option', {key: 'student'} as ReadOptions, /unknown option key/],
  ])('at: %s', async (_, options, message) => {
    await expect(world('student_teacher.pth', options)).rejects.toThrow(message);
    await expect(world('student_teacher.pth', options)).rejects.toThrow(InvalidArgumentError);
  });

  it('errors name the file', async () => {
    await expect(world('student_teacher.pth', {name: 'a/b.pth'})).rejects.toThrow(
      /^a\/b\.pth: the PyTorch file/,
    );
  });
});

describe('modules saved as a whole', () => {
  it.each(['whole.pth', 'whole_legacy.pth'])('%s is its state dict', async (file) => {
    expectEqual(await world(file), (await expected()).state!);
  });

  it('under a key, inside a wrapper', async () => {
    const checkpoint = await world('whole_nested.pth');
    expect(checkpoint.at).toEqual(['model']);
    expectEqual(checkpoint, (await expected()).state!, 'module.');
  });

  it('shared weights under both names, and a module with hooks', async () => {
    expectEqual(await world('tied.pth'), (await expected()).tied!);
  });

  it.each(['script.pt', 'trace.pt'])('%s: the weights of a TorchScript program', async (file) => {
    const {state} = await expected();
    const grid = {shape: [4], values: [0, 1, 2, 3]}; // TorchScript does not tell that it is no part of the state dict
    expectEqual(await world(file), {grid, ...state});
  });

  it('a frozen TorchScript program has no weights to be read', async () => {
    await expect(world('frozen.pt')).rejects.toThrow(/TorchScript.*freeze.*torch\.save\(model\.state_dict/);
  });

  it('modules within modules without end are stopped', () => {
    const module = (children: Piece): Piece => [
      op.global('acme', 'Net'),
      op.unit,
      op.newObject,
      [op.dict, op.setItems(op.str('_parameters'), op.dict, op.str('_modules'), children), op.build],
    ];
    // Each level has the one below twice: 2^64 modules in a few kilobytes.
    let doubled: Piece = module([op.dict]);
    for (let level = 0; level < 64; level++) {
      doubled = module([
        doubled,
        'q',
        level,
        '0',
        op.dict,
        op.setItems(op.str('a'), ['h', level], op.str('b'), ['h', level]),
      ]);
    }
    expect(() => read(legacyFile(doubled, []))).toThrow(/without end/);
    const itself: Piece = [
      [op.global('acme', 'Net'), op.unit, op.newObject, 'q', 1],
      [
        op.dict,
        op.setItems(op.str('_parameters'), op.dict, op.str('_modules'), [op.dict, op.str('a'), 'h', 1, 's']),
        op.build,
      ],
    ];
    expect(() => read(legacyFile(itself, []))).toThrow(/without end/);
  });
});

describe('kinds of tensors', () => {
  it.each(['kinds.pth', 'kinds_legacy.pth'])('%s', async (file) => {
    const checkpoint = await world(file);
    expectEqual(checkpoint, (await expected()).kinds!);
    const dtypes = ['bf16', 'f16', 'f64', 'i8', 'bool', 'scalar'].map((name) => checkpoint.get(name).dtype);
    expect(dtypes).toEqual(['BF16', 'F16', 'F64', 'I8', 'BOOL', 'I64']);
  });

  it.each([
    ['quantized', /a quantized tensor.*dequantize\(\)/],
    ['quantized_per_channel', /a quantized tensor.*dequantize\(\)/],
    ['sparse', /a sparse tensor.*to_dense\(\)/],
    ['csr', /a sparse tensor.*to_dense\(\)/],
    ['complex', /complex numbers.*view_as_real/],
    ['conj', /complex numbers.*resolve_conj/],
    ['negative', /negative flag.*resolve_neg/],
    ['float8', /torch\.float8_e4m3fn.*v\.float\(\)/],
    ['uint16', /torch\.uint16.*v\.float\(\)/],
    ['meta', /without values/],
    ['nested', /a nested tensor.*to_padded_tensor/],
  ])('odd_%s.pth: the tensor is refused by name, with what to do', async (name, message) => {
    const reading = world(`odd_${name}.pth`);
    await expect(reading).rejects.toThrow(/^"odd\.weight" is/);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(/torch\.save\(.*torch\.load\(FILE.*\["state_dict"\]\.items\(\)/);
    await expect(reading).rejects.toThrow(FormatError);
  });

  it('none of them does harm where no weights are looked for', async () => {
    expectEqual(await world('odd_beside.pth'), (await expected()).state!);
    expectEqual(await world('odd_legacy.pth'), (await expected()).state!);
    await expect(world('odd_beside.pth', {at: 'statistics'})).rejects.toThrow(
      /"quantized" is .* \(and 10 more\)/,
    );
  });

  it('a tensor of a class that is not known is refused by its name', () => {
    const four = tensor(storage({key: '7', count: 4}), 0, [4], [1]);
    const odd: Piece = [op.global('acme.tensors', 'PackedTensor'), op.tuple(four), op.reduce];
    const file = legacyFile(dict({w: four, odd}), [{key: '7', count: 4, bytes: floats(1, 2, 3, 4)}]);
    expect(() => read(file)).toThrow(/"odd" is a tensor of the class acme\.tensors\.PackedTensor/);
  });
});

describe('what is no checkpoint', () => {
  it.each([
    ['version https://git-lfs.github.com/spec/v1\noid sha256:12', /git lfs pull/],
    ['<!DOCTYPE html><html>', /web page/],
    ['{"format": "layers-model"}', /model\.json/],
    ['\x89HDF\r\n\x1a\n', /HDF5/],
    ['\x1f\x8b\x08\x00', /gzip/],
    [`weights${'\0'.repeat(250)}ustar`, /tar archive/],
  ])('%j', (text, message) => {
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    expect(() => read(bytes)).toThrow(message);
    expect(() => read(bytes)).toThrow(FormatError);
  });
});

describe('safetensors of other writers', () => {
  it('"__metadata__": null is no metadata', () => {
    const header = '{"__metadata__":null,"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const checkpoint = read(join(le(header.length, 8), header, floats(1, 2)));
    expect([...checkpoint.get('w').toFloat32()]).toEqual([1, 2]);
    expect(checkpoint.metadata.size).toBe(0);
    expect(() => read(safetensors.write([['w', entryOf(Float32Array.of(1), [1])]]), {at: 'model'})).toThrow(
      /nothing but tensors/,
    );
  });
});
