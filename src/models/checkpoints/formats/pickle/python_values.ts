/**
 * What unpickling gives for Python values that JavaScript has no like of, and what an unpickler asks of its host.
 * Everything here is inert: names and data, no behaviour.
 */
import {quoted} from '../format';

/** A Python class, function or constant that a pickle refers to by name. It is not looked up, let alone run. */
export class GlobalRef {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  /** As in pickletools: module, space, name. */
  get key(): string {
    return `${this.module} ${this.name}`;
  }
}

/**
 * A Python object that is kept as a record: the class or function that would have made it, the arguments, and the
 * attributes. Nothing was made and nothing was called.
 */
export class PickledObject {
  /** Attributes (a Map) or whatever the pickle passed as state; null when there was none. */
  state: unknown = null;
  /** Items appended to a subclass of list or set. */
  readonly items: unknown[] = [];
  /** Items set on a subclass of dict. */
  readonly dict = new Map<unknown, unknown>();

  constructor(
    readonly type: GlobalRef,
    readonly args: readonly unknown[],
    /** Keyword arguments, null when there were none. */
    readonly keywords: ReadonlyMap<unknown, unknown> | null = null,
  ) {}
}

/** A Python tuple: a frozen array. */
export type PyTuple = readonly unknown[];

/** Python tuples are told from lists by being frozen. */
export function isTuple(value: unknown): value is PyTuple {
  return Array.isArray(value) && Object.isFrozen(value);
}

/** A Python list: an array that is not frozen. */
export function isList(value: unknown): value is unknown[] {
  return Array.isArray(value) && !Object.isFrozen(value);
}

/** A call that a pickle may make: arguments in, value out. Throws FormatError for arguments it does not expect. */
export type PickleCall = (args: PyTuple) => unknown;

/** Any unpickled value in a few words, for an error message. Never walks into it: it may be deep or refer to itself. */
export function described(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value instanceof GlobalRef) return quoted(`${value.module}.${value.name}`);
  if (value === null || ['number', 'boolean', 'bigint'].includes(typeof value)) return quoted(String(value));
  return Array.isArray(value) ? 'a list' : 'an object';
}

/** What an unpickler may reach. The allow-list is `calls`: nothing else is ever called. */
export interface PickleHost {
  /** By `GlobalRef.key`. */
  readonly calls: ReadonlyMap<string, PickleCall>;
  /** Resolves a persistent id, which torch uses for storages. */
  persistentLoad(id: unknown): unknown;
}
