/**
 * One fetched file in a ModelCache. Its bytes lie there in pieces of 1 MiB under KEY.VERSION.0, .1, ...; KEY.file says that
 * they are whole, with their hash, and KEY.part that they are not yet. KEY is the hash of the address, VERSION a name
 * made up for each download, so that a half-fetched newer file never touches the whole older one. Two programs that fetch
 * the same state of a file go on with one version, and write the same into the same pieces.
 */
import type {ModelCache} from './cache';
import {sha256} from './sha256';

/** What a server said of the file that was fetched. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

/** A file that is on its way. */
export interface Part extends Validators {
  readonly version: string;
  /** Of the whole file. */
  readonly bytes: number;
}

/** A file that is there. */
export interface Whole extends Part {
  readonly sha256: string;
}

const PIECE_BYTES = 2 ** 20;

/** More than one array holds; a damaged note may claim it. */
const MAX_BYTES = 2 ** 33;

const piecesOf = (bytes: number) => Math.ceil(bytes / PIECE_BYTES);

export class StoredFile {
  private part: Part | undefined;
  /** So many pieces of the part are stored. */
  private kept = 0;

  private constructor(
    private cache: ModelCache | undefined,
    private readonly url: string,
    private readonly key: string,
  ) {}

  /** @param cache undefined: nothing is found, and nothing kept */
  static async open(cache: ModelCache | undefined, url: string): Promise<StoredFile> {
    const key = cache === undefined ? '' : await sha256(new TextEncoder().encode(url));
    return new StoredFile(cache, url, key.slice(0, 32));
  }

  get keeps(): boolean {
    return this.cache !== undefined;
  }

  whole(): Promise<Whole | undefined> {
    return this.note<Whole>('file', ['version', 'sha256']);
  }

  /** The bytes of a whole file; undefined when they are not those that were stored. */
  async read(
    whole: Whole,
    onBytes: (loaded: number, total: number) => void,
  ): Promise<Uint8Array | undefined> {
    let bytes: Uint8Array | undefined;
    let loaded = 0;
    // From the last on: that it is there proves the length, which a damaged note may have made up.
    for (let i = piecesOf(whole.bytes) - 1; i >= 0; i--) {
      const piece = await this.get(this.pieceName(whole.version, i));
      if (piece?.length !== pieceLength(whole.bytes, i)) return undefined;
      bytes ??= new Uint8Array(whole.bytes);
      bytes.set(piece, i * PIECE_BYTES);
      loaded += piece.length;
      onBytes(loaded, whole.bytes);
    }
    return bytes !== undefined && (await sha256(bytes)) === whole.sha256 ? bytes : undefined;
  }

  /**
   * Finds what an interrupted download left.
   *
   * @param append is called with its bytes, in order
   * @returns of which file they are; undefined when there are none
   */
  async resume(append: (piece: Uint8Array) => void): Promise<Part | undefined> {
    this.part = await this.note<Part>('part', ['version']);
    this.kept = 0;
    if (this.part === undefined) return undefined;
    const {version, bytes} = this.part;
    for (; this.kept < piecesOf(bytes); this.kept++) {
      const piece = await this.get(this.pieceName(version, this.kept));
      if (piece?.length !== pieceLength(bytes, this.kept)) break;
      append(piece);
    }
    const rest = await this.get(this.restName(version, this.kept));
    if (rest !== undefined && rest.length < pieceLength(bytes, this.kept)) append(rest);
    return this.part;
  }

  /**
   * A download begins at byte 0.
   *
   * @param bytes of the whole file; undefined when what is fetched before an interruption is of no use
   */
  async begin(validators: Validators, bytes: number | undefined): Promise<void> {
    const old = this.part ?? (await this.note<Part>('part', ['version']));
    const {etag, lastModified} = validators;
    const isSame = old?.bytes === bytes && old?.etag === etag && old?.lastModified === lastModified;
    this.kept = 0;
    if (old !== undefined && isSame) {
      this.part = old;
      return;
    }
    this.part = bytes === undefined ? undefined : {...validators, bytes, version: newVersion()};
    if (this.part !== undefined) await this.setNote('part', this.part);
    else await this.remove(`${this.key}.part`);
    if (old !== undefined) await this.removePieces(old);
  }

  /** Keeps the pieces that are full by now. @param bytes all that has come so far */
  async keep(bytes: Uint8Array): Promise<void> {
    if (this.part === undefined) return;
    while ((this.kept + 1) * PIECE_BYTES <= bytes.length) await this.keepPiece(this.part.version, bytes);
  }

