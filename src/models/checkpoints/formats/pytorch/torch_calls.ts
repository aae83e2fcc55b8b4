/**
 * What PyTorch pickles mean: storages and tensors over them. Shared by the zip and the legacy format, which differ only in
 * where the storages' bytes are. Where in a payload the weights are: find_weights.ts. A tensor of a kind that is not read
 * stays the record of its making; unread_tensors.ts explains such records.
 * Source: torch/_utils.py, torch/serialization.py (versions 0.4 to 2.x).
 */
import {FormatError} from '../../../../util/errors';
import {CheckpointEntry} from '../../checkpoint';
import {type CheckpointDtype, itemBytes} from '../../dtypes';
import {countElements, endOfView, gather, isRowMajor} from '../../strided';
import {quoted} from '../format';
import {badArguments, pythonCalls} from '../pickle/python_calls';
import {
  described,
  GlobalRef,
  isTuple,
  type PickleCall,
  PickledObject,
  type PickleHost,
  type PyTuple,
} from '../pickle/python_values';

/**
 * How many bytes all tensors of a file together may claim beyond their storages. Only expanded and overlapping views
 * claim any; a stride of 0 could otherwise turn 4 bytes into terabytes.
 */
const MAX_EXPANSION_BYTES = 64 * 2 ** 20;
const MAX_RANK = 64;

const STORAGE_DTYPES: ReadonlyMap<string, CheckpointDtype> = new Map<string, CheckpointDtype>([
  ['DoubleStorage', 'F64'],
  ['FloatStorage', 'F32'],
  ['HalfStorage', 'F16'],
  ['BFloat16Storage', 'BF16'],
  ['LongStorage', 'I64'],
  ['IntStorage', 'I32'],
  ['ShortStorage', 'I16'],
  ['CharStorage', 'I8'],
  ['ByteStorage', 'U8'],
  ['UntypedStorage', 'U8'],
  ['BoolStorage', 'BOOL'],
]);

/** Bytes of an element of the types that are not read: the legacy format lays storages end to end. */
const OTHER_STORAGES: ReadonlyMap<string, number> = new Map([
  ['ComplexFloatStorage', 8],
  ['ComplexDoubleStorage', 16],
  ['QInt8Storage', 1],
  ['QUInt8Storage', 1],
  ['QInt32Storage', 4],
  ['QUInt4x2Storage', 1],
  ['QUInt2x4Storage', 1],
]);

const TORCH_DTYPES: ReadonlyMap<string, CheckpointDtype> = new Map<string, CheckpointDtype>([
  ['float64', 'F64'],
  ['float32', 'F32'],
  ['float16', 'F16'],
  ['bfloat16', 'BF16'],
  ['int64', 'I64'],
  ['int32', 'I32'],
  ['int16', 'I16'],
  ['int8', 'I8'],
  ['uint8', 'U8'],
  ['bool', 'BOOL'],
]);

const REBUILD_TENSOR = new GlobalRef('torch._utils', '_rebuild_tensor_v2');
const REBUILD_TENSOR_OF_TYPE = new GlobalRef('torch._utils', '_rebuild_tensor_v3');
const REBUILD_FROM_TYPE = new GlobalRef('torch._tensor', '_rebuild_from_type_v2');

/** Classes that are plain tensors to us. */
const TENSOR_TYPES: ReadonlySet<string> = new Set([
  'torch Tensor',
  'torch._tensor Tensor',
  'torch.nn Parameter',
  'torch.nn.parameter Parameter',
  'torch.nn.parameter Buffer',
  'monai.data.meta_tensor MetaTensor',
]);

/** A flat piece of memory that tensors are windows of. The formats fill in `data`, little-endian. */
export class TorchStorage {
  data: Uint8Array | null = null;

  constructor(
    readonly key: string,
    /** PyTorch's class. */
    readonly type: GlobalRef,
    /** Null for a type that is not read. */
    readonly dtype: CheckpointDtype | null,
    /** Number of elements. */
    readonly count: number,
  ) {}

