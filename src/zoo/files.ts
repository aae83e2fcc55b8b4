/**
 * The files of the zoo: where the package lies, reading with errors that say what to do, and the check of a file
 * against its catalog row. How bytes are read is the caller's (`ReadFile`): nothing here needs Node or a browser.
 */
import {FormatError, UnavailableError} from '../util/errors';
import type {CatalogFile} from './rows';

/** Reads a whole file: a path or URL that the user gave, or the URL of a file of this package. */
export type ReadFile = (path: URL | string) => Promise<Uint8Array>;

/**
 * The root of the package: what lies above the last dist or src folder of this module's address.
 *
 * @throws UnavailableError where the module was bundled elsewhere
 */
export function ownPackageRoot(moduleUrl: string | undefined): URL {
  const root = moduleUrl && /^(.*\/)(?:dist|src)\/(?!.*\/(?:dist|src)\/)/.exec(moduleUrl)?.[1];
  if (root) return new URL(root);
  throw new UnavailableError(
    'loadModel: cannot tell where the models folder of tfjs-sts lies, since the package was bundled; ' +
      'serve the folder yourself and pass packageRoot, the address above it.',
  );
}

/** Reads a file that the user named, or one of the package. */
export async function readOrExplain(
  readFile: ReadFile,
  path: URL | string,
  advice: string,
): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnavailableError(`loadModel: cannot read ${path}: ${reason}. ${advice}`, {cause: error});
  }
}

/**
 * Reads a file of the package and compares it with its catalog row before anyone uses it.
 *
 * @throws UnavailableError when it is not there; FormatError when it is not the file that was published
 */
export async function readCatalogFile(
  readFile: ReadFile,
  file: CatalogFile,
  root: URL | string,
): Promise<Uint8Array> {
  const url =
    typeof root === 'string' ? `${root.replace(/\/?$/, '/')}${file.path}` : new URL(file.path, root);
  const advice =
    'It ships with tfjs-sts: install the package again, or pass packageRoot if its models folder lies elsewhere.';
  const bytes = await readOrExplain(readFile, url, advice);
  const hash = await sha256(bytes);
  if (hash === file.sha256) return bytes;
  throw new FormatError(
    `loadModel: ${file.path} is damaged: ${bytes.length} bytes with sha256 ${hash}, needed ${file.bytes} with ` +
      `${file.sha256}. Install the package again.`,
  );
}

async function sha256(bytes: Uint8Array): Promise<string> {
  // A page without https has no subtle, whatever the type says.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new UnavailableError(
      'loadModel: there is no crypto.subtle to check the file with; serve the page over https or from localhost.',
    );
  }
  const digest = await subtle.digest('SHA-256', new Uint8Array(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
