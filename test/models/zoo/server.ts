/** An http server on this machine that serves files as well, and as badly, as a test wants. */
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';

export interface Served {
  bytes: Uint8Array;
  etag?: string;
  lastModified?: string;
  /** Ignores Range. */
  noRanges?: boolean;
  /** Says nothing of the length. */
  chunked?: boolean;
  /** The connection breaks after so many bytes of an answer, once for each number. */
  breaks?: number[];
  /** These instead of the right ones, once for each. */
  instead?: Uint8Array[];
  status?: number;
  /** Sends so many bytes and then nothing more. */
  stallsAfter?: number;
}

export interface Asked {
  path: string;
  range: string | undefined;
  ifRange: string | undefined;
  ifNoneMatch: string | undefined;
  ifModifiedSince: string | undefined;
  status: number;
}

export interface Server {
  origin: string;
  files: Record<string, Served>;
  asked: Asked[];
  close(): Promise<void>;
}

export async function serve(files: Record<string, Served> = {}): Promise<Server> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => answer(files, asked, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    files,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  files: Record<string, Served>,
  asked: Asked[],
  {url = '', headers}: IncomingMessage,
  response: ServerResponse,
): void {
  const [path = ''] = url.split('?');
  const file = files[path.slice(1)];
  const note = (status: number): number => {
    asked.push({
      path,
      range: headers.range,
      ifRange: headers['if-range'] as string | undefined,
      ifNoneMatch: headers['if-none-match'],
      ifModifiedSince: headers['if-modified-since'],
      status,
    });
    return status;
  };
  if (file === undefined || file.status !== undefined) {
    response.writeHead(note(file?.status ?? 404)).end('no such file');
    return;
  }
  const {etag, lastModified, noRanges, chunked, stallsAfter} = file;
  const validators = {...(etag && {ETag: etag}), ...(lastModified && {'Last-Modified': lastModified})};
  const isKnown =
    headers['if-none-match'] === undefined
      ? lastModified !== undefined && headers['if-modified-since'] === lastModified
      : headers['if-none-match'] === etag;
  if (isKnown) {
    response.writeHead(note(304), validators).end();
    return;
  }
  const whole = file.instead?.shift() ?? file.bytes;
  const isSame =
    headers['if-range'] === undefined || [etag, lastModified].includes(String(headers['if-range']));
  const offset = noRanges || !isSame ? undefined : /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1];
  const bytes = whole.subarray(Number(offset ?? 0));
  response.writeHead(note(offset === undefined ? 200 : 206), {
    ...validators,
    ...(!chunked && {'Content-Length': bytes.length}),
    ...(offset !== undefined && {
      'Content-Range': `bytes ${offset}-${whole.length - 1}/${whole.length}`,
    }),
  });
  const limit = file.breaks?.shift() ?? stallsAfter ?? Number.POSITIVE_INFINITY;
  if (limit >= bytes.length) response.end(bytes);
  else
    response.write(
      bytes.subarray(0, limit),
      () => stallsAfter === undefined && setTimeout(() => response.destroy(), 20),
    );
}

/** Bytes that look like noise and are the same every time. */
export function noise(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** A fetch whose answers break off after so many bytes, one answer for each number, however fast they come. */
export function breaking(...limits: number[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const limit = limits.shift();
    if (limit === undefined || response.body === null) return response;
    const reader = response.body.getReader();
    let left = limit;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const {value} = left > 0 ? await reader.read() : {};
        if (value === undefined) return controller.error(new TypeError('terminated'));
        controller.enqueue(value.subarray(0, left));
        left -= Math.min(left, value.length);
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(body, {status: response.status, headers: response.headers});
  };
}
