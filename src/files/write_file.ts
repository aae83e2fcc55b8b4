/**
 * Writing of result files: whole or not at all. A reader never sees half a file, and a failure leaves nothing behind. Node
 * is asked for its modules when a file is written instead of importing them, which a bundler would follow.
 */
import {StsError, UnavailableError} from '../util/errors';

type Parts = Iterable<Uint8Array>;

const files = () => process.getBuiltinModule('node:fs/promises');
const paths = () => process.getBuiltinModule('node:path');

/** What lies at a path; undefined for nothing, or nothing that one may see. */
const lies = (path: string) =>
  files()
    .stat(path)
    .catch(() => undefined);

/**
 * Says before long work what would stop `writeWhole` at its end.
 *
 * @throws UnavailableError for a folder, and for a place where nothing can be made
 */
export async function checkWritable(path: string): Promise<void> {
  const {dirname, resolve} = paths();
  const {W_OK, X_OK} = process.getBuiltinModule('node:fs').constants;
  const present = await lies(path);
  if (present?.isDirectory()) throw isFolder(path);
  // The file itself is replaced, whatever it allows; what is no plain file is written to.
  if (present !== undefined && !present.isFile()) return;
  // Folders that are missing will be made in the nearest one that is there.
  let folder = dirname(resolve(path));
  let above = await lies(folder);
  while (above === undefined && folder !== dirname(folder)) {
    folder = dirname(folder);
    above = await lies(folder);
  }
  if (above?.isDirectory() !== true)
    throw new UnavailableError(`cannot write '${path}': '${folder}' is no folder; give another place`);
  try {
    await files().access(folder, W_OK | X_OK);
  } catch (error) {
    throw new UnavailableError(`cannot write '${path}': ${(error as Error).message}`, {cause: error});
  }
}

const isFolder = (path: string) =>
  new UnavailableError(`cannot write '${path}': it is a folder; give the name of a file`);

/**
 * Writes a file under a temporary name beside its own and renames it; an older file of that name is replaced. The folder
 * is made if need be, and taken away again if writing fails. What is no plain file, such as a pipe or a device, is
 * written to as it is.
 *
 * @param parts what to write, one after the other; a part is written before the next one is asked for
 * @returns the path of the file
 * @throws UnavailableError for a folder, or when writing does not work; what making a part throws, if it is an error of ours
 */
export async function writeWhole(folder: string, name: string, parts: Parts): Promise<string> {
  const path = paths().join(folder, name);
  const present = await lies(path);
  if (present?.isDirectory()) throw isFolder(path);
  try {
    if (present !== undefined && !present.isFile()) await files().writeFile(path, parts);
    // The file that a link leads to is replaced, not the link.
    else await replace(present === undefined ? path : await files().realpath(path), parts);
    return path;
  } catch (error) {
    // Parts may be made while they are written, of what turns out to be damaged.
    if (error instanceof StsError) throw error;
    throw new UnavailableError(`cannot write '${path}': ${(error as Error).message}`, {cause: error});
  }
}

async function replace(path: string, parts: Parts): Promise<void> {
  const {mkdir, rename, rm} = files();
  const {basename, dirname, join} = paths();
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  let made: string | undefined;
  try {
    made = await mkdir(folder, {recursive: true});
    await writeThrough(temporary, parts);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, {force: true}).catch(() => {});
    if (made !== undefined) await removeEmpty(folder, made);
    throw error;
  }
}

/** A rename is only as good as what is on the disk: flush before it. */
async function writeThrough(path: string, parts: Parts): Promise<void> {
  const file = await files().open(path, 'w');
  try {
    await files().writeFile(file, parts);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes `folder` and those above it down from `top`, as far as nothing is in them. */
async function removeEmpty(folder: string, top: string): Promise<void> {
  const {dirname} = paths();
  try {
    for (let current = folder; ; current = dirname(current)) {
      await files().rmdir(current);
      if (current === top || current === dirname(current)) return;
    }
  } catch {
    // Something else is in there by now, and stays.
  }
}
