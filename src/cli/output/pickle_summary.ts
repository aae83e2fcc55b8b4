/**
 * What a PyTorch file holds besides its tensors, in short: a tree of bounded depth and width. Contents of files may
 * refer to themselves, be deep or be huge, so nothing here walks further than the bounds. Looks at values, runs nothing.
 */
import {CheckpointEntry} from '../../models/checkpoints/checkpoint';
import {GlobalRef, isTuple, PickledObject} from '../../models/checkpoints/formats/pickle/python_values';

export interface PayloadNode {
  /** Key in the dict that holds it. */
  readonly key: string;
  /** What it is: a value, or a kind and a length. */
  readonly what: string;
  readonly children?: readonly PayloadNode[];
  /** How many children are not listed. */
  readonly more?: number;
}

const MAX_DEPTH = 2;
const MAX_CHILDREN = 20;
const MAX_TEXT = 60;

/** The dict at the root of a payload as a list of its entries; whatever else is there as one node without a key. */
export function summarizePayload(extra: unknown): readonly PayloadNode[] {
  if (extra === null) return [];
  if (extra instanceof Map) return entriesOf(extra, MAX_DEPTH);
  return [{key: '', what: describe(extra)}];
}

/** The tree as indented lines. */
export function payloadLines(nodes: readonly PayloadNode[], indent = '  '): string {
  return nodes
    .map(({key, what, children = [], more = 0}) => {
      const rest = more > 0 ? `${indent}  ... and ${more} more\n` : '';
      const head = key === '' ? what : `${key}: ${what}`;
      return `${indent}${head}\n${payloadLines(children, `${indent}  `)}${rest}`;
    })
    .join('');
}

function entriesOf(dict: ReadonlyMap<unknown, unknown>, depth: number): PayloadNode[] {
  const nodes: PayloadNode[] = [];
  for (const [key, value] of dict) {
    if (nodes.length === MAX_CHILDREN) break;
    nodes.push(nodeOf(typeof key === 'string' ? shortened(key) : describe(key), value, depth - 1));
  }
  return nodes;
}

function nodeOf(key: string, value: unknown, depth: number): PayloadNode {
  const what = describe(value);
  // Numbered entries (an optimizer's state) say nothing one by one.
  const isWorthALook =
    value instanceof Map && depth > 0 && [...value.keys()].some((k) => typeof k === 'string');
  if (!isWorthALook) return {key, what};
  const children = entriesOf(value, depth);
  const more = value.size - children.length;
  return {key, what, children, ...(more > 0 && {more})};
}

/** A value in a few words. */
function describe(value: unknown): string {
  if (typeof value === 'string') return quotedShort(value);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof CheckpointEntry) return `tensor ${value.dtype} [${value.shape.join(', ')}]`;
  if (value instanceof Map) return counted('dict', value.size);
  if (value instanceof Set) return counted('set', value.size);
  if (value instanceof Uint8Array) return counted('bytes', value.length);
  if (isTuple(value)) return counted('tuple', value.length);
  if (Array.isArray(value)) return counted('list', value.length);
  if (value instanceof GlobalRef) return `the name ${globalName(value)}`;
  if (value instanceof PickledObject) return `object of ${globalName(value.type)}`;
  return String(value);
}

const counted = (kind: string, count: number) => `${kind} of ${count}`;

const globalName = ({module, name}: GlobalRef) => shortened(`${module}.${name}`);

const quotedShort = (text: string) =>
  text.length > MAX_TEXT ? `${JSON.stringify(text.slice(0, MAX_TEXT))}...` : JSON.stringify(text);

/** A name as it is if it can be printed, otherwise quoted. */
function shortened(text: string): string {
  return /^[\x21-\x7e]+$/.test(text) && text.length <= MAX_TEXT ? text : quotedShort(text);
}
