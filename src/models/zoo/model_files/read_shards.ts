/**
 * Checkpoints in several files, as Hugging Face lays them out: NAME.safetensors.index.json says in `weight_map` which
 * tensor is in which of the files NAME-0000i-of-0000n.safetensors beside it. Ours say more: `metadata.shards` has sha256
 * and bytes of each file, and the other strings of `metadata` are those that a single file has in its header.
 */

import {type Files, sibling} from '../../../files/files';
import {isSha256} from '../../../files/sha256';
import {FormatError} from '../../../util/errors';
import {Checkpoint, type CheckpointEntry, read, safetensors} from '../../checkpoints';

/** As much as the header of a single safetensors file may have. */
const MAX_INDEX_BYTES = 100_000_000;

export const INDEX_SUFFIX = '.safetensors.index.json';

interface ShardRow {
  readonly file: string;
  readonly tensors: readonly string[];
  readonly sha256?: string;
  readonly bytes?: number;
}

interface ShardIndex {
  readonly shards: readonly ShardRow[];
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads the index and every file that it names, one after the other; the tensors are windows into them.
 *
 * @param hash what the index must be
 * @returns what a single file with the same tensors and metadata would give
 * @throws FormatError for an index or a file that is not what it should be, or if they contradict each other;
 *   UnavailableError when one cannot be read
 */
export async function readShards(
  path: URL | string,
  hash: string | undefined,
  files: Files,
  onProgress: (fraction: number) => void,
): Promise<Checkpoint> {
  const text = await files.read(path, {
    advice: `Give the path of a ${INDEX_SUFFIX}.`,
    maxBytes: MAX_INDEX_BYTES,
    ...(hash !== undefined && {sha256: hash}),
  });
  const {shards, metadata} = parseIndex(text, path);
  // By bytes if the index tells them, else as if all files were of one size.
  const weights = shards.every(({bytes}) => bytes !== undefined)
    ? shards.map(({bytes}) => bytes!)
    : shards.map(() => 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const tensors: [string, CheckpointEntry][] = [];
  const noted = new Map<string, string>();
  let done = 0;
  for (const [i, shard] of shards.entries()) {
    const checkpoint = await readShard(path, shard, files, (fraction) =>
      onProgress((done + fraction * weights[i]!) / total),
    );
    done += weights[i]!;
    tensors.push(...checkpoint);
    for (const [key, value] of checkpoint.metadata) noted.set(key, value);
  }
  return new Checkpoint(tensors, {metadata: new Map([...noted, ...metadata])});
}

async function readShard(
  path: URL | string,
  {file, tensors, sha256: hash}: ShardRow,
  files: Files,
  onProgress: (fraction: number) => void,
): Promise<Checkpoint> {
  const bytes = await files.read(sibling(path, file), {
    advice: `${path} names it: put it in the same folder.`,
    onProgress,
    ...(hash !== undefined && {sha256: hash}),
  });
  const checkpoint = read(bytes, {formats: [safetensors], name: file});
  const missing = tensors.find((name) => !checkpoint.has(name));
  const needed = new Set(tensors);
  const extra = checkpoint.names().find((name) => !needed.has(name));
  if (missing === undefined && extra === undefined) return checkpoint;
  throw new FormatError(
    `loadModel: ${path} and ${file} contradict each other: ` +
      (missing === undefined
        ? `the file has a tensor ${JSON.stringify(extra)} that the index does not place there.`
        : `the index places a tensor ${JSON.stringify(missing)} in the file, which has none.`),
  );
}

function parseIndex(bytes: Uint8Array, path: URL | string): ShardIndex {
  const refuse = (problem: string): never => {
    throw new FormatError(`loadModel: ${path} is no index of .safetensors files: ${problem}.`);
  };
  const object = (value: unknown, what: string): Map<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? new Map(Object.entries(value))
      : refuse(`${what} is no object`);
  const index = object(parseJson(bytes) ?? refuse('it is not JSON'), 'it');
  const metadata = object(index.get('metadata') ?? {}, 'metadata');
  const rows = object(metadata.get('shards') ?? {}, 'metadata.shards');
  const tensors = new Map<string, string[]>();
  for (const [name, file] of object(index.get('weight_map'), 'weight_map')) {
    if (typeof file !== 'string' || !file.endsWith('.safetensors')) {
      return refuse(`the place of ${JSON.stringify(name)} is no .safetensors file`);
    }
    // Refused before any file is read.
    sibling(path, file);
    const names = tensors.get(file) ?? [];
    names.push(name);
    tensors.set(file, names);
  }
  if (tensors.size === 0) refuse('weight_map is empty');
  const shards = [...tensors].map(([file, names]): ShardRow => {
    const row = object(rows.get(file) ?? {}, `metadata.shards of ${file}`);
    const [hash, length] = [row.get('sha256'), row.get('bytes')];
    if (hash !== undefined && !isSha256(hash)) refuse(`the sha256 of ${file} is not 64 digits of 0-9a-f`);
    if (length !== undefined && !isLength(length)) refuse(`the bytes of ${file} are no whole number above 0`);
    return {
      file,
      tensors: names,
      ...(isSha256(hash) && {sha256: hash}),
      ...(isLength(length) && {bytes: length}),
    };
  });
  const texts = [...metadata].filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return {shards, metadata: new Map(texts)};
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes));
  } catch {
    return undefined;
  }
}

const isLength = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
