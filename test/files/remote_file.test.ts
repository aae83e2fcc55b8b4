/**
 * Files over http with a server that drops connections, ignores ranges, changes and damages files: what is read is
 * compared with what was to be served, and what is asked with what is needed.
 */
import {createHash} from 'node:crypto';
import {cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {type ModelCache, openCache} from '../../src/files/cache';
import {type Expected, readRemote} from '../../src/files/remote_file';
import {FormatError, UnavailableError} from '../../src/util/errors';
import {breaking, noise, type Served, type Server, serve} from '../models/zoo/server';

const MIB = 2 ** 20;
/** More than two pieces of the cache, and not a whole number of them. */
const BYTES = noise(2 * MIB + 12345);
const HASH = createHash('sha256').update(BYTES).digest('hex');
const OTHER = noise(1.5 * MIB + 7, 2);

const scratch = mkdtempSync(join(tmpdir(), 'remote-'));
let turn = 0;
let folder: string;
let server: Server;
let url: string;
beforeEach(async () => {
  folder = join(scratch, String(turn++));
  server = await serve();
  url = `${server.origin}/w.bin`;
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
});
afterAll(() => rmSync(scratch, {recursive: true}));

function served(file: Partial<Served> = {}): void {
  server.files['w.bin'] = {bytes: BYTES, etag: '"one"', ...file};
}

interface How extends Expected {
  cache?: ModelCache | undefined;
  signal?: AbortSignal;
  fetchFunc?: typeof fetch;
  onBytes?: (loaded: number, total: number | undefined) => void;
}

async function get({
  cache,
  signal,
  fetchFunc = fetch,
  onBytes = () => {},
  ...expected
}: How = {}): Promise<Buffer> {
  const network = {fetchFunc, cache: cache ?? openCache(folder), signal};
  return Buffer.from(await readRemote(url, expected, network, onBytes));
}

const files = () => (existsSync(folder) ? readdirSync(folder).sort() : []);
const piecesIn = (names: string[]) => names.filter((name) => /\.\d+$/.test(name)).length;

async function offline(): Promise<void> {
  await server.close();
}

describe('a file with a known hash', () => {
  it('is fetched once, kept in pieces, and read without a network', async () => {
    served();
    expect((await get({sha256: HASH})).equals(BYTES)).toBe(true);
    expect(piecesIn(files())).toBe(3);
    expect(files().filter((name) => /part|~|tmp/.test(name))).toEqual([]);
    expect((await get({sha256: HASH})).equals(BYTES)).toBe(true);
    expect(server.asked.length).toBe(1);
    await offline();
    expect((await get({sha256: HASH})).equals(BYTES)).toBe(true);
  });

  it.each([1, 1.5 * MIB, 2 * MIB + 1])('is fetched anew when byte %i of the cache changed', async (place) => {
    served();
    await get({sha256: HASH});
    const piece = files().filter((name) => /\.\d+$/.test(name))[Math.floor(place / MIB)]!;
    const bytes = readFileSync(join(folder, piece));
    bytes[place % MIB]! ^= 1;
    writeFileSync(join(folder, piece), bytes);
    expect((await get({sha256: HASH})).equals(BYTES)).toBe(true);
    await offline();
    expect((await get({sha256: HASH})).equals(BYTES)).toBe(true);
    expect(piecesIn(files())).toBe(3);
  });

  it('is fetched a second time when it came damaged', async () => {
    served({instead: [BYTES.map((byte, i) => (i === 1.5 * MIB ? byte ^ 4 : byte))]});
    expect((await get({sha256: HASH})).equals(BYTES)).toBe(true);
    expect(server.asked.map(({range}) => range)).toEqual([undefined, undefined]);
    expect(piecesIn(files())).toBe(3);
  });

  it('is refused when it is another file both times, naming both hashes, and not kept', async () => {
    served({bytes: OTHER});
    const act = get({sha256: HASH});
    await expect(act).rejects.toThrow(FormatError);
    await expect(act).rejects.toThrow(
      new RegExp(`is ${createHash('sha256').update(OTHER).digest('hex')}, needed is ${HASH}`),
    );
    expect(server.asked.length).toBe(2);
    expect(files()).toEqual([]);
  });

  it('takes the place of an older one in the cache', async () => {
    served({bytes: OTHER, etag: '"zero"'});
    await get();
    served();
    expect((await get({sha256: HASH})).equals(BYTES)).toBe(true);
    expect(piecesIn(files())).toBe(3);
  });
});

describe('a file without a known hash', () => {
  it.each<[string, Partial<Served>]>([
    ['ETag', {}],
    ['Last-Modified', {etag: '', lastModified: 'Wed, 21 Oct 2015 07:28:00 GMT'}],
  ])('is not sent again while its %s is the same', async (_what, validators) => {
    served(validators);
    await get();
    expect((await get()).equals(BYTES)).toBe(true);
    expect(server.asked.map(({status}) => status)).toEqual([200, 304]);
  });

  it('is sent again when it has changed', async () => {
    served();
    await get();
    served({bytes: OTHER, etag: '"two"'});
    expect((await get()).equals(OTHER)).toBe(true);
    expect(piecesIn(files())).toBe(2);
    expect((await get()).equals(OTHER)).toBe(true);
  });

  it('comes from the cache when the server is away or fails, which is said', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    served();
    await get();
    served({status: 500});
    expect((await get()).equals(BYTES)).toBe(true);
    await offline();
    expect((await get()).equals(BYTES)).toBe(true);
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringMatching(/w\.bin: the server answered 500.*copy in the cache is used/),
      expect.stringMatching(/w\.bin: .*ECONNREFUSED.*copy in the cache is used/),
    ]);
  });

  it('is sent again when the copy is damaged though it has not changed', async () => {
    served();
    await get();
    writeFileSync(join(folder, files().find((name) => name.endsWith('.1'))!), 'short');
    expect((await get()).equals(BYTES)).toBe(true);
    expect(server.asked.map(({status}) => status)).toEqual([200, 304, 200]);
  });

  it.each([
    'nonsense',
    '{}',
    '{"version":"../../x","bytes":3,"sha256":"0"}',
    '{"version":"a","bytes":1e300,"sha256":"0"}',
  ])('does not mind the note %s in the cache', async (text) => {
    served();
    await get();
    writeFileSync(join(folder, files().find((name) => name.endsWith('.file'))!), text);
    expect((await get()).equals(BYTES)).toBe(true);
  });

  it('does not believe a note that claims more bytes than there are', async () => {
    served();
    await get();
    const path = join(folder, files().find((name) => name.endsWith('.file'))!);
    writeFileSync(path, JSON.stringify({...JSON.parse(readFileSync(path, 'utf8')), bytes: 5e9}));
    expect((await get()).equals(BYTES)).toBe(true);
    expect(piecesIn(files())).toBe(3);
  });
});

