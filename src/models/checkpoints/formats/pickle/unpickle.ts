/**
 * A reader of Python pickles, protocols 0 to 5, that runs nothing: globals are names, the only calls are those of the
 * host's allow-list, and time and memory are bounded by the length of the input and by {@link PickleLimits}.
 * The policy for names outside the allow-list is in hostile_names.ts, `make`, and docs/extending/checkpoint-format.md.
 */
import {FormatError} from '../../../../util/errors';
import type {ByteReader} from '../byte_reader';
import {quoted} from '../format';
import {isHostile} from './hostile_names';
import {
  described,
  GlobalRef,
  isList,
  isTuple,
  PickledObject,
  type PickleHost,
  type PyTuple,
} from './python_values';

/** Bounds that no honest checkpoint comes near. */
export interface PickleLimits {
  /** Opcodes per pickle. */
  readonly steps: number;
  /** Lists, dicts, sets, objects and results of calls per pickle. */
  readonly objects: number;
  /** MARKs open at the same time. */
  readonly depth: number;
  /**
   * Keys and set members per pickle that are no strings. JavaScript engines hash numbers without a secret, so numbers
   * can be chosen to collide, and a large dict of them would take hours.
   */
  readonly numericKeys: number;
}

const LIMITS: PickleLimits = {steps: 10_000_000, objects: 1_000_000, depth: 1000, numericKeys: 100_000};

/** Python's name for calling what is no name itself. */
const CALL = new GlobalRef('operator', 'call');

/** Longest name or number in text form. */
const MAX_LINE = 4096;
const MAX_LONG_BYTES = 1024;
const EMPTY_TUPLE: PyTuple = Object.freeze([]);

/**
 * Reads one pickle at the reader's position and leaves the reader behind its STOP.
 *
 * @returns None as null, dicts as Maps, lists as arrays, tuples as frozen arrays, sets as Sets, bytes as Uint8Arrays,
 *   integers as numbers up to 2^53 and bigints above, everything else as {@link PickledObject} or {@link GlobalRef}.
 * @throws FormatError for damage, for names that only a hostile file has, and at the limits.
 */
export function unpickle(reader: ByteReader, host: PickleHost, limits: PickleLimits = LIMITS): unknown {
  return new Machine(reader, host, limits).run();
}

class Machine {
  private stack: unknown[] = [];
  private readonly outer: unknown[][] = [];
  private readonly memo = new Map<number, unknown>();
  private objects = 0;
  private numericKeys = 0;

  constructor(
    private readonly reader: ByteReader,
    private readonly host: PickleHost,
    private readonly limits: PickleLimits,
  ) {}

  run(): unknown {
    for (let step = 0; step < this.limits.steps; step++) {
      const opcode = this.reader.u8();
      if (opcode === STOP) {
        const value = this.pop();
        if (this.stack.length + this.outer.length > 0) this.fail('values are left over at its end');
        return value;
      }
      const operation = OPERATIONS.get(opcode);
      if (!operation) this.fail(`opcode 0x${opcode.toString(16)} is unknown or not used by data files`);
      operation(this, this.reader);
    }
    return this.fail(`more than ${this.limits.steps} steps`);
  }

  fail(problem: string): never {
    throw new FormatError(
      `${this.reader.what}: the pickle is refused at byte ${this.reader.position}: ${problem}`,
    );
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  /** Pushes a new container, counted. */
  create(value: unknown): void {
    if (++this.objects > this.limits.objects) this.fail(`more than ${this.limits.objects} objects`);
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length === 0) this.fail('the stack is empty');
    return this.stack.pop();
  }

  top(): unknown {
    if (this.stack.length === 0) this.fail('the stack is empty');
    return this.stack[this.stack.length - 1];
  }

  mark(): void {
    if (this.outer.length >= this.limits.depth) this.fail(`nesting deeper than ${this.limits.depth}`);
    this.outer.push(this.stack);
    this.stack = [];
  }

