/** The standard input as a file: a video is sought in and read more than once. */
import {createWriteStream, rmSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {UnavailableError} from '../util/errors';

export interface TemporaryFile {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Reads to the end. The file is gone with the process, if not before.
 *
 * @throws UnavailableError when reading or writing fails
 */
export async function fileOf(stdin: AsyncIterable<Uint8Array>): Promise<TemporaryFile> {
  const folder = await mkdtemp(join(tmpdir(), 'tfjs-sts-'));
  const removeAtExit = () => rmSync(folder, {recursive: true, force: true});
  process.once('exit', removeAtExit);
  const remove = async () => {
    process.off('exit', removeAtExit);
    await rm(folder, {recursive: true, force: true});
  };
  // Errors about the video will say this.
  const path = join(folder, 'standard input');
  try {
    await pipeline(stdin, createWriteStream(path));
    return {path, remove};
  } catch (error) {
    await remove();
    throw new UnavailableError(`cannot keep the standard input: ${(error as Error).message}`, {cause: error});
  }
}
