/** Writing of result files: whole or not at all. A reader never sees half a file, and a failure leaves nothing behind. */
import {mkdir, open, rename, rm, rmdir, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {StsError, UnavailableError} from '../util/errors';

/**
 * Writes a file under a temporary name beside its own and renames it; an older file of that name is replaced. The folder
 * is made if need be, and taken away again if writing fails.
 *
 * @param parts what to write, one after the other; a part is written before the next one is asked for
 * @returns the path of the file
 * @throws UnavailableError when that does not work; what making a part throws, if it is an error of ours
 */
export async function writeWhole(folder: string, name: string, parts: Iterable<Uint8Array>): Promise<string> {
  const path = join(folder, name);
  const temporary = join(folder, `.${name}.${process.pid}.tmp`);
  let made: string | undefined;
  try {
    made = await mkdir(folder, {recursive: true});
    await writeThrough(temporary, parts);
    await rename(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, {force: true}).catch(() => {});
    if (made !== undefined) await removeEmpty(folder, made);
    // Parts may be made while they are written, of what turns out to be damaged.
    if (error instanceof StsError) throw error;
    throw new UnavailableError(`cannot write '${path}': ${(error as Error).message}`, {cause: error});
  }
}

/** A rename is only as good as what is on the disk: flush before it. */
async function writeThrough(path: string, parts: Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'w');
  try {
    await writeFile(file, parts);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes `folder` and those above it down from `top`, as far as nothing is in them. */
async function removeEmpty(folder: string, top: string): Promise<void> {
  try {
    for (let current = folder; ; current = dirname(current)) {
      await rmdir(current);
      if (current === top || current === dirname(current)) return;
    }
  } catch {
    // Something else is in there by now, and stays.
  }
}
