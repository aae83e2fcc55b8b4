/**
 * What PyTorch pickles mean: storages, tensors over them, and where in the payload the state dict is. Shared by the
 * zip and the legacy format, which differ only in where the storages' bytes are.
 * Source: torch/_utils.py, torch/serialization.py (versions 0.4 to 2.x).
 */
import {FormatError} from '../../util/errors';
import {Checkpoint, CheckpointEntry} from '../checkpoint';
import {type CheckpointDtype, itemBytes} from '../dtypes';
import {countElements, endOfView, gather, isRowMajor} from '../strided';
import {quoted} from './format';
import {described, GlobalRef, isTuple, type PickleCall, type PickleHost, type PyTuple} from './pickle_values';
import {badArguments, pythonCalls, record} from './python_objects';

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

/** Classes that are plain tensors to us. */
const TENSOR_TYPES: ReadonlySet<string> = new Set([
  'torch Tensor',
  'torch._tensor Tensor',
  'torch.nn Parameter',
  'torch.nn.parameter Parameter',
]);

/** A flat piece of memory that tensors are windows of. The formats fill in `data`. */
export class TorchStorage {
  data: Uint8Array | null = null;

  constructor(
    readonly key: string,
    readonly dtype: CheckpointDtype,
    /** Number of elements. */
    readonly count: number,
  ) {}

  get byteLength(): number {
    return this.count * itemBytes(this.dtype);
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
    const parameter: PickleCall = (args) =>
      args[0] instanceof CheckpointEntry ? args[0] : badArguments('_rebuild_parameter', 'without a tensor');
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
    calls.set('torch device', record('torch device'));
    this.calls = calls;
  }

  /** `('storage', class, key, location, count[, view])`. */
  persistentLoad(id: unknown): TorchStorage {
    if (!isTuple(id) || id[0] !== 'storage' || (id.length !== 5 && id.length !== 6)) {
      return badArguments('persistent_load', 'with something that is no storage');
    }
    const [, type, key, , count, view] = id;
    if (!(type instanceof GlobalRef) || typeof key !== 'string')
      return badArguments('persistent_load', 'without a key');
    if (view !== null && view !== undefined) {
      throw new FormatError(
        `storage ${quoted(key)} is a view of another one, as only PyTorch before 0.4 wrote them`,
      );
    }
    const dtype = STORAGE_DTYPES.get(type.name);
    if (!dtype || !/^torch(\.cuda|\.storage)?$/.test(type.module)) {
      throw new FormatError(`storage ${quoted(key)} is a ${described(type)}, which tfjs-sts does not read`);
    }
    const bytes = isCount(count) ? count * itemBytes(dtype) : Number.NaN;
    if (!isCount(count) || !Number.isSafeInteger(bytes))
      return badArguments('persistent_load', 'without a size');
    return this.storage(key, dtype, count);
  }

  private storage(key: string, dtype: CheckpointDtype, count: number): TorchStorage {
    const known = this.storages.get(key);
    if (!known) {
      const storage = new TorchStorage(key, dtype, count);
      this.storages.set(key, storage);
      return storage;
    }
    if (known.dtype !== dtype || known.count !== count) {
      throw new FormatError(
        `storage ${quoted(key)} is mentioned as ${known.count} ${known.dtype} and as ${count} ${dtype}: the file is damaged`,
      );
    }
    return known;
  }

  /** `(storage, offset, size, stride[, requires_grad, hooks[, metadata]])`. */
  private rebuildTensor(args: PyTuple): CheckpointEntry {
    const [storage, offset, shape, strides, , , metadata] = args;
    if (!(storage instanceof TorchStorage)) return badArguments('_rebuild_tensor', 'without a storage');
    refuseMetadata(metadata);
    return this.view(storage, storage.dtype, offset, shape, strides);
  }

  /** `(storage, offset, size, stride, requires_grad, hooks, dtype[, metadata])` over an untyped storage. */
  private rebuildTensorOfType(args: PyTuple): CheckpointEntry {
    const [storage, offset, shape, strides, , , type, metadata] = args;
    if (!(storage instanceof TorchStorage)) return badArguments('_rebuild_tensor', 'without a storage');
    refuseMetadata(metadata);
    const dtype =
      type instanceof GlobalRef && type.module === 'torch' ? TORCH_DTYPES.get(type.name) : undefined;
    if (!dtype) throw new FormatError(`a tensor of type ${described(type)}, which tfjs-sts does not read`);
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
    const room = Math.floor(storage.byteLength / width);
    if (size > 0 && endOfView(shape, strides, offset) > room) {
      throw new FormatError(`${what} runs out of its ${room} elements: the file is damaged or hostile`);
    }
    this.expansionLeft -= Math.max(size * width - storage.byteLength, 0);
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

/**
 * Finds the state dict of a payload and makes it a checkpoint: the dict under `state_dict`, else under `model`, else
 * the payload itself, whichever first holds a tensor. Names stay as they are; the rest becomes `extra`.
 *
 * @throws FormatError when none of the three holds a tensor.
 */
export function checkpointOf(payload: unknown): Checkpoint {
  if (payload instanceof Map) {
    for (const key of ['state_dict', 'model']) {
      const dict: unknown = payload.get(key);
      if (!(dict instanceof Map) || !hasTensor(dict)) continue;
      const {tensors, others} = split(dict);
      const extra = new Map<unknown, unknown>(payload);
      if (others.size > 0) extra.set(key, others);
      else extra.delete(key);
      return new Checkpoint(tensors, {extra});
    }
    if (hasTensor(payload)) {
      const {tensors, others} = split(payload);
      return new Checkpoint(tensors, others.size > 0 ? {extra: others} : {});
    }
  }
  throw new FormatError(
    'the PyTorch file holds no dict of tensors at its root, under "state_dict" or under "model"; save model.state_dict() instead of the model',
  );
}

function split(dict: ReadonlyMap<unknown, unknown>) {
  const tensors: [string, CheckpointEntry][] = [];
  const others = new Map<unknown, unknown>();
  for (const [key, value] of dict) {
    if (typeof key === 'string' && value instanceof CheckpointEntry) tensors.push([key, value]);
    else others.set(key, value);
  }
  return {tensors, others};
}

function hasTensor(dict: ReadonlyMap<unknown, unknown>): boolean {
  for (const [key, value] of dict)
    if (typeof key === 'string' && value instanceof CheckpointEntry) return true;
  return false;
}

function dataOf(storage: TorchStorage): Uint8Array {
  if (storage.data) return storage.data;
  throw new FormatError(`storage ${quoted(storage.key)} is not in the file`);
}

/** Conjugated and negated views carry flags that change every value; no state dict has them. */
function refuseMetadata(metadata: unknown): void {
  if (metadata instanceof Map ? metadata.size > 0 : metadata !== undefined && metadata !== null) {
    throw new FormatError(
      'a tensor with the conjugate or negative flag; save it with .resolve_conj().resolve_neg()',
    );
  }
}

/** `(function, class, arguments, attributes)`: a tensor with Python attributes; those are dropped. */
function rebuildFromType(args: PyTuple, rebuilders: ReadonlyMap<string, PickleCall>): unknown {
  const [callee, type, inner] = args;
  const call = callee instanceof GlobalRef ? rebuilders.get(callee.key) : undefined;
  if (!call || !isTuple(inner))
    return badArguments('_rebuild_from_type_v2', 'for something that is no tensor');
  if (!(type instanceof GlobalRef) || !TENSOR_TYPES.has(type.key)) {
    throw new FormatError(
      `a tensor of the class ${described(type)}, which tfjs-sts does not know how to read`,
    );
  }
  return call(inner);
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
