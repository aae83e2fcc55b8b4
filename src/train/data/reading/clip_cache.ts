/**
 * Short videos kept decoded on disk between epochs and runs, one file each: a header and the bytes of the frames. Files are written
 * under a name of their own and renamed, so several programs may share a folder and none sees half a file; when all files
 * together grow beyond the limit, those used longest ago are deleted. Node only.
 */
import {writeWhole} from '../../../files/write_file';
import {InvalidArgumentError} from '../../../util/errors';
import type {SeekableVideo} from '../../../video/clips';
import type {ByteClip} from '../../augment';
import type {Reading} from './items';

const files = () => process.getBuiltinModule('node:fs/promises');
const paths = () => process.getBuiltinModule('node:path');

/** Four words of 32 bits: what it is, frames, height, width. */
const HEADER_BYTES = 16;
const MAGIC = 0x31435354;
const ENDING = '.clip';

/** Of the limit, what a single video may take: longer ones are read from their file each time. */
const LARGEST_SHARE = 1 / 8;

/** The file's name depends on whatever decides its frames: the video, how it lies on disk, the size asked for. */
async function placeOf(path: string, {cache, decodedSize}: Reading): Promise<string> {
  const {size, mtimeMs} = await files().stat(path);
  const {createHash} = process.getBuiltinModule('node:crypto');
  const identity = JSON.stringify([paths().resolve(path), size, mtimeMs, decodedSize ?? null]);
  const name = createHash('sha256').update(identity).digest('hex').slice(0, 40);
  return paths().join(cache!.folder, `${name}${ENDING}`);
}

/**
 * Frames of a video from the cache.
 *
 * @param choose which ones, given how many there are
 * @returns undefined if the video is not there, or its file is not what it should be
 */
export async function cachedVideo(
  path: string,
  reading: Reading,
  choose: (total: number) => readonly number[],
): Promise<ByteClip | undefined> {
  const file = await placeOf(path, reading)
    .then((place) => files().open(place, 'r'))
    .catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const header = new Uint32Array(HEADER_BYTES / 4);
    await file.read(header, 0, HEADER_BYTES, 0);
    const [magic, frames, height, width] = header as unknown as [number, number, number, number];
    const length = width * height * 3;
    const {size} = await file.stat();
    if (magic !== MAGIC || frames < 1 || size !== HEADER_BYTES + frames * length) return undefined;
    const chosen = choose(frames);
    const data = new Uint8Array(chosen.length * length);
    for (const [i, index] of chosen.entries()) {
      const {bytesRead} = await file.read(data, i * length, length, HEADER_BYTES + index * length);
      if (bytesRead !== length) return undefined;
    }
    const now = new Date();
    await file.utimes(now, now).catch(() => {});
    return {data, frames: chosen.length, height, width};
  } catch (error) {
    // What `choose` refuses is the caller's concern; what cannot be read is as good as not there.
    if (error instanceof InvalidArgumentError) throw error;
    return undefined;
  } finally {
    await file.close();
  }
}

/**
 * Decodes a video and keeps it, if it is short enough.
 *
 * @returns all of its frames, or undefined for a video that is too long
 */
export async function keepVideo(
  path: string,
  video: SeekableVideo,
  reading: Reading,
): Promise<ByteClip | undefined> {
  const {bytes} = reading.cache!;
  const {width, height} = video.info;
  const most = Math.floor((bytes * LARGEST_SHARE) / (width * height * 3));
  if ((await video.countFrames()) > most) return undefined;
  const frames: Uint8Array[] = [];
  for await (const {data} of video.frames()) {
    frames.push(data);
    // The container may have said fewer than there are.
    if (frames.length > most) return undefined;
  }
  if (frames.length === 0) return undefined;
  const clip = {data: new Uint8Array(Buffer.concat(frames)), frames: frames.length, height, width};
  await write(await placeOf(path, reading), clip, reading.cache!);
  return clip;
}

async function write(
  place: string,
  {data, frames, height, width}: ByteClip,
  {folder, bytes}: NonNullable<Reading['cache']>,
): Promise<void> {
  try {
    await files().mkdir(folder, {recursive: true});
    await makeRoom(folder, bytes - data.length - HEADER_BYTES);
    const header = new Uint8Array(Uint32Array.of(MAGIC, frames, height, width).buffer);
    await writeWhole(folder, paths().basename(place), [header, data]);
  } catch {
    // A cache that cannot be written to, on a full disk for instance, must not end a run.
  }
}

/** Half-written files that nobody will finish are deleted after so many milliseconds. */
const ABANDONED_AFTER = 3_600_000;

/** Deletes what was used longest ago until what remains fits. */
async function makeRoom(folder: string, bytes: number): Promise<void> {
  const {readdir, rm, stat} = files();
  const found = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = paths().join(folder, name);
      const status = await stat(path).catch(() => undefined);
      return {path, size: status?.size ?? 0, used: status?.mtimeMs ?? 0};
    }),
  );
  const now = Date.now();
  const left = found.filter(({path, used}) => path.endsWith('.tmp') && now - used > ABANDONED_AFTER);
  const kept = found.filter(({path}) => path.endsWith(ENDING)).sort((a, b) => a.used - b.used);
  let total = kept.reduce((sum, {size}) => sum + size, 0);
  for (const {path, size} of kept) {
    if (total <= bytes) break;
    left.push({path, size, used: 0});
    total -= size;
  }
  await Promise.all(left.map(({path}) => rm(path, {force: true})));
}
