/**
 * Damaged files: 10,000 seeded mutations of real files per format. Each is refused with a FormatError or read
 * correctly. What "correctly" can mean depends on the format:
 * - zip has checksums: whatever is accepted equals the original, extra data included;
 * - safetensors has none: whatever is accepted is what JSON.parse and plain offsets find in the mutated file;
 * - legacy has none either: names, types, shapes and sizes of whatever is accepted are consistent, and a changed data
 *   byte changes the one value that it belongs to.
 */
import {describe, expect, it} from 'vitest';
import {type Checkpoint, CheckpointEntry} from '../../../src/models/checkpoints/checkpoint';
import {isCheckpointDtype, itemBytes} from '../../../src/models/checkpoints/dtypes';
import type {CheckpointFormat} from '../../../src/models/checkpoints/formats/format';
import {pytorchLegacy} from '../../../src/models/checkpoints/formats/pytorch/legacy_file';
import {pytorchZip} from '../../../src/models/checkpoints/formats/pytorch/zip_file';
import {safetensors} from '../../../src/models/checkpoints/formats/safetensors/safetensors';
import {FormatError} from '../../../src/util/errors';
import {readGolden} from '../../support/golden';
import {dict, floats, legacyFile, op, storage, tensor} from './support';

const MUTATIONS = 10_000;

