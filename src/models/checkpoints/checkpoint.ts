/**
 * What a checkpoint is once it is read: an ordered map of names to lazy tensors, string metadata, and what else the
 * file held. Knows no file format and no model; formats/ make checkpoints, assign.ts gives them to models.
 */
import {FormatError, InvalidArgumentError} from '../../util/errors';
import {isOfKind} from '../../util/kinds';
import {checkOptions} from '../../util/names';
import {type CheckpointDtype, itemBytes} from './dtypes';
import {decodeBFloat16, decodeFloat16, encodeFloat16Array} from './float16';
import {countElements, gather, rowMajorStrides} from './strided';

/** Values of a tensor: F16 and BF16 come as float32 (exact), I64 as big integers, BOOL as 0 and 1. */
export type CheckpointValues =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

/** Bytes of a piece of a tensor while it is written. */
const PIECE_BYTES = 1 << 17;

/** Fills `target` with the elements from the one numbered `begin` on, in row-major order. */
export type FillElements = (target: Uint8Array, begin: number) => void;

/** One tensor of a checkpoint. Nothing is decoded or copied before a method asks for it, and nothing is cached. */
export class CheckpointEntry {
  protected static readonly stsKind: string = 'CheckpointEntry';

  static [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is the class that is asked about, which may be one derived from this.
    return isOfKind(this, value);
  }

  /** Number of elements. */
  readonly size: number;
  readonly shape: readonly number[];

  /**
   * @param load gives the elements in row-major order, little-endian; called once per `bytes()`.
   * @param beginPieces begins a tensor that is made piece by piece, where that takes less memory than `load`.
   * @throws InvalidArgumentError when the shape is not made of whole numbers from 0 up.
   */
  constructor(
    readonly dtype: CheckpointDtype,
    shape: readonly number[],
    private readonly load: () => Uint8Array,
    private readonly beginPieces?: () => FillElements,
  ) {
    const size = countElements(shape);
    if (size === null || !Number.isSafeInteger(size * itemBytes(dtype))) {
      throw new InvalidArgumentError(
        `CheckpointEntry: shape [${shape.join(', ')}] has no size that can be counted; lengths must be whole numbers from 0 up`,
      );
    }
    this.size = size;
    this.shape = Object.freeze([...shape]);
  }

  /** Bytes of the tensor in row-major order. */
  get byteLength(): number {
    return this.size * itemBytes(this.dtype);
  }

  /**
   * The elements in row-major order, little-endian. May be a window into the file that was read: do not write to it.
   *
   * @throws FormatError when the source gives another number of bytes than dtype and shape ask for.
   */
  bytes(): Uint8Array {
    const bytes = this.load();
    if (bytes.length !== this.byteLength) {
      throw new FormatError(
        `CheckpointEntry.bytes: the source gave ${bytes.length} bytes where ${this.dtype} [${this.shape.join(', ')}] needs ${this.byteLength}`,
      );
    }
    return bytes;
  }

