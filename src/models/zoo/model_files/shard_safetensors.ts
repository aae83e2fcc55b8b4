/** One checkpoint into several .safetensors files with their index, as shards.ts reads them. Writes to no disk. */

import {sha256} from '../../../files/sha256';
import {InvalidArgumentError} from '../../../util/errors';
import {checkOptions, optionNames} from '../../../util/names';
import {Checkpoint, type CheckpointEntry, read, safetensors} from '../../checkpoints';
import {INDEX_SUFFIX} from './read_shards';

export interface ShardOptions {
  /** So many bytes of tensors a file has at most; a larger tensor has a file of its own. */
  readonly maxBytes: number;
  /** What the files are called before the first dash or dot. Default: `model`. */
  readonly name?: string;
  /** String to string, such as `{network: NAME}`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const KNOWN = optionNames<ShardOptions>({maxBytes: true, name: true, metadata: true});

/** A file to be written. */
export interface ShardFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Divides tensors among several .safetensors files, with the index that `loadModel` takes: files of a size that servers and
 * repositories accept. Each is made when it is asked for, the index last, so that no more than one is in memory.
 *
 * @param source a whole .safetensors file, whose metadata goes into the index too, or tensors such as a `Checkpoint`
 * @throws InvalidArgumentError for a size that is no whole number above 0, or a name that is no plain file name;
 *   FormatError for bytes that are no .safetensors file
 *
 * ```ts
 * for await (const {name, bytes} of shardSafetensors(await readFile('x.safetensors'), {maxBytes: 2 ** 24}))
 *   await writeFile(name, bytes);
 * ```
 */
export async function* shardSafetensors(
  source: Uint8Array | Iterable<readonly [string, CheckpointEntry]>,
  options: ShardOptions,
): AsyncGenerator<ShardFile> {
  checkOptions('shardSafetensors', options, KNOWN);
  const {maxBytes, name = 'model', metadata = {}} = options;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new InvalidArgumentError(
      `shardSafetensors: maxBytes is ${maxBytes}; a whole number of at least 1 is needed.`,
    );
  }
  if (!/^\w[\w.-]*$/.test(name)) {
    throw new InvalidArgumentError(
      `shardSafetensors: ${JSON.stringify(name)} cannot begin file names; use letters, digits, dots and dashes.`,
    );
  }
  const entries = source instanceof Uint8Array ? read(source, {formats: [safetensors]}) : source;
  const notes = entries instanceof Checkpoint ? Object.fromEntries(entries.metadata) : {};
  const groups = divide(entries, maxBytes);
  const digits = (i: number) => String(i).padStart(5, '0');
  const shards: Record<string, {sha256: string; bytes: number}> = {};
  const places: [string, string][] = [];
  let total = 0;
  for (const [i, group] of groups.entries()) {
    const file = `${name}-${digits(i + 1)}-of-${digits(groups.length)}.safetensors`;
    const bytes = safetensors.write(group);
    shards[file] = {sha256: await sha256(bytes), bytes: bytes.length};
    for (const [tensor, {byteLength}] of group) {
      places.push([tensor, file]);
      total += byteLength;
    }
    yield {name: file, bytes};
  }
  const index = {
    metadata: {...notes, ...metadata, total_size: total, shards},
    weight_map: Object.fromEntries(places),
  };
  yield {name: name + INDEX_SUFFIX, bytes: new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`)};
}

/** In their order, as many to a file as it may hold. */
function divide(entries: Iterable<readonly [string, CheckpointEntry]>, maxBytes: number) {
  const groups: (readonly [string, CheckpointEntry])[][] = [];
  let room = 0;
  for (const pair of entries) {
    const {byteLength} = pair[1];
    if (groups.length === 0 || byteLength > room) {
      groups.push([]);
      room = maxBytes;
    }
    groups.at(-1)!.push(pair);
    room -= byteLength;
  }
  return groups;
}