  /** The download broke off: keeps what does not fill a piece, under another name than the piece will have. */
  async keepRest(bytes: Uint8Array): Promise<void> {
    const rest = bytes.subarray(this.kept * PIECE_BYTES);
    if (this.part !== undefined && rest.length > 0) {
      await this.set(this.restName(this.part.version, this.kept), rest);
    }
  }

  /** The file is there and is the right one: from now on it is found. */
  async finish(bytes: Uint8Array, hash: string, validators: Validators): Promise<void> {
    const [old, part] = [await this.whole(), await this.note<Part>('part', ['version'])];
    // Whoever began another version in the meantime has removed the pieces of this one.
    if (this.part === undefined || part?.version !== this.part.version) this.kept = 0;
    const version = this.part?.version ?? newVersion();
    while (this.kept < piecesOf(bytes.length)) await this.keepPiece(version, bytes);
    await this.setNote('file', {...validators, version, bytes: bytes.length, sha256: hash});
    for (let i = 0; i < piecesOf(bytes.length); i++) await this.remove(this.restName(version, i));
    if (part?.version === version) await this.remove(`${this.key}.part`);
    if (old !== undefined && old.version !== version) await this.removePieces(old);
  }

  /** What has come is not to be used, neither the whole file nor a part of it. */
  async forget(): Promise<void> {
    for (const kind of ['file', 'part']) {
      const note = await this.note<Part>(kind, ['version']);
      await this.remove(`${this.key}.${kind}`);
      if (note !== undefined) await this.removePieces(note);
    }
    this.part = undefined;
    this.kept = 0;
  }

  private pieceName = (version: string, i: number) => `${this.key}.${version}.${i}`;
  private restName = (version: string, i: number) => `${this.pieceName(version, i)}~`;

  private async keepPiece(version: string, bytes: Uint8Array): Promise<void> {
    const start = this.kept * PIECE_BYTES;
    await this.set(this.pieceName(version, this.kept), bytes.subarray(start, start + PIECE_BYTES));
    this.kept++;
  }

  private async removePieces({version, bytes}: Part): Promise<void> {
    for (let i = 0; i < piecesOf(bytes); i++) {
      await this.remove(this.pieceName(version, i));
      await this.remove(this.restName(version, i));
    }
  }

  /** A note, if it is there and has what it needs. */
  private async note<T extends Part>(kind: string, needed: readonly (keyof T)[]): Promise<T | undefined> {
    const text = await this.get(`${this.key}.${kind}`);
    try {
      const note = JSON.parse(new TextDecoder().decode(text));
      const isLength = Number.isInteger(note.bytes) && note.bytes >= 0 && note.bytes <= MAX_BYTES;
      const isWhole = isLength && needed.every((key) => typeof note[key] === 'string');
      return isWhole && /^\w+$/.test(note.version) ? note : undefined;
    } catch {
      return undefined;
    }
  }

  private setNote(kind: string, note: Part | Whole): Promise<void> {
    // Without what may be a key to the file.
    const {origin, pathname} = new URL(this.url);
    const text = JSON.stringify({url: origin + pathname, ...note});
    return this.set(`${this.key}.${kind}`, new TextEncoder().encode(text));
  }

  private get(name: string): Promise<Uint8Array | undefined> {
    return this.attempt(async (cache) => cache.get(name));
  }

  private async set(name: string, bytes: Uint8Array): Promise<void> {
    await this.attempt(async (cache) => void (await cache.set(name, bytes)));
  }

  private async remove(name: string): Promise<void> {
    await this.attempt(async (cache) => void (await cache.delete(name)));
  }

  /** A cache that fails (a full disk, a folder of another user) is said, and no longer used: the file itself is fine. */
  private async attempt<T>(act: (cache: ModelCache) => Promise<T>): Promise<T | undefined> {
    if (this.cache === undefined) return undefined;
    try {
      return await act(this.cache);
    } catch (error) {
      this.cache = undefined;
      console.warn(`tfjs-sts: the cache failed, ${this.url} is not kept in it: ${(error as Error).message}`);
      return undefined;
    }
  }
}

function pieceLength(bytes: number, i: number): number {
  return Math.min(PIECE_BYTES, bytes - i * PIECE_BYTES);
}

const newVersion = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(36)).join('');
