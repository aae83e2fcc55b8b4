/**
 * The files of a model, wherever they are: paths and files of the package through the user's `readFile`, Node's file
 * system or, in a page, an address beside it; http addresses through the cache. What is expected of a file is checked here.
 */
import {FormatError, InvalidArgumentError, inCall, UnavailableError} from '../util/errors';
import {didYouMean, optionNames} from '../util/names';
import {type CacheOption, openCache} from './cache';
import {type Expected, forgetRemote, type Network, readRemote} from './remote_file';
import {sha256} from './sha256';

/** A file of the package, with what it must be. */
export interface PackagedFile {
  /** Path from the root of the package. */
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Reads a whole file: a path that the user gave, or the URL of a file of this package. */
export type ReadFile = (path: URL | string) => Promise<Uint8Array>;

/** How files are read. */
export interface FileOptions {
  /** Reads paths and files of the package. Default: Node's file system, else they are fetched. */
  readonly readFile?: ReadFile;
  /** Where the models folder of the package is found. Default: the package itself; needed in a bundled page. */
  readonly packageRoot?: URL | string;
  /** Where single files of the package are, by their path in it, such as a bundler's imports tell; comes before `packageRoot`. */
  readonly packageFiles?: Readonly<Record<string, URL | string>>;
  /** Fetches http addresses. Default: `fetch`. */
  readonly fetchFunc?: typeof fetch;
  /** Where fetched files are kept. Default: the usual place of the system, or of the page. */
  readonly cache?: CacheOption;
  /** Ends the reading. What has been fetched is kept in the cache, and the next call goes on from there. */
  readonly signal?: AbortSignal;
}

export const FILE_OPTIONS = optionNames<FileOptions>({
  readFile: true,
  packageRoot: true,
  packageFiles: true,
  fetchFunc: true,
  cache: true,
  signal: true,
});

export interface ReadDetails extends Expected {
  /** What to do if there is no such file. */
  readonly advice: string;
  /** Called with the part that has been read, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** Reads the files of one model. */
export class Files {
  /** Addresses of files that nothing but their contents can prove wrong. */
  private readonly unproven = new Set<string>();
  private opened: Network | undefined;

  /** @param caller begins the messages: the function as a user calls it */
  constructor(
    private readonly options: FileOptions,
    readonly caller: string,
  ) {}

  /**
   * @throws UnavailableError when the file cannot be read; FormatError when it is not what it must be; the reason of the
   *   signal
   */
  read(path: URL | string, details: ReadDetails): Promise<Uint8Array> {
    return this.told(() => this.readFrom(path, details));
  }

  private async readFrom(path: URL | string, details: ReadDetails): Promise<Uint8Array> {
    const {signal, readFile = ownReadFile()} = this.options;
    signal?.throwIfAborted();
    const address = httpAddress(path);
    if (address !== undefined) return this.readRemote(address, details);
    // A path in a page leads from the page's own address.
    if (readFile === undefined)
      return this.readRemote(new URL(path, globalThis.location?.href).href, details);
    const bytes = await readOrExplain(readFile, path, details.advice);
    signal?.throwIfAborted();
    await requireHash(path, bytes, details.sha256);
    details.onProgress?.(1);
    return bytes;
  }

  /** A file that ships with the package, compared with its hash. */
  readPackaged(file: PackagedFile, onProgress?: (fraction: number) => void): Promise<Uint8Array> {
    return this.told(() => this.readOwn(file, onProgress));
  }

  private async readOwn(file: PackagedFile, onProgress?: (fraction: number) => void): Promise<Uint8Array> {
    const {readFile} = this.options;
    const url = this.packaged(file.path);
    const advice =
      'It ships with tfjs-sts: install the package again, or pass packageRoot if its models folder lies elsewhere.';
    if (readFile === undefined) {
      return this.readFrom(url, {advice, sha256: file.sha256, ...(onProgress && {onProgress})});
    }
    const bytes = await readOrExplain(readFile, url, advice);
    await requireHash(file.path, bytes, file.sha256, ' Install the package again.');
    onProgress?.(1);
    return bytes;
  }