  /** Everything since the last mark. */
  popMark(): unknown[] {
    const items = this.stack;
    this.stack = this.outer.pop() ?? this.fail('a mark is missing');
    return items;
  }

  tuple(count: number): void {
    if (this.stack.length < count) this.fail('the stack is empty');
    this.create(Object.freeze(this.stack.splice(this.stack.length - count)));
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    if (!this.memo.has(index)) this.fail(`memo ${index} was never stored`);
    this.push(this.memo.get(index));
  }

  integer(text: string): void {
    if (!/^[+-]?[0-9]+$/.test(text)) this.fail(`${quoted(text)} is no integer`);
    this.push(shrink(BigInt(text.replace('+', ''))));
  }

  float(text: string): void {
    const special = new Map([
      ['nan', Number.NaN],
      ['inf', Number.POSITIVE_INFINITY],
      ['-inf', Number.NEGATIVE_INFINITY],
    ]).get(text);
    if (special === undefined && !/^[+-]?[0-9.]+(e[+-]?[0-9]+)?$/i.test(text))
      this.fail(`${quoted(text)} is no number`);
    this.push(special ?? Number(text));
  }

  long(bytes: Uint8Array): void {
    if (bytes.length > MAX_LONG_BYTES) this.fail(`an integer of ${bytes.length} bytes`);
    let hex = '';
    for (let i = bytes.length - 1; i >= 0; i--) hex += bytes[i]!.toString(16).padStart(2, '0');
    this.push(shrink(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex || '0'}`))));
  }

  global(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string') this.fail('a global without a name');
    if (module.length + name.length > MAX_LINE) this.fail('a global with a name longer than any real one');
    const ref = new GlobalRef(module, name);
    if (!this.host.calls.has(ref.key) && isHostile(ref)) {
      this.fail(
        `it names ${described(ref)}, which could run code; do not open this file with Python's pickle`,
      );
    }
    this.push(ref);
  }

  /**
   * REDUCE, NEWOBJ and their kin: what is on the allow-list is called, anything else becomes an inert record of what
   * would have been called with what.
   */
  make(callee: unknown, args: unknown, keywords: ReadonlyMap<unknown, unknown> | null = null): void {
    if (!isTuple(args)) this.fail('a call without a tuple of arguments');
    if (callee instanceof PickledObject) {
      this.create(new PickledObject(CALL, Object.freeze([callee, ...args]), keywords));
      return;
    }
    if (!(callee instanceof GlobalRef)) this.fail('it calls something that is no function or class');
    const call = this.host.calls.get(callee.key);
    if (call && keywords) this.fail(`it makes a ${described(callee)} with keyword arguments`);
    this.create(call ? call(args) : new PickledObject(callee, args, keywords));
  }

  /** BUILD gives attributes to records; on dicts (torch's `_metadata`) and sets they are dropped. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof PickledObject) target.state = state;
    else if (!(target instanceof Map || target instanceof Set))
      this.fail('it sets attributes on a plain value');
  }

  append(items: readonly unknown[]): void {
    const target = this.top();
    const list = target instanceof PickledObject ? target.items : target;
    if (!isList(list)) this.fail('it appends to something that is no list');
    for (const item of items) list.push(item);
  }

  setItems(items: readonly unknown[]): void {
    const target = this.top();
    const dict = target instanceof PickledObject ? target.dict : target;
    if (!(dict instanceof Map)) this.fail('it sets items of something that is no dict');
    this.fill(dict, items);
  }

  fill(dict: Map<unknown, unknown>, items: readonly unknown[]): Map<unknown, unknown> {
    if (items.length % 2 !== 0) this.fail('a key without a value');
    for (let i = 0; i < items.length; i += 2) {
      this.checkKey(items[i]);
      dict.set(items[i], items[i + 1]);
    }
    return dict;
  }

  addItems(items: readonly unknown[]): void {
    const target = this.top();
    if (target instanceof PickledObject) for (const item of items) target.items.push(item);
    else if (target instanceof Set) this.fillSet(target, items);
    else this.fail('it adds items to something that is no set');
  }

  fillSet(target: Set<unknown>, items: readonly unknown[]): Set<unknown> {
    for (const item of items) {
      this.checkKey(item);
      target.add(item);
    }
    return target;
  }

  private checkKey(key: unknown): void {
    if (typeof key === 'string') return;
    // A frozenset may be a key, and is a Set here like any other.
    if (isList(key) || key instanceof Map) this.fail('a list or dict as a key');
    if (++this.numericKeys > this.limits.numericKeys) {
      this.fail(`more than ${this.limits.numericKeys} keys that are no strings`);
    }
  }

  persistent(id: unknown): void {
    this.create(this.host.persistentLoad(id));
  }
}

/** Integers that a number holds exactly become numbers. */
function shrink(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

type Operation = (machine: Machine, reader: ByteReader) => void;

const STOP = 0x2e;

/**
 * Every opcode but STOP, by byte. Left out, hence refused: PERSID (text ids), EXT1, EXT2, EXT4 (names known only to
 * the writer's process), NEXT_BUFFER and READONLY_BUFFER (data outside the file).
 */
const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => m.pop()], // POP
  [0x31, (m) => m.popMark()], // POP_MARK
  [0x32, (m) => m.push(m.top())], // DUP
  [0x46, (m, r) => m.float(r.line(MAX_LINE))], // FLOAT
  [0x47, (m, r) => m.push(r.f64BigEndian())], // BINFLOAT
  [0x49, (m, r) => intLine(m, r.line(MAX_LINE))], // INT
  [0x4a, (m, r) => m.push(r.i32())], // BININT
  [0x4b, (m, r) => m.push(r.u8())], // BININT1
  [0x4c, (m, r) => m.integer(r.line(MAX_LINE).replace(/L$/, ''))], // LONG
  [0x4d, (m, r) => m.push(r.u16())], // BININT2
  [0x8a, (m, r) => m.long(r.take(r.u8()))], // LONG1
  [0x8b, (m, r) => m.long(r.take(r.u32()))], // LONG4
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x53, (m, r) => m.push(quotedText(m, r.line(MAX_LINE)))], // STRING
  [0x54, (m, r) => m.push(r.latin1(r.u32()))], // BINSTRING
  [0x55, (m, r) => m.push(r.latin1(r.u8()))], // SHORT_BINSTRING
  [0x56, (m, r) => m.push(rawUnicode(m, r.line(MAX_LINE)))], // UNICODE
  [0x58, (m, r) => m.push(r.utf8(r.u32()))], // BINUNICODE
  [0x8c, (m, r) => m.push(r.utf8(r.u8()))], // SHORT_BINUNICODE
  [0x8d, (m, r) => m.push(r.utf8(r.u64()))], // BINUNICODE8
  [0x42, (m, r) => m.create(r.take(r.u32()).slice())], // BINBYTES
  [0x43, (m, r) => m.create(r.take(r.u8()).slice())], // SHORT_BINBYTES
  [0x8e, (m, r) => m.create(r.take(r.u64()).slice())], // BINBYTES8
  [0x96, (m, r) => m.create(r.take(r.u64()).slice())], // BYTEARRAY8
  [0x29, (m) => m.push(EMPTY_TUPLE)], // EMPTY_TUPLE
  [0x74, (m) => m.create(Object.freeze(m.popMark()))], // TUPLE
  [0x85, (m) => m.tuple(1)], // TUPLE1
  [0x86, (m) => m.tuple(2)], // TUPLE2
  [0x87, (m) => m.tuple(3)], // TUPLE3
  [0x5d, (m) => m.create([])], // EMPTY_LIST
  [0x6c, (m) => m.create(m.popMark())], // LIST
  [0x61, (m) => m.append([m.pop()])], // APPEND
  [0x65, (m) => m.append(m.popMark())], // APPENDS
  [0x7d, (m) => m.create(new Map())], // EMPTY_DICT
  [0x64, (m) => m.create(m.fill(new Map(), m.popMark()))], // DICT
  [0x73, (m) => m.setItems([m.pop(), m.pop()].reverse())], // SETITEM
  [0x75, (m) => m.setItems(m.popMark())], // SETITEMS
  [0x8f, (m) => m.create(new Set())], // EMPTY_SET
  [0x90, (m) => m.addItems(m.popMark())], // ADDITEMS
  [0x91, (m) => m.create(m.fillSet(new Set(), m.popMark()))], // FROZENSET
  [0x67, (m, r) => m.recall(memoIndex(m, r.line(MAX_LINE)))], // GET
  [0x68, (m, r) => m.recall(r.u8())], // BINGET
  [0x6a, (m, r) => m.recall(r.u32())], // LONG_BINGET
  [0x70, (m, r) => m.remember(memoIndex(m, r.line(MAX_LINE)))], // PUT
  [0x71, (m, r) => m.remember(r.u8())], // BINPUT
  [0x72, (m, r) => m.remember(r.u32())], // LONG_BINPUT
  [0x94, (m) => m.memoize()], // MEMOIZE
  [0x63, (m, r) => m.global(r.line(MAX_LINE), r.line(MAX_LINE))], // GLOBAL
  [0x93, (m) => stackGlobal(m)], // STACK_GLOBAL
  [0x69, (m, r) => instance(m, r)], // INST
  [0x6f, (m) => objectCall(m)], // OBJ
  [0x52, (m) => apply(m)], // REDUCE
  [0x81, (m) => apply(m)], // NEWOBJ
  [0x92, (m) => applyWithKeywords(m)], // NEWOBJ_EX
  [0x62, (m) => m.build()], // BUILD
  [0x51, (m) => m.persistent(m.pop())], // BINPERSID
  [0x80, (m, r) => protocol(m, r.u8())], // PROTO
  [0x95, (m, r) => frame(m, r)], // FRAME
]);

