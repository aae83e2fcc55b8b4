/**
 * A file at an http address: from the cache if it is known to be the right one or the server says that it is unchanged,
 * else fetched. Compares hashes before anyone uses a byte.
 */
import {FormatError, UnavailableError} from '../util/errors';
import type {ModelCache} from './cache';
import {type Downloaded, type DownloadOptions, download} from './download';
import {sha256} from './sha256';
import {StoredFile, type Whole} from './stored_file';

/** What a file must be. */
export interface Expected {
  /** Hexadecimal. */
  readonly sha256?: string;
  /** No file of its kind is larger. */
  readonly maxBytes?: number;
}

export interface Network {
  readonly fetchFunc: typeof fetch;
  readonly cache: ModelCache | undefined;
  readonly signal: AbortSignal | undefined;
}

type OnBytes = DownloadOptions['onBytes'];

/**
 * The bytes of a file, in one array. With a hash: the copy in the cache if it is that, without any network, else the file
 * as the server has it, fetched a second time if it is not that. Without: what the server has now, or the copy in the
 * cache if the server says that it is the same or cannot be asked, which is said on the console.
 *
 * @throws UnavailableError when neither server nor cache has the file; FormatError when what they have is not what is
 *   expected; the reason of the signal
 */
export async function readRemote(
  url: string,
  expected: Expected,
  network: Network,
  onBytes: OnBytes,
): Promise<Uint8Array> {
  const stored = await StoredFile.open(network.cache, url);
  const whole = await stored.whole();
  const file = new RemoteFile(url, expected, network, stored, onBytes);
  if (expected.sha256 === undefined) return file.newest(whole);
  const isRight = whole !== undefined && whole.sha256 === expected.sha256;
  const bytes = isRight ? await stored.read(whole, onBytes) : undefined;
  return bytes ?? file.fetchRight(expected.sha256);
}

/** Drops what the cache has of a file that turned out to be of no use. */
export async function forgetRemote(url: string, {cache}: Network): Promise<void> {
  await (await StoredFile.open(cache, url)).forget();
}

class RemoteFile {
  constructor(
    private readonly url: string,
    private readonly expected: Expected,
    private readonly network: Network,
    private readonly stored: StoredFile,
    private readonly onBytes: OnBytes,
  ) {}

  async fetchRight(needed: string): Promise<Uint8Array> {
    let hash = '';
    for (const anew of [false, true]) {
      const fetched = (await this.download({anew}))!;
      hash = await sha256(fetched.bytes);
      if (hash === needed) return this.keep(fetched, hash);
      await this.stored.forget();
    }
    throw new FormatError(
      `${this.url} is damaged or another file: its sha256 is ${hash}, needed is ${needed}; it was downloaded twice.`,
    );
  }

  async newest(whole: Whole | undefined): Promise<Uint8Array> {
    const fetched = whole === undefined ? await this.download({}) : await this.unlessSame(whole);
    if (fetched instanceof Uint8Array) return fetched;
    return this.keep(fetched!, this.stored.keeps ? await sha256(fetched!.bytes) : '');
  }

  /** What the server has instead of the copy in the cache, or the copy. */
  private async unlessSame(whole: Whole): Promise<Downloaded | Uint8Array | null> {
    try {
      const fetched = await this.download({unless: whole});
      return fetched ?? (await this.stored.read(whole, this.onBytes)) ?? (await this.download({anew: true}));
    } catch (error) {
      const copy = error instanceof UnavailableError && (await this.stored.read(whole, this.onBytes));
      if (!copy) throw error;
      console.warn(`tfjs-sts: ${(error as Error).message} The copy in the cache is used.`);
      return copy;
    }
  }

  private async keep({bytes, validators}: Downloaded, hash: string): Promise<Uint8Array> {
    await this.stored.finish(bytes, hash, validators);
    return bytes;
  }

  private download(how: Pick<DownloadOptions, 'anew' | 'unless'>): Promise<Downloaded | null> {
    const {network, expected, onBytes} = this;
    const {fetchFunc, signal} = network;
    const {maxBytes} = expected;
    return download(this.url, this.stored, {
      fetchFunc,
      signal,
      onBytes,
      ...(maxBytes !== undefined && {maxBytes}),
      ...how,
    });
  }
}
