/**
 * Builds pickles, PyTorch files and zip archives byte by byte, as a writer with bad intentions would. Shares no code
 * with the readers.
 */
const utf8 = new TextEncoder();

export type Piece = number | string | Uint8Array | readonly Piece[];

/** Joins bytes, text and lists of them. */
export function join(...pieces: readonly Piece[]): Uint8Array {
  const bytes: number[] = [];
  const add = (piece: Piece): void => {
    if (typeof piece === 'number') bytes.push(piece & 255);
    else if (typeof piece === 'string') add(utf8.encode(piece));
    else for (const part of piece) add(part);
  };
  add(pieces);
  return Uint8Array.from(bytes);
}

/** A little-endian number. */
export function le(value: number | bigint, count: number): number[] {
  return Array.from({length: count}, (_, i) =>
    Number((BigInt.asUintN(64, BigInt(value)) >> BigInt(8 * i)) & 255n),
  );
}

/** Opcodes, as pickletools names them. */
export const op = {
  proto: [0x80, 2],
  stop: '.',
  mark: '(',
  none: 'N',
  no: 0x89,
  dict: '}',
  list: ']',
  unit: ')',
  reduce: 'R',
  build: 'b',
  newObject: 0x81,
  tuple: (...items: Piece[]): Piece => ['(', ...items, 't'],
  str: (text: string): Piece => ['X', le(utf8.encode(text).length, 4), text],
  int: (value: number | bigint): Piece => [0x8a, 9, le(value, 8), BigInt(value) < 0n ? 255 : 0],
  global: (module: string, name: string): Piece => ['c', module, '\n', name, '\n'],
  setItems: (...items: Piece[]): Piece => ['(', ...items, 'u'],
};

/** A whole pickle. */
export function pickle(...pieces: Piece[]): Uint8Array {
  return join(op.proto, ...pieces, op.stop);
}

export interface StorageSpec {
  key: string;
  type?: string;
  module?: string;
  count: number | bigint;
}

/** A persistent storage id. */
export function storage(
  {key, type = 'FloatStorage', module = 'torch', count}: StorageSpec,
  ...more: Piece[]
): Piece {
  const id = op.tuple(
    op.str('storage'),
    op.global(module, type),
    op.str(key),
    op.str('cpu'),
    op.int(count),
    ...more,
  );
  return [id, 'Q'];
}

/** A call of _rebuild_tensor_v2. */
export function tensor(
  from: Piece,
  offset: number | bigint,
  shape: readonly (number | bigint)[],
  strides: readonly (number | bigint)[],
  ...more: Piece[]
): Piece {
  const lengths = [op.tuple(...shape.map(op.int)), op.tuple(...strides.map(op.int))];
  const hooks = [op.global('collections', 'OrderedDict'), op.unit, op.reduce];
  const args = op.tuple(from, op.int(offset), ...lengths, op.no, hooks, ...more);
  return [op.global('torch._utils', '_rebuild_tensor_v2'), args, op.reduce];
}

/** The pickle of a dict of named values. */
export function dict(items: Record<string, Piece>): Piece {
  return [op.dict, op.setItems(...Object.entries(items).map(([name, value]) => [op.str(name), value]))];
}

export interface RawStorage {
  key: string;
  count: number;
  bytes: Uint8Array;
}

/** A legacy PyTorch file around a payload. */
export function legacyFile(payload: Piece, storages: readonly RawStorage[], littleEndian = true): Uint8Array {
  return join(
    pickle(0x8a, 10, [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]),
    pickle('M', le(1001, 2)),
    pickle(op.dict, op.str('little_endian'), littleEndian ? 0x88 : 0x89, 's'),
    pickle(payload),
    pickle(op.list, op.mark, ...storages.map(({key}) => op.str(key)), 'e'),
    ...storages.map(({count, bytes}) => [le(count, 8), bytes]),
  );
}

/** float32 bytes. */
export function floats(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

export interface ZipSpec {
  name: string;
  data: Uint8Array;
  crc: number;
  /** Sizes and offset in zip64 fields. */
  zip64?: boolean;
  /** Sizes after the data instead of before it. */
  descriptor?: boolean;
  method?: number;
  flags?: number;
  localName?: string;
  offset?: number;
}

/** A zip archive of stored entries. */
export function zipFile(
  specs: readonly ZipSpec[],
  {
    zip64 = false,
    comment = '',
    entries = specs.length,
  }: {zip64?: boolean; comment?: string; entries?: number} = {},
): Uint8Array {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const spec of specs) {
    const {name, data, crc, descriptor = false, method = 0} = spec;
    const flags = (spec.flags ?? 0) | (descriptor ? 8 : 0);
    const offset = spec.offset ?? at;
    const size = data.length;
    const localName = spec.localName ?? name;
    const sizes = descriptor ? [le(0, 12)] : [le(crc, 4), le(size, 4), le(size, 4)];
    const names = [le(localName.length, 2), le(3, 2), localName, 'ex', 0];
    const local = join(
      'PK',
      3,
      4,
      le(20, 2),
      le(flags, 2),
      le(method, 2),
      le(0, 4),
      ...sizes,
      ...names,
      data,
    );
    const after = descriptor ? join('PK', 7, 8, le(crc, 4), le(size, 4), le(size, 4)) : new Uint8Array(0);
    const wide = spec.zip64 ?? false;
    const extra = wide ? [le(1, 2), le(24, 2), le(size, 8), le(size, 8), le(offset, 8)] : [];
    const shown = wide ? 0xffffffff : size;
    central.push(
      join(
        ['PK', 1, 2, le(45, 2), le(45, 2), le(flags, 2), le(method, 2), le(0, 4), le(crc, 4)],
        [le(shown, 4), le(shown, 4), le(name.length, 2), le(wide ? 28 : 0, 2), le(0, 2), le(0, 2), le(0, 6)],
        [le(wide ? 0xffffffff : offset, 4), name, extra],
      ),
    );
    parts.push(local, after);
    at += local.length + after.length;
  }
  const directory = join(...central);
  const end64 = [
    ['PK', 6, 6, le(44, 8), le(45, 2), le(45, 2), le(0, 4), le(0, 4), le(entries, 8), le(entries, 8)],
    [le(directory.length, 8), le(at, 8)],
    ['PK', 6, 7, le(0, 4), le(at + directory.length, 8), le(1, 4)],
  ];
  const small = zip64 ? [le(0xffff, 2), le(0xffff, 2), le(0xffffffff, 4), le(0xffffffff, 4)] : [];
  const plain = [le(entries, 2), le(entries, 2), le(directory.length, 4), le(at, 4)];
  const end = ['PK', 5, 6, le(0, 4), ...(zip64 ? small : plain), le(comment.length, 2), comment];
  return join(...parts, directory, zip64 ? end64 : [], end);
}