  /**
   * The same bytes in pieces. What has to be made is made a piece at a time, in one and the same array: a piece is good
   * until the next one is asked for.
   *
   * @throws FormatError as `bytes` does.
   */
  *pieces(): IterableIterator<Uint8Array> {
    if (this.beginPieces === undefined) {
      yield this.bytes();
      return;
    }
    const fill = this.beginPieces();
    const width = itemBytes(this.dtype);
    const piece = new Uint8Array(Math.min(PIECE_BYTES, this.byteLength));
    for (let done = 0; done < this.byteLength; done += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, this.byteLength - done));
      fill(part, done / width);
      yield part;
    }
  }

  /** The values as a fresh typed array of their own kind (see {@link CheckpointValues}). */
  values(): CheckpointValues {
    const buffer = joined(this.pieces(), this.byteLength);
    switch (this.dtype) {
      case 'F64':
        return new Float64Array(buffer);
      case 'F32':
        return new Float32Array(buffer);
      case 'F16':
        return decodeFloat16(new Uint16Array(buffer));
      case 'BF16':
        return decodeBFloat16(new Uint16Array(buffer));
      case 'I64':
        return new BigInt64Array(buffer);
      case 'I32':
        return new Int32Array(buffer);
      case 'I16':
        return new Int16Array(buffer);
      case 'I8':
        return new Int8Array(buffer);
      case 'U8':
        return new Uint8Array(buffer);
      case 'BOOL':
        return new Uint8Array(buffer).map((byte) => (byte === 0 ? 0 : 1));
    }
  }

  /** The values as float32, rounded to nearest where the type is wider. */
  toFloat32(): Float32Array {
    const values = this.values();
    if (values instanceof Float32Array) return values;
    return Float32Array.from(values as ArrayLike<number | bigint>, Number);
  }

  /**
   * The same tensor with its axes in another order, lazily: result axis `i` is axis `axes[i]` of this tensor. PyTorch
   * `[out, in, time, height, width]` becomes TensorFlow `[time, height, width, in, out]` by `[2, 3, 4, 1, 0]`.
   *
   * @throws InvalidArgumentError when `axes` is no permutation of the axes.
   */
  transpose(axes: readonly number[]): CheckpointEntry {
    const rank = this.shape.length;
    if (axes.length !== rank || [...axes].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
      throw new InvalidArgumentError(
        `CheckpointEntry.transpose: axes [${axes.join(', ')}] do not reorder shape [${this.shape.join(', ')}]; give every axis 0..${rank - 1} once`,
      );
    }
    const strides = rowMajorStrides(this.shape);
    const shape = axes.map((axis) => this.shape[axis]!);
    const order = axes.map((axis) => strides[axis]!);
    const width = itemBytes(this.dtype);
    return new CheckpointEntry(
      this.dtype,
      shape,
      () => gather(this.bytes(), width, shape, order, 0),
      () => {
        const source = this.bytes();
        return (target, begin) => gather(source, width, shape, order, 0, target, begin);
      },
    );
  }

  /**
   * The same elements in the same order under another shape, lazily.
   *
   * @throws InvalidArgumentError when the number of elements differs.
   */
  reshape(shape: readonly number[]): CheckpointEntry {
    const reshaped = new CheckpointEntry(this.dtype, shape, () => this.bytes(), this.beginPieces);
    if (reshaped.size !== this.size) {
      throw new InvalidArgumentError(
        `CheckpointEntry.reshape: [${this.shape.join(', ')}] has ${this.size} elements, [${shape.join(', ')}] has ${reshaped.size}`,
      );
    }
    return reshaped;
  }

  /**
   * The same tensor stored as F32 or F16 (rounded to nearest even, once), lazily.
   *
   * @throws InvalidArgumentError for a tensor of integers or truth values: those are not to be rounded by accident.
   */
  toFloat(dtype: 'F32' | 'F16'): CheckpointEntry {
    if (this.dtype === dtype) return this;
    if (!['F64', 'F32', 'F16', 'BF16'].includes(this.dtype)) {
      throw new InvalidArgumentError(
        `CheckpointEntry.toFloat: the tensor is ${this.dtype}, not a floating-point type; use values() and entryOf`,
      );
    }
    return this.map(dtype, (part) =>
      dtype === 'F32'
        ? bytesOf(part.toFloat32())
        : bytesOf(encodeFloat16Array(part.values() as Float32Array | Float64Array)),
    );
  }

  /**
   * A tensor of the same shape whose elements are made of those of this one, each of the one in its place, lazily.
   *
   * @param convert gives the elements for a part of this tensor, whose first element is the one numbered `begin` here
   */
  map(
    dtype: CheckpointDtype,
    convert: (part: CheckpointEntry, begin: number) => Uint8Array,
  ): CheckpointEntry {
    return new CheckpointEntry(
      dtype,
      this.shape,
      () => convert(this, 0),
      () => {
        const read = this.elements();
        return (target, begin) => {
          const count = target.length / itemBytes(dtype);
          target.set(convert(new CheckpointEntry(this.dtype, [count], () => read(begin, count)), begin));
        };
      },
    );
  }

  /** Begins to read pieces, each good until the next one. */
  private elements(): (begin: number, count: number) => Uint8Array {
    const width = itemBytes(this.dtype);
    const fill = this.beginPieces?.();
    if (fill === undefined) {
      const bytes = this.bytes();
      return (begin, count) => bytes.subarray(begin * width, (begin + count) * width);
    }
    let piece = new Uint8Array(0);
    return (begin, count) => {
      if (piece.length !== count * width) piece = new Uint8Array(count * width);
      fill(piece, begin);
      return piece;
    };
  }
}

