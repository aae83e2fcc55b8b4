/**
 * Reads files of the repository in Node (file system) and in Chromium (fetched from the test server), so that the
 * same golden test runs in both. Not a parser: it hands out bytes.
 */

const inBrowser = typeof window !== 'undefined';

/** The bytes of `path` under test/golden, for example `layers/manifest.json`. Throws when there is no such file. */
export function readGolden(path: string): Promise<Uint8Array> {
  return readRepositoryFile(`test/golden/${path}`);
}

/** `readGolden` for a JSON file, parsed. The caller names the type it expects. */
export async function readGoldenJson<T>(path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await readGolden(path))) as T;
}

/**
 * The bytes of `path`, given from the root of the repository. Throws when there is no such file. In Chromium the name
 * needs an extension that is not a source one: the test server would transform such a file as a module.
 */
export async function readRepositoryFile(path: string): Promise<Uint8Array> {
  return inBrowser ? fetchBytes(path) : readBytes(path);
}

async function fetchBytes(path: string): Promise<Uint8Array> {
  const response = await fetch(`/${path}`);
  // The test server answers an unknown address with a page and status 200.
  const isPage = (response.headers.get('content-type') ?? '').includes('text/html');
  if (!response.ok || isPage) throw new Error(`readRepositoryFile: the test server has no ${path}.`);
  return new Uint8Array(await response.arrayBuffer());
}

async function readBytes(path: string): Promise<Uint8Array> {
  const {readFile} = await import('node:fs/promises');
  const bytes = await readFile(new URL(`../../${path}`, import.meta.url));
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
