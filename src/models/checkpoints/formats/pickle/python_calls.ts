/**
 * The calls of pickles that have a meaning here: containers, bytes, names inside classes, NumPy scalars. Each gives plain
 * data; any other call is kept as a record by the unpickler. What PyTorch adds is in ../pytorch/torch_calls.ts.
 */
import {FormatError} from '../../../../util/errors';
import {GlobalRef, isList, isTuple, type PickleCall, PickledObject, type PyTuple} from './python_values';

/**
 * What the calls of one file may copy in all. A pickle can pass one large value to a call again and again at five
 * bytes a time. An item of a dict or set counts more, see `PickleLimits.numericKeys`.
 */
const MAX_COPIED_BYTES = 256 * 2 ** 20;
const ITEM_COST = 2500;
const MAX_NAME = 1000;

/** The allowed calls by `GlobalRef.key`; Python 2 and 3 spell some modules differently. */
export function pythonCalls(): Map<string, PickleCall> {
  const calls = new Map<string, PickleCall>();
  let left = MAX_COPIED_BYTES;
  const limited =
    (call: PickleCall, itemCost: number): PickleCall =>
    (args) => {
      left -= itemCost * args.reduce((sum: number, arg) => sum + lengthOf(arg), 0);
      if (left < 0) throw new FormatError('the pickle copies more data than an honest file has reason to');
      return call(args);
    };
  for (const module of ['builtins', '__builtin__']) {
    calls.set(`${module} set`, limited(makeSet, ITEM_COST));
    calls.set(`${module} frozenset`, limited(makeSet, ITEM_COST));
    calls.set(`${module} bytearray`, limited(makeBytes, 1));
    calls.set(`${module} getattr`, attribute);
  }
  calls.set('collections OrderedDict', limited(orderedDict, ITEM_COST));
  calls.set('collections Counter', limited(orderedDict, ITEM_COST));
  calls.set('collections defaultdict', limited(defaultDict, ITEM_COST));
  calls.set('_codecs encode', limited(encodeLatin1, 1));
  calls.set('numpy.core.multiarray scalar', numpyScalar);
  calls.set('numpy._core.multiarray scalar', numpyScalar);
  calls.set('copyreg _reconstructor', reconstructor);
  calls.set('copy_reg _reconstructor', reconstructor);
  return calls;
}

/** How much there is to copy of a value: characters, bytes, or items. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array || Array.isArray(value)) return value.length;
  return value instanceof Map ? value.size : 0;
}

/** A FormatError for a known function called in an unknown way. */
export function badArguments(name: string, problem: string): never {
  throw new FormatError(
    `the pickle calls ${name} ${problem}: the file is damaged or made by an unknown version`,
  );
}

/** OrderedDict() or OrderedDict([(key, value), ...]), as Python 2 and 3 write it. */
function orderedDict(args: PyTuple): Map<unknown, unknown> {
  const [items] = args;
  if (args.length === 0) return new Map();
  if (args.length === 1 && items instanceof Map) return new Map(items);
  if (args.length !== 1 || !Array.isArray(items))
    return badArguments('a dict class', 'with unknown arguments');
  const dict = new Map<unknown, unknown>();
  for (const pair of items as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2)
      return badArguments('a dict class', 'with something that is no pair');
    dict.set(pair[0], pair[1]);
  }
  return dict;
}

/** defaultdict(factory) or defaultdict(factory, items); the factory is dropped. */
function defaultDict(args: PyTuple): Map<unknown, unknown> {
  if (args.length > 2) return badArguments('a dict class', 'with unknown arguments');
  return orderedDict(Object.freeze(args.slice(1)));
}

/**
 * How older protocols write a name inside a class; protocol 4 writes a dotted name, and so does this. Names do not grow
 * without end: looking one up takes time in its length.
 */
function attribute(args: PyTuple): GlobalRef | PickledObject {
  const [owner, name] = args;
  const isName = owner instanceof GlobalRef && typeof name === 'string' && args.length === 2;
  if (!isName || owner.name.length + name.length > MAX_NAME)
    return new PickledObject(new GlobalRef('builtins', 'getattr'), args);
  return new GlobalRef(owner.module, `${owner.name}.${name}`);
}

function makeSet(args: PyTuple): Set<unknown> {
  const [items] = args;
  if (args.length === 0) return new Set();
  if (args.length !== 1 || !(isList(items) || isTuple(items))) return badArguments('set', 'without a list');
  return new Set(items);
}

function makeBytes(args: PyTuple): Uint8Array {
  const [bytes, encoding] = args;
  if (args.length === 0) return new Uint8Array(0);
  if (encoding === 'latin-1') return encodeLatin1(Object.freeze([bytes, 'latin1']));
  return bytes instanceof Uint8Array ? bytes.slice() : badArguments('bytearray', 'without bytes');
}

/** How protocol 2 writes bytes: `_codecs.encode(text, 'latin1')`, one character per byte. */
function encodeLatin1(args: PyTuple): Uint8Array {
  const [text, encoding] = args;
  if (typeof text !== 'string' || encoding !== 'latin1')
    return badArguments('_codecs.encode', 'for no latin1 text');
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) return badArguments('_codecs.encode', 'with characters that are no bytes');
    bytes[i] = code;
  }
  return bytes;
}

/** Protocol 0 and 1 objects: `copyreg._reconstructor(cls, base, state)` makes an instance without a constructor. */
function reconstructor(args: PyTuple): PickledObject {
  const [type] = args;
  if (!(type instanceof GlobalRef) || args.length > 3) {
    return badArguments('copyreg._reconstructor', 'with unknown arguments');
  }
  return new PickledObject(type, Object.freeze(args.slice(1)));
}

/** A NumPy scalar as number, bigint or boolean; kinds that JavaScript lacks stay records. */
function numpyScalar(args: PyTuple): unknown {
  const [dtype, bytes] = args;
  const inert = new PickledObject(new GlobalRef('numpy', 'generic'), args);
  if (!(dtype instanceof PickledObject) || !(bytes instanceof Uint8Array)) return inert;
  const code = dtype.args[0];
  const order = isTuple(dtype.state) ? dtype.state[1] : '=';
  if (typeof code !== 'string' || code.length > 3 || order === '>' || Number(code.slice(1)) !== bytes.length)
    return inert;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = SCALARS.get(code);
  if (!read) return inert;
  const value = read(view);
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const SCALARS: ReadonlyMap<string, (view: DataView) => number | bigint | boolean> = new Map<
  string,
  (view: DataView) => number | bigint | boolean
>([
  ['f4', (view) => view.getFloat32(0, true)],
  ['f8', (view) => view.getFloat64(0, true)],
  ['i1', (view) => view.getInt8(0)],
  ['i2', (view) => view.getInt16(0, true)],
  ['i4', (view) => view.getInt32(0, true)],
  ['i8', (view) => view.getBigInt64(0, true)],
  ['u1', (view) => view.getUint8(0)],
  ['u2', (view) => view.getUint16(0, true)],
  ['u4', (view) => view.getUint32(0, true)],
  ['u8', (view) => view.getBigUint64(0, true)],
  ['b1', (view) => view.getUint8(0) !== 0],
]);
