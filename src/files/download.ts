/**
 * One file over http into memory, and piece by piece into its place in the cache. Goes on where an earlier download broke
 * off if the server vouches that the file is still the same one (If-Range), else begins anew: bytes of two states of a
 * file never meet. Knows nothing of hashes.
 */
import {FormatError, StsError, UnavailableError} from '../util/errors';
import {GrowingBytes} from './growing_bytes';
import type {StoredFile, Validators} from './stored_file';

export interface DownloadOptions {
  readonly fetchFunc: typeof fetch;
  readonly signal: AbortSignal | undefined;
  /** Called with the bytes that are there, and with how many there will be where the server says. */
  readonly onBytes: (loaded: number, total: number | undefined) => void;
  /** No file of its kind is larger. */
  readonly maxBytes?: number;
  /** Takes nothing from what lies on the way or is left of an earlier download. */
  readonly anew?: boolean;
  /** The file that is at hand: if the server still has the same, there is nothing to do. */
  readonly unless?: Validators;
}

export interface Downloaded {
  readonly bytes: Uint8Array;
  readonly validators: Validators;
}

/** What is known of the file that is on its way. */
interface Incoming {
  readonly validators: Validators;
  readonly total: number | undefined;
}

/** How often one call goes on after a connection broke off. */
const MAX_RESUMPTIONS = 3;

/** Last-Modified counts seconds: only if it lies back is it sure that the file did not change twice in one of them. */
const SETTLED_MILLISECONDS = 60_000;

/**
 * @param stored where the pieces are kept; finishing is the caller's, who knows whether the file is the right one
 * @returns null when the file is still that of `unless`
 * @throws UnavailableError when the server refuses or the connection fails, which leaves what has come for the next call;
 *   FormatError for a file beyond `maxBytes`; the reason of the signal
 */
export function download(
  url: string,
  stored: StoredFile,
  options: DownloadOptions,
): Promise<Downloaded | null> {
  return new Download(url, stored, options).run();
}

class Download {
  private readonly body = new GrowingBytes();
  private incoming: Incoming | undefined;

  constructor(
    private readonly url: string,
    private readonly stored: StoredFile,
    private readonly options: DownloadOptions,
  ) {}

  async run(): Promise<Downloaded | null> {
    const {body, stored, options} = this;
    if (!options.anew) {
      const part = await stored.resume((piece) => body.append(piece));
      if (part !== undefined) this.incoming = {validators: part, total: part.bytes};
    }
    for (let resumptions = 0; ; resumptions++) {
      let response: Response | null = null;
      try {
        response = await this.open();
        if (response === null) return null;
        await this.receive(response);
        return {bytes: body.bytes, validators: this.incoming?.validators ?? {}};
      } catch (error) {
        await stored.keepRest(body.bytes);
        options.signal?.throwIfAborted();
        if (error instanceof StsError) throw error;
        // A server that answered may answer again.
        if (response === null || resumptions === MAX_RESUMPTIONS) throw this.brokeOff(error);
      }
    }
  }

  /** The answer whose bytes follow those that are there; null when there is nothing new. */
  private async open(): Promise<Response | null> {
    const {body, incoming, options} = this;
    const offer = body.length > 0 ? whatTellsApart(incoming?.validators) : undefined;
    const response = await this.request(conditions(body.length, offer, options.unless));
    if (response.status === 304 && options.unless !== undefined) return null;
    if (offer !== undefined && incoming !== undefined && continues(response, body.length, incoming)) {
      body.reserve(incoming.total ?? 0);
      return response;
    }
    if (response.status !== 206 && response.status !== 416) return this.begin(response);
    // A part that is not the one asked for is of no use: the whole, then.
    discard(response);
    return this.begin(await this.request({}));
  }

  private async begin(response: Response): Promise<Response> {
    if (!response.ok || response.status === 206) {
      discard(response);
      throw new UnavailableError(
        `cannot read ${this.url}: the server answered ${response.status} ${response.statusText}`.trim() +
          '. Is the address right?',
      );
    }
    this.incoming = incomingOf(response);
    const {validators, total} = this.incoming;
    this.body.clear();
    this.reserve(total ?? 0);
    await this.stored.begin(validators, whatTellsApart(validators) === undefined ? undefined : total);
    return response;
  }

