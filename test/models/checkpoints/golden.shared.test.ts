/**
 * Every file of test/golden/checkpoints: files that PyTorch wrote equal the values that PyTorch gave, bit for bit, and
 * the hostile ones are refused with nothing run.
 */
import {afterEach, describe, expect, it, vi} from 'vitest';
import {type Checkpoint, CheckpointEntry, read} from '../../../src/models/checkpoints';
import {
  GlobalRef,
  isTuple,
  PickledObject,
} from '../../../src/models/checkpoints/formats/pickle/python_values';
import {FormatError} from '../../../src/util/errors';
import {readGolden, readGoldenJson} from '../../support/golden';

const ZOO = ['zoo_zip.pth', 'zoo_legacy.pth', 'torch2_zoo_zip.pth'];

const SAME: readonly (readonly [string, string])[] = [
  ['mmaction_tiny_slowonly.pth', 'mmaction_tiny_slowonly.safetensors'],
  ['mmaction_tiny_slowonly_legacy.pth', 'mmaction_tiny_slowonly.safetensors'],
  ['torch2_mmaction_tiny_slowonly.pth', 'mmaction_tiny_slowonly.safetensors'],
  ['timm_tiny_x3d.pth.tar', 'timm_tiny_x3d.safetensors'],
  ['timm_tiny_x3d_clean_legacy.pth', 'timm_tiny_x3d.safetensors'],
  ...ZOO.map((file) => [file, 'zoo.safetensors'] as const),
];

const HOSTILE = new Map([
  ['evil_zip.pth', 'posix.system'],
  ['evil_zip_proto4.pth', 'posix.system'],
  ['evil_legacy.pth', 'posix.system'],
  ['evil_raw.pkl', 'os.system'],
  ['evil_eval.pkl', 'builtins.eval'],
  ['bad_out_of_bounds.pth', 'runs out of its 4 elements'],
  ['bad_truncated.pth', 'truncated'],
]);

async function golden(file: string): Promise<Checkpoint> {
  return read(await readGolden(`checkpoints/${file}`));
}

/** The tensors of a safetensors file by JSON.parse and plain offsets, sharing nothing with the reader under test. */
async function naiveSafetensors(file: string) {
  const bytes = await readGolden(`checkpoints/${file}`);
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header: Record<string, {dtype: string; shape: number[]; data_offsets: [number, number]}> = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)),
  );
  delete header.__metadata__;
  return new Map(
    Object.entries(header).map(([name, {dtype, shape, data_offsets}]) => {
      const [begin, end] = data_offsets.map((offset) => 8 + headerLength + offset) as [number, number];
      return [name, {dtype, shape, bytes: bytes.slice(begin, end)}];
    }),
  );
}

describe('golden checkpoints', () => {
  it.each(SAME)('%s equals %s bit for bit', async (file, reference) => {
    const [checkpoint, expected] = [await golden(file), await naiveSafetensors(reference)];
    expect(checkpoint.names().sort()).toEqual([...expected.keys()].sort());
    for (const [name, {dtype, shape, bytes}] of expected) {
      const entry = checkpoint.get(name);
      expect([name, ...entry.shape]).toEqual([name, ...shape]);
      if (entry.dtype === 'BF16') {
        expect(dtype).toBe('F32');
        expect(new Uint8Array(entry.toFloat32().buffer)).toEqual(bytes);
      } else {
        expect([name, entry.dtype]).toEqual([name, dtype]);
        expect(entry.bytes()).toEqual(bytes);
      }
    }
  });

  it.each([...new Set(SAME.map(([, reference]) => reference))])('%s reads as it says', async (file) => {
    const [checkpoint, expected] = [await golden(file), await naiveSafetensors(file)];
    expect(checkpoint.names()).toEqual([...expected.keys()]);
    for (const [name, {dtype, shape, bytes}] of expected) {
      expect(checkpoint.get(name)).toMatchObject({dtype, shape});
      expect(checkpoint.get(name).bytes()).toEqual(bytes);
    }
  });

  it('covers every file of the folder', async () => {
    const listed = Object.keys((await readGoldenJson<{files: object}>('checkpoints/manifest.json')).files);
    const torch2 = Object.keys(
      (await readGoldenJson<{files: object}>('checkpoints/manifest_torch2.json')).files,
    );
    const covered = [...SAME.flat(), ...HOSTILE.keys()];
    expect([...new Set(covered)].sort()).toEqual([...listed, ...torch2].sort());
  });

  it('keeps the order of the state dict', async () => {
    const names = (await golden('mmaction_tiny_slowonly.pth')).names();
    expect(names.slice(0, 3)).toEqual([
      'backbone.conv1.conv.weight',
      'backbone.conv1.bn.weight',
      'backbone.conv1.bn.bias',
    ]);
    expect((await golden('mmaction_tiny_slowonly_legacy.pth')).names()).toEqual(names);
    expect((await golden('torch2_mmaction_tiny_slowonly.pth')).names()).toEqual(names);
  });

  it('gives the metadata of safetensors', async () => {
    const {metadata} = await golden('zoo.safetensors');
    expect([...metadata]).toEqual([['note', 'contiguous values; bf16 is given as float32']]);
  });
});

