/**
 * The way back to PyTorch: the authors' files and state dicts (test/golden/checkpoints, test/golden/state_dicts.json) go
 * into networks and come out the same, key by key and bit by bit.
 */
import {beforeAll, describe, expect, it} from 'vitest';
import {
  assign,
  Checkpoint,
  type CheckpointEntry,
  entryOf,
  names,
  read,
  safetensors,
  toTorch,
} from '../../../src/models/checkpoints';
import {createNetwork} from '../../../src/networks';
import {sizeOf} from '../../../src/util/shapes';
import {startBackend} from '../../support/backends';
import {bitsAt, hashOf} from '../../support/fill';
import {readGolden, readGoldenJson} from '../../support/golden';

const {mmaction2, renamed, timm} = names;

beforeAll(() => startBackend('cpu'));

/**
 * Types, shapes and bytes, by key. The bytes are compared by hand: the matcher takes minutes for millions.
 *
 * @param most elements of a tensor whose bytes are compared: larger ones go the same way as smaller ones of their stage
 */
function expectSame(
  found: Checkpoint,
  expected: Iterable<[string, CheckpointEntry]>,
  most = Number.POSITIVE_INFINITY,
): void {
  const rows = new Map(expected);
  expect([...found.names()].sort()).toEqual([...rows.keys()].sort());
  const different = [...rows].filter(([key, entry]) => {
    const other = found.get(key);
    const isAlike = other.dtype === entry.dtype && other.shape.join() === entry.shape.join();
    return !isAlike || (entry.size <= most && Buffer.compare(other.bytes(), entry.bytes()) !== 0);
  });
  expect(different.map(([key]) => key)).toEqual([]);
}

describe('checkpoint files', () => {
  it.each([
    {
      network: 'slowonly_tiny_sts',
      options: {path: {channels: 4, stemTaps: 1, taps: [1, 1, 3, 3]}},
      map: mmaction2.slowOnly(),
      files: [
        'mmaction_tiny_slowonly.pth',
        'mmaction_tiny_slowonly_legacy.pth',
        'mmaction_tiny_slowonly.safetensors',
      ],
    },
    {
      network: 'x3d_tiny',
      options: {frames: 1, height: 32, width: 32, hidden: 32, hiddenBias: true},
      map: timm.x3d(),
      files: ['timm_tiny_x3d.pth.tar', 'timm_tiny_x3d_clean_legacy.pth', 'timm_tiny_x3d.safetensors'],
    },
  ])('$network comes back from safetensors as it was', async ({network, options, map, files}) => {
    for (const file of files) {
      const original = read(await readGolden(`checkpoints/${file}`));
      const model = createNetwork(network, {classes: 5, weightless: true, ...options});
      assign(model, renamed(original, map));
      const state = await toTorch(model, map, {original});
      model.dispose();
      expectSame(read(safetensors.write(state)), original);
    }
  });
});

type StateDict = Record<string, number[]>;

const FAMILIES = {
  slowfast_r50_4x16: 'slowFast',
  slowfast_r50_8x8: 'slowFast',
  slowonly_r50_8x8: 'slowOnly',
  r2plus1d_r34_8x8: 'r2plus1d',
  ircsn_r50: 'csn',
  x3d_s: 'x3d',
} as const;
type Network = keyof typeof FAMILIES;

const golden =
  await readGoldenJson<Record<'video_k400' | 'image', Record<Network, StateDict>>>('state_dicts.json');

/** Values without a pattern; as many as a prime number, so that no axis of a tensor goes round with them. */
const noise = Float32Array.from({length: 65537}, (_, i) => bitsAt(1, i) / 2 ** 32);

/** The noise again and again, from somewhere on: 30 million values one by one would take most of the test's time. */
function noiseFrom(key: string, size: number): Float32Array {
  const values = new Float32Array(size);
  for (let at = 0, from = hashOf(key) % noise.length; at < size; from = 0) {
    const part = noise.subarray(from, from + size - at);
    values.set(part, at);
    at += part.length;
  }
  return values;
}

/** Tensors of a state dict. The list has no counts of batches: in PyTorch one follows each running_var. */
function filled(keys: StateDict): [string, CheckpointEntry][] {
  return Object.entries(keys).flatMap(([key, shape]) => {
    const values = noiseFrom(key, sizeOf(shape));
    const row: [string, CheckpointEntry] = [key, entryOf(values, shape)];
    if (!key.endsWith('.running_var')) return [row];
    const count = key.replace(/running_var$/, 'num_batches_tracked');
    return [row, [count, entryOf(new BigInt64Array(1), [])]] as [string, CheckpointEntry][];
  });
}

describe('state dicts', () => {
  // The other SlowFast has the same modules, and so have images of R(2+1)D and SlowOnly, those of SlowFast; names.test.ts has the keys of all.
  const video: Network[] = ['slowfast_r50_8x8', 'slowonly_r50_8x8', 'r2plus1d_r34_8x8', 'ircsn_r50', 'x3d_s'];
  const image: Network[] = ['slowfast_r50_8x8', 'ircsn_r50', 'x3d_s'];
  const cases = [
    ...video.map((name) => ({name, map: mmaction2[FAMILIES[name]](), keys: golden.video_k400[name]})),
    ...image.map((name) => ({
      name: `${name}_image`,
      map: timm[FAMILIES[name]](),
      keys: golden.image[name],
    })),
  ];

  it.each(cases)('$name comes back with every key', async ({name, map, keys}) => {
    const original = new Checkpoint(filled(keys));
    const model = createNetwork(name, {height: 32, width: 32, weightless: true});
    assign(model, renamed(original, map));
    const state = await toTorch(model, map);
    model.dispose();
    expectSame(state, original, 300_000);
  });
});

describe('toTorch', () => {
  it('keeps the tensors of a module together, in the order of PyTorch', async () => {
    const model = createNetwork('slowonly_tiny', {weightless: true});
    const keys = (await toTorch(model, mmaction2.slowOnly())).names();
    model.dispose();
    const at = keys.indexOf('backbone.layer1.0.conv1.bn.weight');
    expect(keys.slice(at, at + 5).map((key) => key.slice('backbone.layer1.0.conv1.bn.'.length))).toEqual([
      'weight',
      'bias',
      'running_mean',
      'running_var',
      'num_batches_tracked',
    ]);
  });

  it('takes counts over from the original, and writes none where that has none', async () => {
    const model = createNetwork('slowonly_tiny', {weightless: true});
    const key = 'backbone.conv1.bn.num_batches_tracked';
    const original = new Checkpoint([[key, entryOf(BigInt64Array.of(1234567890123n), [])]]);
    const state = await toTorch(model, mmaction2.slowOnly(), {original});
    model.dispose();
    expect(state.names().filter((name) => name.endsWith('tracked'))).toEqual([key]);
    expect([...state.get(key).values()]).toEqual([1234567890123n]);
  });

  it('refuses the map of another family, naming the weights', async () => {
    const model = createNetwork('slowonly_tiny', {weightless: true});
    await expect(toTorch(model, mmaction2.slowFast())).rejects.toThrow(
      /toTorch: the name map has no key for \d+ weights of the model, such as conv1\/kernel.*own family/,
    );
    model.dispose();
  });
});
