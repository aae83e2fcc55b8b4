/** A .safetensors file where a user wants it: at a path in Node, as a download in a page. */
import {InvalidArgumentError, UnavailableError} from '../util/errors';
import {httpAddress} from './files';
import {writeWhole} from './write_file';

/**
 * @param target a path or `file:` URL, which ends in .safetensors; in a page the name of the download
 * @param parts of the file in order; each may be overwritten by the next one
 * @param caller begins the messages
 * @param bytesFrom what gives the bytes to whoever wants the file elsewhere
 * @throws InvalidArgumentError for a target of another kind; UnavailableError when the file cannot be written, or in a worker
 */
export async function saveFile(
  target: string | URL,
  parts: Iterable<Uint8Array>,
  caller: string,
  bytesFrom: string,
): Promise<void> {
  const path = String(target);
  if (httpAddress(path) !== undefined || !path.endsWith('.safetensors')) {
    throw new InvalidArgumentError(
      `${caller}: ${JSON.stringify(path)} is no path that ends in .safetensors; to send the file elsewhere take the bytes of ${bytesFrom}.`,
    );
  }
  if (globalThis.process?.getBuiltinModule !== undefined) {
    const {fileURLToPath} = process.getBuiltinModule('node:url');
    const {basename, dirname} = process.getBuiltinModule('node:path');
    const file = /^file:/i.test(path) ? fileURLToPath(path) : path;
    await writeWhole(dirname(file), basename(file), parts);
  } else if (globalThis.document === undefined) {
    throw new UnavailableError(
      `${caller}: a worker cannot download; take the bytes of ${bytesFrom} and post them to the page.`,
    );
  } else download(parts, path);
}

/** As if the user had followed a link. */
function download(parts: Iterable<Uint8Array>, path: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(Array.from(parts, (part) => new Uint8Array(part))));
  link.download = path.replace(/^.*[/\\]/, '');
  link.click();
  // The browser has begun by the next turn.
  setTimeout(() => URL.revokeObjectURL(link.href));
}