/** Breaks off after 1.25 MiB, and then so often that the call gives up. */
const givenUp = () => breaking(1.25 * MIB, 0, 0, 0);

describe('an interrupted download', () => {
  it.each([100, MIB, 1.75 * MIB])('that breaks off after %i bytes goes on at once', async (broken) => {
    served();
    expect((await get({sha256: HASH, fetchFunc: breaking(broken)})).equals(BYTES)).toBe(true);
    expect(server.asked.map(({status, range, ifRange}) => [status, range, ifRange])).toEqual([
      [200, undefined, undefined],
      [206, `bytes=${broken}-`, '"one"'],
    ]);
    expect(files().filter((name) => /part|~/.test(name))).toEqual([]);
  });

  it('whose connection the server drops goes on at once', async () => {
    served({breaks: [100, 1.5 * MIB]});
    expect((await get()).equals(BYTES)).toBe(true);
    expect(server.asked.length).toBe(3);
  });

  it('that is given up leaves a part, with which the next call begins', async () => {
    served();
    const act = get({sha256: HASH, fetchFunc: givenUp()});
    await expect(act).rejects.toThrow(UnavailableError);
    await expect(act).rejects.toThrow(/after 1310720 of 2109497 bytes.*Call again to go on/);
    expect(files().some((name) => name.endsWith('.file'))).toBe(false);
    const loaded: number[] = [];
    expect((await get({sha256: HASH, onBytes: (count) => loaded.push(count)})).equals(BYTES)).toBe(true);
    expect(server.asked.at(-1)!.status).toBe(206);
    expect(loaded[0]).toBeGreaterThan(1.25 * MIB);
    expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
    expect(loaded.at(-1)).toBe(BYTES.length);
    expect(piecesIn(files())).toBe(3);
    expect(files().length).toBe(4);
  });

  it('of a program that was killed goes on from the last whole piece', async () => {
    served({stallsAfter: 1.25 * MIB});
    const killed = new AbortController();
    const copy = `${folder}-copy`;
    const act = get({
      signal: killed.signal,
      // What lies in the folder at this moment is what a kill would leave.
      onBytes: (count) =>
        count === 1.25 * MIB && cpSync(folder, copy, {recursive: true}) === undefined && killed.abort(),
    });
    await expect(act).rejects.toThrow(/abort/);
    served();
    expect((await get({cache: openCache(copy)})).equals(BYTES)).toBe(true);
    expect(server.asked.at(-1)!.range).toBe(`bytes=${MIB}-`);
  });

  it.each<[string, Partial<Served>]>([
    ['the file has changed', {bytes: OTHER, etag: '"two"'}],
    ['the file has changed, and ranges are not served', {bytes: OTHER, etag: '"two"', noRanges: true}],
    ['ranges are not served', {noRanges: true}],
    ['the server has no validators any more', {etag: ''}],
  ])('begins anew when %s', async (_what, change) => {
    served();
    await expect(get({fetchFunc: givenUp()})).rejects.toThrow(UnavailableError);
    served(change);
    expect((await get()).equals(change.bytes ?? BYTES)).toBe(true);
    expect(server.asked.at(-1)!.status).toBe(200);
    await offline();
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect((await get()).equals(change.bytes ?? BYTES)).toBe(true);
    expect(files().length).toBe(1 + piecesIn(files()));
  });

  it.each<[string, Record<string, string>]>([
    ['other bytes than those asked for', {'content-range': `bytes 0-9/${BYTES.length}`}],
    ['bytes of a file of another length', {'content-range': 'bytes 1310720-9/6000000'}],
    ['bytes of another state', {etag: '"two"'}],
  ])('begins anew when the server sends %s', async (_what, wrong) => {
    served();
    await expect(get({fetchFunc: givenUp()})).rejects.toThrow(UnavailableError);
    served({bytes: OTHER, etag: '"two"'});
    const fetchFunc: typeof fetch = async (input, init) => {
      const isRange = new Headers(init?.headers).has('range');
      return isRange ? new Response('wrong bytes', {status: 206, headers: wrong}) : fetch(input, init);
    };
    expect((await get({fetchFunc})).equals(OTHER)).toBe(true);
  });

  it('without anything that tells the file from another begins anew, and leaves nothing', async () => {
    served({etag: 'W/"weak"'});
    await expect(get({fetchFunc: givenUp()})).rejects.toThrow(UnavailableError);
    expect(server.asked.map(({range}) => range)).toEqual(Array(4).fill(undefined));
    expect(piecesIn(files())).toBe(0);
    expect((await get()).equals(BYTES)).toBe(true);
  });

  it('is not taken up with a Last-Modified of just now, which a second change may share', async () => {
    served({etag: '', lastModified: new Date().toUTCString()});
    await expect(get({fetchFunc: givenUp()})).rejects.toThrow(UnavailableError);
    expect(server.asked.map(({ifRange}) => ifRange)).toEqual(Array(4).fill(undefined));
  });

  it('without a cache goes on in the same call only', async () => {
    served();
    const none: ModelCache = {get: () => undefined, set() {}, delete() {}};
    expect((await get({cache: none, fetchFunc: breaking(1.25 * MIB)})).equals(BYTES)).toBe(true);
    expect(server.asked.map(({status}) => status)).toEqual([200, 206]);
  });
});

