/** Files that the user names on the command line, read whole, with errors that say which file and why. */
import {readFile} from 'node:fs/promises';
import {InvalidArgumentError, UnavailableError} from '../util/errors';

/**
 * @throws InvalidArgumentError for a path that is no readable file; UnavailableError when reading fails otherwise
 */
export async function readUserFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new InvalidArgumentError(`no such file: '${path}'`);
    if (code === 'EISDIR') throw new InvalidArgumentError(`'${path}' is a folder; a file is needed`);
    throw new UnavailableError(`cannot read '${path}': ${message}`, {cause: error});
  }
}