/**
 * An entry over values that are at hand; the type follows from the array. The array is not copied.
 *
 * @throws InvalidArgumentError when the number of values is not that of the shape.
 */
export function entryOf(values: CheckpointValues, shape: readonly number[]): CheckpointEntry {
  const entry = new CheckpointEntry(dtypeOf(values), shape, () => bytesOf(values));
  if (entry.size !== values.length) {
    throw new InvalidArgumentError(
      `entryOf: ${values.length} values given for shape [${shape.join(', ')}], which needs ${entry.size}`,
    );
  }
  return entry;
}

/** The contents of a checkpoint file, or of a model about to become one. Iterates over `[name, entry]` in file order. */
export class Checkpoint implements Iterable<[string, CheckpointEntry]> {
  protected static readonly stsKind: string = 'Checkpoint';

  static [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is the class that is asked about, which may be one derived from this.
    return isOfKind(this, value);
  }

  /** Name to tensor, in the order of the file, names as in the file. */
  readonly tensors: ReadonlyMap<string, CheckpointEntry>;
  /** String metadata (safetensors). */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * What a PyTorch file held besides the tensors, otherwise null. Dicts are Maps, lists arrays, tuples frozen arrays,
   * sets Sets, bytes Uint8Arrays, integers above 2^53 bigints, tensors `CheckpointEntry`; anything else is a
   * `PickledObject` or `GlobalRef`, named but never brought to life. May refer to itself: do not walk it blindly.
   */
  readonly extra: unknown;
  /** The keys under which a PyTorch file held the tensors: `['state_dict']`; none when they were at its root. */
  readonly at: readonly string[];

  constructor(
    tensors: Iterable<readonly [string, CheckpointEntry]>,
    contents: {metadata?: ReadonlyMap<string, string>; extra?: unknown; at?: readonly string[]} = {},
  ) {
    checkOptions('new Checkpoint', contents, ['metadata', 'extra', 'at']);
    this.tensors = new Map(tensors);
    this.metadata = contents.metadata ?? new Map();
    this.extra = contents.extra ?? null;
    this.at = contents.at ?? [];
  }

  /** Names in file order. */
  names(): string[] {
    return [...this.tensors.keys()];
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /**
   * The tensor of a name.
   *
   * @throws InvalidArgumentError when there is none.
   */
  get(name: string): CheckpointEntry {
    const entry = this.tensors.get(name);
    if (entry) return entry;
    throw new InvalidArgumentError(
      `Checkpoint.get: no tensor ${JSON.stringify(name)}; the checkpoint holds ${this.tensors.size}, names() lists them`,
    );
  }

  [Symbol.iterator](): IterableIterator<[string, CheckpointEntry]> {
    return this.tensors.entries();
  }
}

function joined(pieces: Iterable<Uint8Array>, byteLength: number): ArrayBuffer {
  const whole = new Uint8Array(byteLength);
  let position = 0;
  for (const piece of pieces) {
    whole.set(piece, position);
    position += piece.length;
  }
  return whole.buffer;
}

function bytesOf(values: CheckpointValues | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** By name and not by `instanceof`: the array may be of another realm, such as that of a test runner's page. */
function dtypeOf(values: CheckpointValues): CheckpointDtype {
  const dtype = DTYPES.get(values[Symbol.toStringTag]);
  if (dtype !== undefined) return dtype;
  throw new InvalidArgumentError(
    `entryOf: the values are ${Object.prototype.toString.call(values)}; give one of ${[...DTYPES.keys()].join(', ')}`,
  );
}

const DTYPES: ReadonlyMap<string, CheckpointDtype> = new Map([
  ['Float64Array', 'F64'],
  ['Float32Array', 'F32'],
  ['BigInt64Array', 'I64'],
  ['Int32Array', 'I32'],
  ['Int16Array', 'I16'],
  ['Int8Array', 'I8'],
  ['Uint8Array', 'U8'],
]);