describe('the signal', () => {
  it('ends a download that hangs, and leaves a part alone', async () => {
    served({stallsAfter: 1.25 * MIB});
    const stop = new AbortController();
    const act = get({
      signal: stop.signal,
      onBytes: (count) => count === 1.25 * MIB && stop.abort(new Error('enough')),
    });
    await expect(act).rejects.toThrow('enough');
    expect(files().some((name) => name.endsWith('.file'))).toBe(false);
    served();
    expect((await get()).equals(BYTES)).toBe(true);
    expect(server.asked.at(-1)!.range).toBe(`bytes=${1.25 * MIB}-`);
  });

  it('ends a request that nobody answers, even if fetchFunc knows no signal', async () => {
    const stop = new AbortController();
    const act = get({signal: stop.signal, fetchFunc: () => new Promise(() => {})});
    setTimeout(() => stop.abort(), 10);
    await expect(act).rejects.toHaveProperty('name', 'AbortError');
  });
});

describe('a server', () => {
  it.each([404, 500, 403])('that answers %i is said', async (status) => {
    served({status});
    const act = get();
    await expect(act).rejects.toThrow(UnavailableError);
    await expect(act).rejects.toThrow(`cannot read ${url}: the server answered ${status}`);
    expect(server.asked.length).toBe(1);
  });

  it('that is not there is said', async () => {
    await offline();
    await expect(get()).rejects.toThrow(/cannot read .*ECONNREFUSED.*network/);
  });

  it('may say nothing of the length', async () => {
    served({chunked: true});
    const totals = new Set<number | undefined>();
    expect((await get({onBytes: (_count, total) => totals.add(total)})).equals(BYTES)).toBe(true);
    expect([...totals]).toEqual([undefined]);
    expect((await get()).equals(BYTES)).toBe(true);
    expect(server.asked.map(({status}) => status)).toEqual([200, 304]);
  });

  it('may send no more than is allowed', async () => {
    served({chunked: true});
    await expect(get({maxBytes: MIB})).rejects.toThrow(/more than 1048576 bytes/);
  });

  it('of another origin may refuse requests with headers of ours: it is asked without', async () => {
    served();
    const fetchFunc: typeof fetch = (input, init) =>
      init?.headers === undefined ? fetch(input, init) : Promise.reject(new TypeError('Failed to fetch'));
    await get({fetchFunc});
    served({bytes: OTHER, etag: '"two"'});
    expect((await get({fetchFunc})).equals(OTHER)).toBe(true);
  });
});

