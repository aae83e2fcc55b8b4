/** The standard input as a file: a video is sought in and read more than once. */
import {createWriteStream, mkdtempSync, rmSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {UnavailableError} from '../../util/errors';

export interface TemporaryFile {
  readonly path: string;
  remove(): Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Reads to the end. The file is gone with the process, if not before, also when that is told to end.
 *
 * @throws UnavailableError when reading or writing fails
 */
export async function fileOf(stdin: AsyncIterable<Uint8Array>): Promise<TemporaryFile> {
  // Made last of all, so that no signal comes between the folder and who removes it.
  let folder: string | undefined;
  const removeAtExit = () => {
    if (folder) rmSync(folder, {recursive: true, force: true});
  };
  const removeAtSignal = (signal: NodeJS.Signals) => {
    removeAtExit();
    // Without this listener the signal does what it always does.
    process.kill(process.pid, signal);
  };
  process.once('exit', removeAtExit);
  for (const signal of SIGNALS) process.once(signal, removeAtSignal);
  const remove = async () => {
    process.off('exit', removeAtExit);
    for (const signal of SIGNALS) process.off(signal, removeAtSignal);
    if (folder) await rm(folder, {recursive: true, force: true});
  };
  try {
    folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-'));
    // Errors about the video will say this.
    const path = join(folder, 'standard input');
    await pipeline(stdin, createWriteStream(path));
    return {path, remove};
  } catch (error) {
    await remove();
    throw new UnavailableError(`cannot keep the standard input: ${(error as Error).message}`, {cause: error});
  }
}
