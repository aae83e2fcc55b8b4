/** Files that the user names on the command line and what must be in them, with errors that say which file and why. */
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {ownPackageRoot} from '../../files/files';
import type {Checkpoint} from '../../models/checkpoints';
import {read} from '../../models/checkpoints/read';
import {modelNamed} from '../../models/zoo/table/models';
import {InvalidArgumentError, inFile, UnavailableError} from '../../util/errors';

/**
 * @throws InvalidArgumentError for a path that is no readable file; UnavailableError when reading fails otherwise
 */
export async function readUserFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new InvalidArgumentError(`no such file: '${path}'${namedInstead(path)}`);
    if (code === 'EISDIR') throw new InvalidArgumentError(`'${path}' is a folder; a file is needed`);
    throw new UnavailableError(`cannot read '${path}': ${message}`, {cause: error});
  }
}

/** What to give where a model was named and a file is needed; nothing for other names. */
function namedInstead(name: string): string {
  const weights = modelNamed(name)?.weights;
  if (weights?.from !== 'package') return '';
  const file = fileURLToPath(new URL(weights.path, ownPackageRoot(import.meta.url)));
  return `; that is the name of a model, and this command takes a file: its own is '${file}'`;
}

/**
 * What a checkpoint file holds.
 *
 * @param at the value of --at
 * @throws as `readUserFile` does, and what `read` says of a file, with its path in front
 */
export async function readCheckpoint(path: string, at: string | undefined): Promise<Checkpoint> {
  return read(await readUserFile(path), {name: path, ...(at !== undefined && {at})});
}

/** Does something with what the user named: errors about it say which it was. */
export async function about<T>(name: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw inFile(error, name);
  }
}