describe('several programs', () => {
  it('that fetch one file at once all get it, and leave it whole', async () => {
    served();
    const all = await Promise.all(Array.from({length: 4}, () => get()));
    expect(all.every((bytes) => bytes.equals(BYTES))).toBe(true);
    await offline();
    expect((await get({sha256: HASH})).equals(BYTES)).toBe(true);
    expect(files().filter((name) => /part|tmp|~/.test(name))).toEqual([]);
  });

  it('that see different states each get their own whole, and leave one whole', async () => {
    served();
    const first = get();
    await vi.waitFor(() => expect(server.asked.length).toBe(1));
    served({bytes: OTHER, etag: '"two"'});
    const [one, two] = await Promise.all([first, get()]);
    expect(one.equals(BYTES)).toBe(true);
    expect(two.equals(OTHER)).toBe(true);
    expect([BYTES, OTHER].some((bytes) => bytes.length === two.length)).toBe(true);
    expect((await get()).equals(OTHER)).toBe(true);
  });
});

describe('a cache', () => {
  it('may be a Map', async () => {
    served();
    const cache = new Map<string, Uint8Array>();
    await get({cache});
    await offline();
    expect((await get({cache, sha256: HASH})).equals(BYTES)).toBe(true);
    for (const [name, {length}] of cache) {
      expect(name).toMatch(/^[a-z0-9.~-]{1,80}$/);
      expect(length).toBeLessThanOrEqual(MIB);
    }
  });

  it('that fails costs no more than the copy, and is said once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    served();
    writeFileSync(folder, 'a file where the folder should be');
    expect((await get()).equals(BYTES)).toBe(true);
    expect(warn.mock.calls.length).toBe(1);
    expect(String(warn.mock.calls[0]![0])).toMatch(/cache failed.*ENOTDIR/);
  });

  it('holds no query of an address, which may be a key', async () => {
    served();
    url += '?key=secret';
    await get();
    for (const name of files()) expect(readFileSync(join(folder, name)).includes('secret')).toBe(false);
  });
});