  /** Bytes of an element, undefined for a class that is not known at all. */
  get itemBytes(): number | undefined {
    return this.dtype === null ? OTHER_STORAGES.get(this.type.name) : itemBytes(this.dtype);
  }
}

/** The allow-list for one PyTorch file, and the storages that its pickle mentions. */
export class TorchHost implements PickleHost {
  readonly calls: ReadonlyMap<string, PickleCall>;
  /** By key, in order of first mention. */
  readonly storages = new Map<string, TorchStorage>();
  private expansionLeft = MAX_EXPANSION_BYTES;

  constructor() {
    const calls = pythonCalls();
    const tensor: PickleCall = (args) => this.rebuildTensor(args);
    const parameter: PickleCall = ([data]) =>
      data instanceof CheckpointEntry || data instanceof PickledObject
        ? data
        : badArguments('_rebuild_parameter', 'without a tensor');
    const rebuilders = new Map<string, PickleCall>([
      ['torch._utils _rebuild_tensor', tensor],
      ['torch._utils _rebuild_tensor_v2', tensor],
      ['torch._utils _rebuild_tensor_v3', (args) => this.rebuildTensorOfType(args)],
      ['torch._utils _rebuild_parameter', parameter],
      ['torch._utils _rebuild_parameter_with_state', parameter],
    ]);
    for (const [key, call] of rebuilders) calls.set(key, call);
    calls.set('torch._tensor _rebuild_from_type_v2', (args) => rebuildFromType(args, rebuilders));
    calls.set('torch Size', size);
    this.calls = calls;
  }

  /** `('storage', class, key, location, count[, view])`, or `('module', class, file, source)` of the legacy format. */
  persistentLoad(id: unknown): unknown {
    if (!isTuple(id)) return badArguments('persistent_load', 'with something that is no storage');
    if (id[0] === 'module' && id[1] instanceof GlobalRef) return id[1];
    if (id[0] !== 'storage' || (id.length !== 5 && id.length !== 6))
      return badArguments('persistent_load', 'with something that is no storage');
    const [, type, key, , count, view] = id;
    if (!(type instanceof GlobalRef) || typeof key !== 'string')
      return badArguments('persistent_load', 'without a key');
    if (view !== null && view !== undefined) {
      throw new FormatError(
        `storage ${quoted(key)} is a view of another one, as only PyTorch before 0.4 wrote them; load and save the file with a newer PyTorch`,
      );
    }
    const isTorch = /^torch(\.cuda|\.storage)?$/.test(type.module);
    const dtype = isTorch ? (STORAGE_DTYPES.get(type.name) ?? null) : null;
    if (!isCount(count) || !Number.isSafeInteger(count * (dtype === null ? 16 : itemBytes(dtype))))
      return badArguments('persistent_load', 'without a size');
    return this.storage(key, type, dtype, count);
  }

  private storage(key: string, type: GlobalRef, dtype: CheckpointDtype | null, count: number): TorchStorage {
    const known = this.storages.get(key);
    if (!known) {
      const storage = new TorchStorage(key, type, dtype, count);
      this.storages.set(key, storage);
      return storage;
    }
    if (known.type.name !== type.name || known.count !== count) {
      throw new FormatError(
        `storage ${quoted(key)} is mentioned as ${known.count} of ${described(known.type)} and as ${count} of ${described(type)}: the file is damaged`,
      );
    }
    return known;
  }

  /** `(storage, offset, size, stride[, requires_grad, hooks[, metadata]])`. */
  private rebuildTensor(args: PyTuple): CheckpointEntry | PickledObject {
    const [storage, offset, shape, strides, , , metadata] = args;
    if (!(storage instanceof TorchStorage)) return badArguments('_rebuild_tensor', 'without a storage');
    if (storage.dtype === null || hasFlags(metadata)) return new PickledObject(REBUILD_TENSOR, args);
    return this.view(storage, storage.dtype, offset, shape, strides);
  }