  private async receive(response: Response): Promise<void> {
    const {body, stored, options, incoming} = this;
    for await (const chunk of chunksOf(response, options.signal)) {
      body.append(chunk);
      if (options.maxBytes !== undefined && body.length > options.maxBytes) {
        throw new FormatError(
          `${this.url} has more than ${options.maxBytes} bytes, which no file of its kind has.`,
        );
      }
      await stored.keep(body.bytes);
      options.onBytes(body.length, incoming?.total);
    }
  }

  /**
   * A page may ask another origin with such headers only if that origin allows them, and learns no more than that the
   * request failed; without them it is an ordinary one.
   */
  private async request(headers: Record<string, string>): Promise<Response> {
    const {fetchFunc, signal, anew} = this.options;
    signal?.throwIfAborted();
    const init: RequestInit = {...(signal && {signal}), ...(anew && {cache: 'reload'})};
    const plain = () => abortable(fetchFunc(this.url, init), signal);
    if (Object.keys(headers).length === 0) return plain();
    try {
      return await abortable(fetchFunc(this.url, {...init, headers}), signal);
    } catch {
      signal?.throwIfAborted();
      return plain();
    }
  }

  private reserve(total: number): void {
    try {
      this.body.reserve(total);
    } catch (error) {
      throw new UnavailableError(`${this.url} has ${total} bytes, more than can be allocated here.`, {
        cause: error,
      });
    }
  }

  private brokeOff(cause: unknown): UnavailableError {
    const {url, body, incoming} = this;
    const {message, cause: deeper} = cause as Error & {cause?: {message?: string}};
    const reason = deeper?.message ?? message;
    const came = body.length > 0 ? ` after ${body.length} of ${incoming?.total ?? 'unknown'} bytes` : '';
    const next =
      came === ''
        ? 'Is the address right, and the network there?'
        : 'Call again to go on, if the server can do that.';
    return new UnavailableError(`cannot read ${url}: ${reason}${came}. ${next}`, {cause});
  }
}

/** The request headers under which the rest is sent, or nothing if nothing is new. */
function conditions(
  offset: number,
  offer: string | undefined,
  unless: Validators | undefined,
): Record<string, string> {
  if (offer !== undefined) return {Range: `bytes=${offset}-`, 'If-Range': offer};
  return {
    ...(unless?.etag && {'If-None-Match': unless.etag}),
    ...(unless?.lastModified && {'If-Modified-Since': unless.lastModified}),
  };
}

/** What tells this state of the file from all others, for If-Range; undefined when nothing does for sure. */
function whatTellsApart(validators: Validators | undefined): string | undefined {
  if (validators?.etag) return validators.etag.startsWith('W/') ? undefined : validators.etag;
  return validators?.lastModified;
}

/** Whether an answer holds what follows the first `offset` bytes of the same file. Other origins may hide headers. */
function continues({status, headers}: Response, offset: number, {validators, total}: Incoming): boolean {
  if (status !== 206) return false;
  const [range, etag] = [headers.get('content-range'), headers.get('etag')];
  const rest = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range ?? `bytes ${offset}-0/*`);
  const isRest = Number(rest?.[1]) === offset && (rest?.[2] === '*' || Number(rest?.[2]) === total);
  return isRest && (etag === null || etag === validators.etag);
}

function incomingOf({headers}: Response): Incoming {
  const [etag, lastModified] = [headers.get('etag'), headers.get('last-modified')];
  const now = Date.parse(headers.get('date') ?? '') || Date.now();
  const isSettled = lastModified !== null && now - Date.parse(lastModified) >= SETTLED_MILLISECONDS;
  const length = headers.get('content-length') ?? '';
  // Of a compressed answer it counts the compressed bytes.
  const isLength = /^\d+$/.test(length) && !headers.has('content-encoding');
  return {
    validators: {...(etag && {etag}), ...(isSettled && {lastModified})},
    total: isLength ? Number(length) : undefined,
  };
}

async function* chunksOf(response: Response, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  // Some stand-ins for fetch have no such stream.
  const reader = response.body?.getReader?.();
  if (reader === undefined) {
    yield new Uint8Array(await abortable(response.arrayBuffer(), signal));
    return;
  }
  try {
    for (;;) {
      const {done, value} = await abortable(reader.read(), signal);
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Ends a connection of which no more is wanted. */
function discard(response: Response): void {
  response.body?.cancel?.().catch(() => {});
}

/** A promise that does not outlast the signal, whatever it waits for. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    // Of what is past there is no event.
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, {once: true});
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
