/** A file put where the user says: in Node on disk, in a page offered as a download. */
import {InvalidArgumentError, UnavailableError} from '../util/errors';
import {httpAddress} from './files';
import {writeWhole} from './write_file';

/**
 * @param caller begins messages
 * @param target path or `file:` URL; in a page its last part is the name of the download
 * @param what the ending of the name, and where its bytes are to be had for whoever sends them elsewhere
 * @param parts what to write; a part may be overwritten once the next one is asked for
 * @throws InvalidArgumentError for a target that is no such path; UnavailableError when writing does not work, or in a
 *   worker, which cannot download
 */
export async function saveFile(
  caller: string,
  target: string | URL,
  what: {readonly ending: string; readonly bytesOf: string},
  parts: Iterable<Uint8Array>,
): Promise<void> {
  const path = String(target);
  if (httpAddress(path) !== undefined || !path.endsWith(what.ending)) {
    throw new InvalidArgumentError(
      `${caller}: ${JSON.stringify(path)} is no path that ends in ${what.ending}; to send the file elsewhere take the bytes of ${what.bytesOf}.`,
    );
  }
  if (globalThis.process?.getBuiltinModule === undefined) return download(caller, path, what.bytesOf, parts);
  const {fileURLToPath} = process.getBuiltinModule('node:url');
  const {basename, dirname} = process.getBuiltinModule('node:path');
  const file = /^file:/i.test(path) ? fileURLToPath(path) : path;
  await writeWhole(dirname(file), basename(file), parts);
}

/** As if the user had followed a link. */
function download(caller: string, path: string, bytesOf: string, parts: Iterable<Uint8Array>): void {
  if (globalThis.document === undefined) {
    throw new UnavailableError(
      `${caller}: a worker cannot download; take the bytes of ${bytesOf} and post them to the page.`,
    );
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(Array.from(parts, (part) => part.slice())));
  link.download = path.replace(/^.*[/\\]/, '');
  link.click();
  // The browser has begun by the next turn.
  setTimeout(() => URL.revokeObjectURL(link.href));
}