/** Mulberry32: a seeded source of whole numbers below a bound. */
function randomSource(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

type Random = ReturnType<typeof randomSource>;
type Mutation = (file: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const INTERESTING = [
  0, 1, 2, 0x0a, 0x20, 0x22, 0x28, 0x2e, 0x30, 0x39, 0x5b, 0x7b, 0x7d, 0x7f, 0x80, 0x95, 0xfe, 0xff,
];

function replaced(file: Uint8Array, at: number, removed: number, inserted: ArrayLike<number>): Uint8Array {
  const out = new Uint8Array(file.length - removed + inserted.length);
  out.set(file.subarray(0, at));
  out.set(inserted, at);
  out.set(file.subarray(at + removed), at + inserted.length);
  return out;
}

function overwritten(file: Uint8Array, at: number, values: ArrayLike<number>): Uint8Array {
  const out = file.slice();
  for (let i = 0; i < values.length && at + i < out.length; i++) out[at + i] = values[i]!;
  return out;
}

const MUTATORS: readonly Mutation[] = [
  function flipBits(file, random) {
    const out = file.slice();
    for (let n = random(4); n >= 0; n--) {
      const at = random(out.length);
      out[at] = out[at]! ^ (1 << random(8));
    }
    return out;
  },
  (file, random) => overwritten(file, random(file.length), [INTERESTING[random(INTERESTING.length)]!]),
  (file, random) =>
    overwritten(file, random(file.length), new Array<number>(1 + random(8)).fill(random(2) * 255)),
  (file, random) =>
    replaced(
      file,
      random(file.length),
      0,
      Array.from({length: 1 + random(8)}, () => random(256)),
    ),
  (file, random) => {
    const at = random(file.length);
    return replaced(file, at, Math.min(1 + random(16), file.length - at), []);
  },
  (file, random) => file.slice(0, random(file.length)),
  function spliceWithin(file, random, other) {
    const source = random(2) === 0 ? file : other;
    const from = random(source.length);
    const chunk = source.slice(from, from + 1 + random(64));
    const at = random(file.length);
    return random(2) === 0 ? overwritten(file, at, chunk) : replaced(file, at, 0, chunk);
  },
  function joinHalves(file, random, other) {
    const cut = random(file.length);
    return replaced(file.subarray(0, cut), cut, 0, other.subarray(random(other.length)));
  },
];

/** Reads every tensor of every mutation; `check` judges what is accepted. Returns how often either happened. */
function fuzz(
  format: CheckpointFormat,
  bases: readonly Uint8Array[],
  seed: number,
  check: (checkpoint: Checkpoint, file: Uint8Array, base: Uint8Array) => void,
) {
  const random = randomSource(seed);
  const counts = {accepted: 0, refused: 0};
  for (let i = 0; i < MUTATIONS; i++) {
    const base = bases[i % bases.length]!;
    const other = bases[random(bases.length)]!;
    let file = base;
    for (let n = random(3); n >= 0; n--)
      file = MUTATORS[random(MUTATORS.length)]!(file.length > 0 ? file : base, random, other);
    const checkpoint = attempt(format, file, `mutation ${i} of seed ${seed}`);
    counts[checkpoint ? 'accepted' : 'refused']++;
    if (checkpoint) check(checkpoint, file, base);
  }
  return counts;
}

function attempt(format: CheckpointFormat, file: Uint8Array, what: string): Checkpoint | null {
  try {
    format.canRead(file);
    return format.read(file);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw new Error(`${what}: ${String(error)}`, {cause: error});
  }
}

/** Names, types, shapes and sizes agree, every value can be read, and no tensor is larger than a file can justify. */
function expectConsistent(checkpoint: Checkpoint, file: Uint8Array): void {
  let beyondFile = 0;
  for (const [name, entry] of checkpoint) {
    const size = entry.shape.reduce((product, length) => product * length, 1);
    const whole = entry.shape.every((length) => Number.isSafeInteger(length) && length >= 0);
    const bytes = entry.bytes().length;
    const consistent =
      typeof name === 'string' &&
      isCheckpointDtype(entry.dtype) &&
      whole &&
      entry.size === size &&
      bytes === size * itemBytes(entry.dtype) &&
      entry.toFloat32().length === size;
    if (!consistent) expect([name, entry.dtype, entry.shape, bytes]).toBe('consistent');
    beyondFile += Math.max(bytes - file.length, 0);
  }
  expect(beyondFile).toBeLessThanOrEqual(64 * 2 ** 20);
}

/** Everything a checkpoint holds as text. */
function contents(checkpoint: Checkpoint): string {
  const tensors = [...checkpoint].map(([name, entry]) => `${name} ${tensorText(entry)}`);
  return JSON.stringify([tensors, plain(checkpoint.extra)]);
}

function tensorText(entry: CheckpointEntry): string {
  return `${entry.dtype} ${entry.shape} ${entry.bytes()}`;
}

function plain(value: unknown): unknown {
  if (value instanceof CheckpointEntry) return tensorText(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Map) return ['dict', [...value].map(plain)];
  if (value instanceof Set || value instanceof Uint8Array) return ['set or bytes', [...value].map(plain)];
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'object' && value !== null ? Object.entries(value).map(plain) : value;
}

describe('10,000 mutations per format', () => {
  it('zip: refused, or equal to the original', async () => {
    const files = ['zoo_zip.pth', 'torch2_zoo_zip.pth', 'evil_zip_proto4.pth'];
    const bases = await Promise.all(files.map((file) => readGolden(`checkpoints/${file}`)));
    const originals = new Map(bases.slice(0, 2).map((base) => [base, contents(pytorchZip.read(base))]));
    const known = new Set(originals.values());
    const counts = fuzz(pytorchZip, bases, 101, (checkpoint) => {
      if (!known.has(contents(checkpoint))) expect(contents(checkpoint)).toBe('the original');
    });
    expect(counts.accepted).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(4000);
  });

  it('legacy: refused, or consistent', async () => {
    const files = ['zoo_legacy.pth', 'zoo_legacy.pth', 'evil_legacy.pth'];
    const bases = await Promise.all(files.map((file) => readGolden(`checkpoints/${file}`)));
    const counts = fuzz(pytorchLegacy, bases, 202, expectConsistent);
    expect(counts.accepted).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(4000);
  });

  it('safetensors: refused, or what plain offsets find', async () => {
    const zoo = await readGolden('checkpoints/zoo.safetensors');
    const bases = [zoo, safetensors.write(safetensors.read(zoo))];
    const counts = fuzz(safetensors, bases, 303, (checkpoint, file) => {
      expectConsistent(checkpoint, file);
      const start = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
      const header: Record<string, {dtype: string; shape: number[]; data_offsets: [number, number]}> =
        JSON.parse(new TextDecoder().decode(file.subarray(8, start)));
      for (const [name, entry] of checkpoint) {
        const {dtype, shape, data_offsets} = header[name]!;
        const bytes = file.subarray(start + data_offsets[0], start + data_offsets[1]);
        const same =
          entry.dtype === dtype && `${entry.shape}` === `${shape}` && `${entry.bytes()}` === `${bytes}`;
        if (!same) expect(tensorText(entry)).toBe(`${dtype} ${shape} ${bytes}`);
      }
      const described = Object.keys(header).filter((name) => name !== '__metadata__');
      expect(checkpoint.tensors.size).toBe(described.length);
    });
    expect(counts.accepted).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(4000);
  });
});

describe('damage inside the data', () => {
  it('legacy and safetensors: a changed byte changes its own value and no other', () => {
    const values = floats(...Array.from({length: 12}, (_, i) => i + 0.5));
    const whole = tensor(storage({key: '1', count: 12}), 0, [3, 4], [4, 1]);
    const turned = tensor(storage({key: '1', count: 12}), 0, [4, 3], [1, 4]);
    const legacy = legacyFile(dict({whole, turned, note: op.none}), [{key: '1', count: 12, bytes: values}]);
    const flat = safetensors.write([['whole', new CheckpointEntry('F32', [3, 4], () => values)]]);
    for (const [format, file] of [
      [pytorchLegacy, legacy],
      [safetensors, flat],
    ] as const) {
      const start = file.length - values.length;
      for (let at = start; at < file.length; at++) {
        const damaged = overwritten(file, at, [file[at]! ^ 0x10]);
        const checkpoint = format.read(damaged);
        expect(checkpoint.get('whole').bytes()).toEqual(damaged.subarray(start));
        if (checkpoint.has('turned')) {
          expect(checkpoint.get('turned').transpose([1, 0]).bytes()).toEqual(damaged.subarray(start));
        }
      }
    }
  });

  it('zip: a single flipped bit is noticed, of every second byte or so', async () => {
    const file = await readGolden('checkpoints/torch2_zoo_zip.pth');
    const original = contents(pytorchZip.read(file));
    let noticed = 0;
    for (let bit = 0; bit < file.length * 8; bit += 11) {
      const damaged = overwritten(file, bit >>> 3, [file[bit >>> 3]! ^ (1 << (bit & 7))]);
      const checkpoint = attempt(pytorchZip, damaged, `bit ${bit}`);
      if (checkpoint === null) noticed++;
      else if (contents(checkpoint) !== original) expect(bit).toBe('harmless');
    }
    expect(noticed).toBeGreaterThan(1500);
  });
});