  /** Where a file of the package is. */
  private packaged(path: string): URL | string {
    const {packageFiles, packageRoot} = this.options;
    const single = packageFiles?.[path];
    if (single !== undefined) return single;
    if (packageFiles !== undefined && packageRoot === undefined) {
      const given = Object.keys(packageFiles);
      throw new InvalidArgumentError(
        `packageFiles has no ${path}${didYouMean(path, given) || '.'} In Vite: import it from 'tfjs-sts/${path}?url'.`,
      );
    }
    const root = packageRoot ?? ownPackageRoot(import.meta.url);
    return typeof root === 'string' ? `${root.replace(/\/?$/, '/')}${path}` : new URL(path, root);
  }

  /** Whatever was fetched proved to be of no use, so that the next call is not to find it in the cache. */
  async forget(): Promise<void> {
    for (const url of this.unproven) await forgetRemote(url, this.network());
  }

  private async readRemote(url: string, {onProgress, ...expected}: ReadDetails): Promise<Uint8Array> {
    if (expected.sha256 === undefined) this.unproven.add(url);
    const bytes = await readRemote(url, expected, this.network(), (loaded, total) => {
      if (total !== undefined && total > 0) onProgress?.(Math.min(1, loaded / total));
    });
    this.options.signal?.throwIfAborted();
    return bytes;
  }

  private async told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw inCall(this.caller, error);
    }
  }

  private network(): Network {
    const {fetchFunc, cache = true, signal} = this.options;
    // Called as a function of its own: the browser's fetch wants no other `this`.
    this.opened ??= {
      fetchFunc: fetchFunc ?? ((...given) => fetch(...given)),
      cache: openCache(cache),
      signal,
    };
    return this.opened;
  }
}

async function readOrExplain(readFile: ReadFile, path: URL | string, advice: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnavailableError(`cannot read ${path}: ${reason}. ${advice}`, {cause: error});
  }
}

/** Whether it is an address to be fetched, and which; what follows # is never sent. */
export function httpAddress(path: URL | string): string | undefined {
  return /^https?:/i.test(String(path)) ? new URL(path).href.replace(/#.*/, '') : undefined;
}

/**
 * A file that another one names, beside it or below, by its name as a file system has it: spaces and other characters that
 * addresses escape are its own. No file must reach others elsewhere on the machine.
 *
 * @throws FormatError for a name that leads elsewhere
 */
export function sibling(path: URL | string, file: string): URL | string {
  const parts = file.split('/');
  if (parts.some((part) => part === '' || part === '..' || /[\\\p{Cc}\p{Cs}]/u.test(part))) {
    throw new FormatError(
      `${path} names the weight file ${JSON.stringify(file)}, which is not in its folder.`,
    );
  }
  const address = httpAddress(path);
  if (address === undefined && typeof path === 'string') return path.replace(/[^/\\]*$/, () => file);
  return new URL(parts.map(encodeURIComponent).join('/'), address ?? path);
}

/**
 * The root of the package: what lies above the last dist or src folder of this module's address.
 *
 * @throws UnavailableError where the module was bundled elsewhere
 */
export function ownPackageRoot(moduleUrl: string | undefined): URL {
  const root = moduleUrl && /^(.*\/)(?:dist|src)\/(?!.*\/(?:dist|src)\/)/.exec(moduleUrl)?.[1];
  if (root) return new URL(root);
  throw new UnavailableError(
    'cannot tell where the models folder of tfjs-sts lies, since the package was bundled; ' +
      'pass packageFiles, the addresses of its files, or serve the folder and pass packageRoot, the address above it.',
  );
}

/** Node is asked for its file system instead of importing it, which a bundler would follow. */
function ownReadFile(): ReadFile | undefined {
  const node = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  return node && ((path) => node.readFile(/^file:/i.test(String(path)) ? new URL(path) : path));
}

async function requireHash(
  path: URL | string,
  bytes: Uint8Array,
  needed: string | undefined,
  advice = '',
): Promise<void> {
  if (needed === undefined) return;
  const hash = await sha256(bytes);
  if (hash === needed) return;
  throw new FormatError(
    `${path} is damaged or another file: ${bytes.length} bytes with sha256 ${hash}, needed is ${needed}.${advice}`,
  );
}