  /** `(storage, offset, size, stride, requires_grad, hooks, dtype[, metadata])` over an untyped storage. */
  private rebuildTensorOfType(args: PyTuple): CheckpointEntry | PickledObject {
    const [storage, offset, shape, strides, , , type, metadata] = args;
    if (!(storage instanceof TorchStorage)) return badArguments('_rebuild_tensor', 'without a storage');
    const isTorch = type instanceof GlobalRef && type.module === 'torch';
    const dtype = isTorch ? TORCH_DTYPES.get(type.name) : undefined;
    if (dtype === undefined || storage.dtype === null || hasFlags(metadata))
      return new PickledObject(REBUILD_TENSOR_OF_TYPE, args);
    return this.view(storage, dtype, offset, shape, strides);
  }

  private view(
    storage: TorchStorage,
    dtype: CheckpointDtype,
    offset: unknown,
    shape: unknown,
    strides: unknown,
  ): CheckpointEntry {
    if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length) {
      return badArguments('_rebuild_tensor', 'with a malformed offset, size or stride');
    }
    const what = `a tensor of size [${shape.slice(0, 8).join(', ')}], stride [${strides.slice(0, 8).join(', ')}], offset ${offset} on storage ${quoted(storage.key)}`;
    const width = itemBytes(dtype);
    const size = countElements(shape);
    if (size === null || !Number.isSafeInteger(size * width))
      throw new FormatError(`${what} is too large to exist`);
    const stored = storage.count * storage.itemBytes!;
    const room = Math.floor(stored / width);
    if (size > 0 && endOfView(shape, strides, offset) > room) {
      throw new FormatError(`${what} runs out of its ${room} elements: the file is damaged or hostile`);
    }
    this.expansionLeft -= Math.max(size * width - stored, 0);
    if (this.expansionLeft < 0) {
      throw new FormatError(
        `${what} repeats elements: expanded tensors of this file claim more than ${MAX_EXPANSION_BYTES} bytes beyond what is stored; save them with .contiguous()`,
      );
    }
    const [sizes, steps] = [[...shape], [...strides]];
    return new CheckpointEntry(dtype, sizes, () => {
      if (size === 0) return new Uint8Array(0);
      if (!isRowMajor(sizes, steps)) return gather(dataOf(storage), width, sizes, steps, offset);
      return dataOf(storage).subarray(offset * width, (offset + size) * width);
    });
  }
}

function dataOf(storage: TorchStorage): Uint8Array {
  if (storage.data) return storage.data;
  throw new FormatError(`storage ${quoted(storage.key)} is not in the file`);
}

/** Conjugated and negated views carry flags that change every value. */
export function hasFlags(metadata: unknown): boolean {
  return metadata instanceof Map ? metadata.size > 0 : metadata !== undefined && metadata !== null;
}

/** `(function, class, arguments, attributes)`: a tensor with Python attributes; those are dropped. */
function rebuildFromType(args: PyTuple, rebuilders: ReadonlyMap<string, PickleCall>): unknown {
  const [callee, type, inner] = args;
  if (!(callee instanceof GlobalRef) || !(type instanceof GlobalRef) || !isTuple(inner))
    return badArguments('_rebuild_from_type_v2', 'for something that is no tensor');
  const call = rebuilders.get(callee.key);
  return call && TENSOR_TYPES.has(type.key) ? call(inner) : new PickledObject(REBUILD_FROM_TYPE, args);
}

function size(args: PyTuple): PyTuple {
  const [lengths] = args;
  return isCounts(lengths) ? Object.freeze([...lengths]) : badArguments('torch.Size', 'without lengths');
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A shape or strides. The length comes first: looking through a long list at every mention would take hours. */
function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= MAX_RANK && value.every(isCount);
}
