/**
 * Where fetched files are kept between runs: a folder in Node, the Cache API in a page, or what the user gives. Each is
 * no more than named bytes; stored_file.ts says which bytes have which name.
 */
import {UnavailableError} from '../util/errors';

/**
 * Bytes by name. A `Map<string, Uint8Array>` is one. Names are made of `a-z`, `0-9`, `.`, `~` and `-`, at most 80 of them;
 * values have at most 1 MiB. What is set must be there whole or not at all, also when two programs set it at once.
 */
export interface ModelCache {
  get(name: string): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  set(name: string, bytes: Uint8Array): unknown;
  delete(name: string): unknown;
}

/** `true`: the usual place; `false`: none; a folder in Node, the name of a cache in a page; or an own one. */
export type CacheOption = boolean | string | ModelCache;

const NAME = 'tfjs-sts';

/**
 * @returns undefined for no cache, also where `true` finds neither a file system nor the Cache API
 * @throws UnavailableError for a named cache where there is nothing to hold it
 */
export function openCache(option: CacheOption): ModelCache | undefined {
  if (option === false) return undefined;
  if (typeof option === 'object') return option;
  const name = option === true ? undefined : option;
  const {process} = globalThis;
  if (process?.getBuiltinModule !== undefined) {
    const home = process.getBuiltinModule('node:os').homedir();
    return folderCache(name ?? defaultCacheFolder(process.platform, process.env, home));
  }
  if (globalThis.caches !== undefined) return storageCache(name ?? NAME);
  if (name === undefined) return undefined;
  throw new UnavailableError(
    `there is nothing to hold the cache ${JSON.stringify(name)}; serve the page over https or from localhost, or pass an object with get, set and delete.`,
  );
}

/**
 * The folder where the machine keeps what can be had again.
 *
 * @param environment TFJS_STS_CACHE is taken as it is; XDG_CACHE_HOME and LOCALAPPDATA are the system's
 */
export function defaultCacheFolder(
  platform: string,
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  const {TFJS_STS_CACHE: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: local} = environment;
  if (own) return own;
  if (platform === 'win32') return `${local || `${home}\\AppData\\Local`}\\${NAME}`;
  if (platform === 'darwin') return `${home}/Library/Caches/${NAME}`;
  return `${xdg?.startsWith('/') ? xdg : `${home}/.cache`}/${NAME}`;
}

function folderCache(folder: string): ModelCache {
  const {mkdir, readFile, rename, rm, writeFile} = process.getBuiltinModule('node:fs/promises');
  const {join} = process.getBuiltinModule('node:path');
  return {
    async get(name) {
      try {
        return await readFile(join(folder, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async set(name, bytes) {
      await mkdir(folder, {recursive: true});
      const temporary = join(folder, `${name}.${crypto.randomUUID()}.tmp`);
      try {
        await writeFile(temporary, bytes);
        await rename(temporary, join(folder, name));
      } catch (error) {
        await rm(temporary, {force: true}).catch(() => {});
        throw error;
      }
    },
    delete: (name) => rm(join(folder, name), {force: true}),
  };
}

function storageCache(cacheName: string): ModelCache {
  let opened: Promise<Cache> | undefined;
  const open = () => {
    opened ??= caches.open(cacheName);
    return opened;
  };
  // Entries are found by an address; the top level domain is one that never exists.
  const address = (name: string) => `https://tfjs-sts.invalid/${name}`;
  return {
    async get(name) {
      const response = await (await open()).match(address(name));
      return response && new Uint8Array(await response.arrayBuffer());
    },
    set: async (name, bytes) =>
      (await open()).put(address(name), new Response(bytes as Uint8Array<ArrayBuffer>)),
    delete: async (name) => (await open()).delete(address(name)),
  };
}