function protocol(machine: Machine, version: number): void {
  if (version > 5) machine.fail(`protocol ${version}; 0 to 5 are known`);
}

/** Frames only help buffered readers; a frame that runs past the end is still a sign of truncation. */
function frame(machine: Machine, reader: ByteReader): void {
  if (reader.u64() > reader.remaining) machine.fail('a frame runs past the end of the file');
}

function stackGlobal(machine: Machine): void {
  const name = machine.pop();
  machine.global(machine.pop(), name);
}

function apply(machine: Machine): void {
  const args = machine.pop();
  machine.make(machine.pop(), args);
}

function applyWithKeywords(machine: Machine): void {
  const keywords = machine.pop();
  const args = machine.pop();
  if (!(keywords instanceof Map) || !isTuple(args)) machine.fail('an object with malformed arguments');
  machine.make(machine.pop(), args, keywords.size > 0 ? keywords : null);
}

function instance(machine: Machine, reader: ByteReader): void {
  machine.global(reader.line(MAX_LINE), reader.line(MAX_LINE));
  const callee = machine.pop();
  machine.make(callee, Object.freeze(machine.popMark()));
}

function objectCall(machine: Machine): void {
  const [callee, ...args] = machine.popMark();
  machine.make(callee, Object.freeze(args));
}

function intLine(machine: Machine, text: string): void {
  if (text === '00' || text === '01') machine.push(text === '01');
  else machine.integer(text);
}

function memoIndex(machine: Machine, text: string): number {
  const index = /^[0-9]{1,10}$/.test(text) ? Number(text) : -1;
  return index >= 0 ? index : machine.fail(`${quoted(text)} is no memo index`);
}

/** A Python 2 string literal. Escapes are refused: only text with control characters would need them. */
function quotedText(machine: Machine, text: string): string {
  const match = /^(['"])([^\\]*)\1$/.exec(text);
  return match ? match[2]! : machine.fail('a string literal with escapes or without quotes');
}

/** Python's raw-unicode-escape: only \uXXXX and \UXXXXXXXX are escapes. */
function rawUnicode(machine: Machine, text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short: string, long: string) => {
    const point = Number.parseInt(short ?? long, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : machine.fail('a character above U+10FFFF');
  });
}
