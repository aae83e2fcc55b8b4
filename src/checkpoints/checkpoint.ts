/**
 * What a checkpoint is once it is read: an ordered map of names to lazy tensors, string metadata, and what else the
 * file held. Knows no file format and no model; formats/ make checkpoints, assign.ts gives them to models.
 */
import {FormatError, InvalidArgumentError} from '../util/errors';
import {decodeBFloat16, decodeFloat16, encodeFloat16Array} from './float16';
import {countElements, gather, rowMajorStrides} from './strided';

/** Element types, by their safetensors names. */
export type CheckpointDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

/** Values of a tensor: F16 and BF16 come as float32 (exact), I64 as big integers, BOOL as 0 and 1. */
export type CheckpointValues =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

const ITEM_BYTES: ReadonlyMap<string, number> = new Map<CheckpointDtype, number>([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I64', 8],
  ['I32', 4],
  ['I16', 2],
  ['I8', 1],
  ['U8', 1],
  ['BOOL', 1],
]);

/** The supported element types. */
export const CHECKPOINT_DTYPES = [...ITEM_BYTES.keys()] as readonly CheckpointDtype[];

/** Whether a string names a supported element type. */
export function isCheckpointDtype(name: string): name is CheckpointDtype {
  return ITEM_BYTES.has(name);
}

/** Bytes of one element. */
export function itemBytes(dtype: CheckpointDtype): number {
  return ITEM_BYTES.get(dtype)!;
}

/** One tensor of a checkpoint. Nothing is decoded or copied before a method asks for it, and nothing is cached. */
export class CheckpointEntry {
  /** Number of elements. */
  readonly size: number;
  readonly shape: readonly number[];

  /**
   * @param load gives the elements in row-major order, little-endian; called once per `bytes()`.
   * @throws InvalidArgumentError when the shape is not made of whole numbers from 0 up.
   */
  constructor(
    readonly dtype: CheckpointDtype,
    shape: readonly number[],
    private readonly load: () => Uint8Array,
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

  /** The values as a fresh typed array of their own kind (see {@link CheckpointValues}). */
  values(): CheckpointValues {
    const buffer = copyOf(this.bytes());
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
    return new CheckpointEntry(this.dtype, shape, () =>
      gather(this.bytes(), itemBytes(this.dtype), shape, order, 0),
    );
  }

  /**
   * The same elements in the same order under another shape, lazily.
   *
   * @throws InvalidArgumentError when the number of elements differs.
   */
  reshape(shape: readonly number[]): CheckpointEntry {
    const reshaped = new CheckpointEntry(this.dtype, shape, () => this.bytes());
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
    return new CheckpointEntry(dtype, this.shape, () =>
      dtype === 'F32'
        ? bytesOf(this.toFloat32())
        : bytesOf(encodeFloat16Array(this.values() as Float32Array | Float64Array)),
    );
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

  constructor(
    tensors: Iterable<readonly [string, CheckpointEntry]>,
    contents: {metadata?: ReadonlyMap<string, string>; extra?: unknown} = {},
  ) {
    this.tensors = new Map(tensors);
    this.metadata = contents.metadata ?? new Map();
    this.extra = contents.extra ?? null;
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

function copyOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy.buffer;
}

function bytesOf(values: CheckpointValues | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function dtypeOf(values: CheckpointValues): CheckpointDtype {
  if (values instanceof Float64Array) return 'F64';
  if (values instanceof Float32Array) return 'F32';
  if (values instanceof BigInt64Array) return 'I64';
  if (values instanceof Int32Array) return 'I32';
  if (values instanceof Int16Array) return 'I16';
  if (values instanceof Int8Array) return 'I8';
  return 'U8';
}