describe('what else a PyTorch file holds', () => {
  it.each(ZOO)('%s: containers, scalars and harmless objects', async (file) => {
    const extra = (await golden(file)).extra as Map<string, unknown>;
    expect(extra.has('state_dict')).toBe(false);
    expect(extra.get('list')).toEqual([1, 2.5, 'three', null, true, false]);
    expect(extra.get('tuple')).toEqual([1, [2, [3, 4], []]]);
    expect(isTuple(extra.get('tuple'))).toBe(true);
    expect(extra.get('big_int')).toBe(2n ** 70n);
    expect(extra.get('neg_int')).toBe(-5);
    expect(extra.get('bytes')).toEqual(new Uint8Array([0, 255]));
    expect(extra.get('unicode')).toBe('h\u00e9llo \u4e16\u754c');
    expect(extra.get('size')).toEqual([2, 3]);
    expect(extra.get('set')).toEqual(new Set([1, 2]));
    expect(extra.get('device')).toEqual(new PickledObject(new GlobalRef('torch', 'device'), ['cpu']));
    expect(extra.get('dtype')).toEqual(new GlobalRef('torch', 'float32'));
    expect(extra.get('self_ref_list')).toEqual([]);
    expect(extra.get('numpy_scalar')).toBe(76.8);
    const namespace = extra.get('namespace') as PickledObject;
    expect(namespace.type.key).toBe('argparse Namespace');
    expect(namespace.state).toEqual(
      new Map<string, unknown>([
        ['a', 1],
        ['b', 'x'],
      ]),
    );
    const [first, second] = extra.get('same_tensor_twice') as CheckpointEntry[];
    expect(first).toBeInstanceOf(CheckpointEntry);
    expect(second).toBe(first);
  });

  it('the notes of the training program', async () => {
    const mmaction = (await golden('mmaction_tiny_slowonly.pth')).extra as Map<string, Map<string, unknown>>;
    const manifest = await readGoldenJson<{files: Record<string, {meta: object}>}>(
      'checkpoints/manifest.json',
    );
    const {hook_msgs, ...meta} = Object.fromEntries(mmaction.get('meta')!);
    expect({...meta, hook_msgs: Object.fromEntries(hook_msgs as Map<string, unknown>)}).toEqual(
      manifest.files['mmaction_tiny_slowonly.pth']!.meta,
    );
    const momentum = mmaction.get('optimizer')!.get('state') as Map<number, Map<string, unknown>>;
    expect(momentum.get(0)!.get('momentum_buffer')).toBeInstanceOf(CheckpointEntry);
    const timm = (await golden('timm_tiny_x3d.pth.tar')).extra as Map<string, unknown>;
    expect([timm.get('epoch'), timm.get('metric'), timm.get('arch')]).toEqual([7, 12.5, 'v3d_x3d_s_224']);
    expect((await golden('timm_tiny_x3d_clean_legacy.pth')).extra).toBeNull();
  });
});

describe('hostile and broken files', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([...HOSTILE])('%s is refused, saying %s, and nothing runs', async (file, reason) => {
    const bytes = await readGolden(`checkpoints/${file}`);
    const runners = [
      vi.spyOn(globalThis, 'eval'),
      vi.spyOn(globalThis, 'Function'),
      vi.spyOn(globalThis, 'fetch'),
    ];
    let error: unknown;
    try {
      read(bytes);
    } catch (thrown) {
      error = thrown;
    }
    for (const runner of runners) expect(runner).not.toHaveBeenCalled();
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toContain(reason);
  });

  it('an unknown format lists the known ones', () => {
    expect(() => read(new Uint8Array([1, 2, 3]))).toThrow(
      /3 bytes beginning with 01 02 03 .*safetensors, PyTorch \(zip\), PyTorch \(legacy\)/,
    );
    expect(() => read(new Uint8Array(0))).toThrow(FormatError);
  });

  it('only the formats asked for are tried', async () => {
    const bytes = await readGolden('checkpoints/zoo_zip.pth');
    expect(() => read(bytes, {formats: []})).toThrow(FormatError);
  });

  it('takes an ArrayBuffer, and refuses what is no bytes', async () => {
    const bytes = await readGolden('checkpoints/zoo.safetensors');
    expect(read(bytes.slice().buffer as ArrayBuffer).tensors.size).toBe(21);
    expect(() => read('zoo.pth' as unknown as Uint8Array)).toThrow(/neither a Uint8Array nor an ArrayBuffer/);
  });
});
