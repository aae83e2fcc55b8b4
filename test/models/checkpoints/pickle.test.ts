/** The pickle reader: CPython's own pickles of every protocol, the policy for foreign names, and the bounds. */
import {describe, expect, it} from 'vitest';
import {ByteReader} from '../../../src/models/checkpoints/formats/byte_reader';
import {pythonCalls} from '../../../src/models/checkpoints/formats/pickle/python_calls';
import {
  GlobalRef,
  isTuple,
  PickledObject,
  type PickleHost,
} from '../../../src/models/checkpoints/formats/pickle/python_values';
import {unpickle} from '../../../src/models/checkpoints/formats/pickle/unpickle';
import {FormatError} from '../../../src/util/errors';
import golden from '../../golden/checkpoints/python_pickles.json';
import {join, le, op, type Piece, pickle} from './support';

const host: PickleHost = {
  calls: pythonCalls(),
  persistentLoad: (id) => ['loaded', id],
};

function load(bytes: Uint8Array, limits?: Parameters<typeof unpickle>[2]): unknown {
  return unpickle(new ByteReader(bytes, 0, 'test'), host, limits);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

describe('pickles of CPython', () => {
  it.each(Object.entries(golden.python3.protocols))('Python 3, protocol %s', (_, base64) => {
    const value = load(fromBase64(base64)) as Map<string, unknown>;
    expect(value.get('none')).toBeNull();
    expect([value.get('t'), value.get('f')]).toEqual([true, false]);
    const integers = [
      0,
      255,
      256,
      65535,
      65536,
      -1,
      2 ** 31 - 1,
      -(2 ** 31),
      2 ** 53 - 1,
      2n ** 53n,
      -(2n ** 70n),
    ];
    expect(value.get('i')).toEqual(integers);
    expect(value.get('x')).toEqual([0.5, -1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-5]);
    expect(value.get('s')).toBe('h\u00e9\u4e16\u{1f600}\n\\u');
    expect(value.get('tup')).toEqual([1, [2], [3, 4], [5, 6, 7], [8, 9, 10, 11]]);
    expect(isTuple(value.get('tup')) && isTuple(value.get('e'))).toBe(true);
    expect([value.get('set'), value.get('fs')]).toEqual([new Set([1]), new Set([2])]);
    expect(value.get('b')).toEqual(new Uint8Array([0, 255, 97, 98]));
    expect(value.get('ba')).toEqual(new Uint8Array([120, 121]));
    expect([...(value.get('d') as Map<unknown, unknown>)]).toEqual([
      [1, 'one'],
      [[2, 3], 'pair'],
    ]);
    expect([...(value.get('od') as Map<unknown, unknown>)]).toEqual([
      ['z', 1],
      ['a', 2],
    ]);
    expect(value.get('dd')).toEqual(new Map([['k', [1]]]));
    expect((value.get('ct') as Map<string, number>).get('a')).toBe(2);
    const self = value.get('self') as unknown[];
    expect(self[0]).toBe(1);
    expect(self[1]).toBe(self);
  });

  it.each(Object.entries(golden.python2.protocols))('Python 2, protocol %s', (protocol, base64) => {
    const value = load(fromBase64(base64)) as Map<string, unknown>;
    expect(value.get('s')).toBe(protocol === '0' ? 'ab c' : 'a\u00e9b');
    expect(value.get('u')).toBe('\u00e9\u4e16');
    expect([value.get('l'), value.get('i'), value.get('f')]).toEqual([10, [1, true, -3], 2.5]);
  });
});

describe('names outside the allow-list', () => {
  const unknown = op.global('company.models', 'Config');

  it('a call of an unknown function is kept as an inert record of function and arguments', () => {
    const record = load(pickle(unknown, op.tuple(op.int(1)), op.reduce)) as PickledObject;
    expect(record).toBeInstanceOf(PickledObject);
    expect([record.type, record.args]).toEqual([new GlobalRef('company.models', 'Config'), [1]]);
    for (const pieces of [
      [op.mark, unknown, op.int(1), 'o'],
      [op.mark, op.int(1), 'icompany.models\nConfig\n'],
    ])
      expect(load(pickle(...pieces))).toEqual(record);
  });

  it('calling what such a record stands for is a record too', () => {
    const made = [unknown, op.unit, op.reduce];
    const record = load(pickle(made, op.tuple(op.int(1)), op.reduce)) as PickledObject;
    expect(record.type).toEqual(new GlobalRef('operator', 'call'));
    expect(record.args).toEqual([load(pickle(made)), 1]);
  });

  it.each([
    ['functools', 'partial'],
    ['operator', 'attrgetter'],
    ['types', 'FunctionType'],
    ['builtins', 'type'],
    ['builtins', 'getattr'],
    ['torch.hub', 'load'],
    ['numpy.testing._private.utils', 'runstring'],
    ['cloudpickle.cloudpickle', '_make_function'],
    ['__main__', 'os.system'],
  ])('%s.%s with whatever arguments runs nothing and looks nothing up', (module, name) => {
    const command = op.tuple(op.str('touch owned'), op.int(1));
    const value = load(pickle(op.global(module, name), command, op.reduce, op.tuple(op.str('x')), op.reduce));
    expect((value as PickledObject).args[0]).toEqual(
      new PickledObject(new GlobalRef(module, name), ['touch owned', 1]),
    );
  });

  it('a name inside a class is a dotted name, as protocol 4 writes it, and no longer than real ones', () => {
    const member = (name: string): Piece => [
      op.global('__builtin__', 'getattr'),
      op.tuple(unknown, op.str(name)),
      op.reduce,
    ];
    expect(load(pickle(member('Inner')))).toEqual(new GlobalRef('company.models', 'Config.Inner'));
    expect(load(pickle(member('x'.repeat(1000))))).toBeInstanceOf(PickledObject);
  });

  it('an unknown class is kept as an inert record of class, arguments, state and items', () => {
    const bytes = pickle(
      [unknown, op.tuple(op.int(1)), op.newObject],
      [op.dict, op.setItems(op.str('a'), op.int(2)), op.build],
      [op.int(3), 'a', op.str('k'), op.int(4), 's'],
    );
    const record = load(bytes) as PickledObject;
    expect(record).toBeInstanceOf(PickledObject);
    expect(record.type).toEqual(new GlobalRef('company.models', 'Config'));
    expect([record.args, record.state, record.items, record.dict]).toEqual([
      [1],
      new Map([['a', 2]]),
      [3],
      new Map([['k', 4]]),
    ]);
  });

  it('NEWOBJ_EX keeps keyword arguments', () => {
    const bytes = pickle(unknown, op.tuple(op.int(1)), [op.dict, op.str('k'), op.int(2), 's'], 0x92);
    expect(load(bytes)).toMatchObject({args: [1], keywords: new Map([['k', 2]])});
    const known = op.global('collections', 'OrderedDict');
    expect(() => load(pickle(known, op.unit, [op.dict, op.str('k'), op.int(2), 's'], 0x92))).toThrow(
      /keyword/,
    );
  });

  it('a class that is only mentioned is a name', () => {
    expect(load(pickle(unknown))).toEqual(new GlobalRef('company.models', 'Config'));
    expect(load(pickle(op.global('builtins', 'dict')))).toEqual(new GlobalRef('builtins', 'dict'));
  });

  it.each([
    ['os', 'system'],
    ['os.path', 'join'],
    ['builtins', 'exec'],
    ['builtins', 'eval'],
    ['builtins', 'exec.__call__'],
    ['__builtin__', '__import__'],
    ['__builtin__', 'execfile'],
    ['subprocess', 'Popen'],
    ['posix', 'system'],
    ['nt', 'system'],
    ['pickle', 'loads'],
    ['importlib', 'import_module'],
    ['runpy', 'run_path'],
    ['socket', 'create_connection'],
    ['sys', 'modules'],
  ])('%s.%s is refused as soon as it is named, whatever follows', (module, name) => {
    for (const tail of [[], [op.unit, op.newObject], [op.unit, op.reduce]] as Piece[]) {
      expect(() => load(pickle(op.global(module, name), tail))).toThrow(
        `"${module}.${name}", which could run code`,
      );
    }
    expect(() => load(pickle(op.str(module), op.str(name), 0x93))).toThrow(FormatError);
  });

  it('dotted and spaced names cannot pass for allowed ones', () => {
    for (const [module, name] of [
      ['collections OrderedDict', ''],
      ['', 'collections OrderedDict'],
      ['collections', 'OrderedDict.fromkeys'],
      ['__proto__', 'constructor'],
      ['constructor', 'constructor'],
    ] as const) {
      const value = load(pickle(op.global(module, name), op.unit, op.reduce));
      expect(value).toEqual(new PickledObject(new GlobalRef(module, name), []));
    }
  });

  it('calling a value, or with no tuple, is refused', () => {
    expect(() => load(pickle(op.int(1), op.unit, op.reduce))).toThrow(/no function or class/);
    expect(() => load(pickle(op.global('builtins', 'set'), op.list, op.reduce))).toThrow(/tuple/);
    expect(() => load(pickle(op.int(1), op.unit, op.newObject))).toThrow(/no function or class/);
  });
});

describe('damage and bounds', () => {
  const small = {steps: 50, objects: 10, depth: 5, numericKeys: 3};

  it.each<[string, Piece[], RegExp]>([
    ['an unknown opcode', [0xff], /opcode 0xff/],
    ['a text persistent id', ['Pabc\n'], /opcode 0x50/],
    ['an extension code', [0x82, 1], /opcode 0x82/],
    ['an out-of-band buffer', [0x97], /opcode 0x97/],
    ['protocol 6', [0x80, 6], /protocol 6/],
    ['an empty stack', ['0'], /stack is empty/],
    ['a missing mark', ['t'], /mark is missing/],
    ['values left over', ['NN'], /left over/],
    ['an open mark', ['(N'], /left over/],
    ['a memo that was never stored', ['h', 3], /memo 3/],
    ['a memo that is no number', ['g1e1\n'], /memo index/],
    ['a key without a value', ['}(Nu'], /key without a value/],
    ['a list as a key', ['}]Ns'], /as a key/],
    ['appending to a tuple', [')Na'], /no list/],
    ['items on a list', [']NNs'], /no dict/],
    ['attributes on a number', ['K', 1, '}b'], /attributes/],
    ['a string beyond the end', ['X', le(1000, 4)], /truncated/],
    ['a string of 2^60 bytes', [0x8d, le(2n ** 60n, 8)], /hostile/],
    ['invalid UTF-8', [0x8c, 1, 0xff], /UTF-8/],
    ['an integer with letters', ['I1x\n'], /no integer/],
    ['a number with letters', ['F0x10\n'], /no number/],
    ['an integer of 2000 bytes', [0x8b, le(2000, 4), new Array<number>(2000).fill(1)], /2000 bytes/],
    ['a frame beyond the end', [0x95, le(1000, 8)], /frame/],
    ['a string literal with escapes', ["S'\\x41'\n"], /escapes/],
    ['an endless line', ['I', '1'.repeat(5000)], /line without an end/],
  ])('%s', (_, pieces, message) => {
    expect(() => load(pickle(...pieces))).toThrow(message);
    expect(() => load(pickle(...pieces))).toThrow(FormatError);
  });

  it('no STOP, and nothing at all', () => {
    expect(() => load(join('N'))).toThrow(/truncated/);
    expect(() => load(new Uint8Array(0))).toThrow(/truncated/);
  });

  it('steps, objects and depth are bounded', () => {
    expect(() => load(pickle('N0'.repeat(30), 'N'), small)).toThrow(/50 steps/);
    expect(() => load(pickle(']0'.repeat(11), 'N'), small)).toThrow(/10 objects/);
    expect(() => load(pickle('('.repeat(6)), small)).toThrow(/deeper than 5/);
    expect(() => load(pickle('('.repeat(2000)))).toThrow(/deeper than 1000/);
  });

  it('memo numbers reserve nothing', () => {
    expect(load(pickle('N', 'r', le(0xffffffff, 4), '0', 'j', le(0xffffffff, 4)))).toBeNull();
  });

  it('nesting without marks may be deep: nothing recurses into it', () => {
    const depth = 100_000;
    expect(load(join(op.proto, ']'.repeat(depth), 'a'.repeat(depth - 1), op.stop))).toHaveLength(1);
  });

  it('keys that are no strings are bounded, since numbers can be chosen to collide', () => {
    const four = [0, 1, 2, 3].map((n) => ['K', n]);
    expect(() => load(pickle('}', '(', four, four, 'u'), small)).toThrow(/3 keys that are no strings/);
    expect(() => load(pickle(0x8f, '(', four, 0x90), small)).toThrow(/3 keys/);
    expect(() => load(pickle('(', four, 0x91), small)).toThrow(/3 keys/);
  });

  it.each<[string, Piece, Piece]>([
    ['encode', op.global('_codecs', 'encode'), op.tuple(op.str('x'.repeat(2 ** 20)), op.str('latin1'))],
    [
      'bytearray',
      op.global('builtins', 'bytearray'),
      op.tuple(['B', le(2 ** 20, 4), new Uint8Array(2 ** 20)]),
    ],
    ['set', op.global('builtins', 'set'), op.tuple([']', '(', 'N'.repeat(2000), 'e'])],
    [
      'OrderedDict',
      op.global('collections', 'OrderedDict'),
      op.tuple([']', '(', new Array<Piece>(2000).fill(['NN', 0x86]), 'e']),
    ],
  ])('copying one value again and again with %s is stopped', (_, callee, args) => {
    const again = join('h', 0, 'h', 1, 'R', '0');
    const head = join(op.proto, callee, 'q', 0, '0', args, 'q', 1, '0');
    const file = join(head, ...new Array<Uint8Array>(300).fill(again), 'N', op.stop);
    expect(() => load(file)).toThrow(/copies more data/);
  });

  it('a global with an endless name is refused before it is looked up', () => {
    expect(() => load(pickle(op.str('m'.repeat(5000)), op.str('n'), 0x93))).toThrow(
      /longer than any real one/,
    );
  });

  it.each<[string, Piece[]]>([
    ['OrderedDict', [op.global('collections', 'OrderedDict'), op.tuple(op.int(1)), op.reduce]],
    [
      'OrderedDict pairs',
      [op.global('collections', 'OrderedDict'), op.tuple([op.list, op.int(1), 'a']), op.reduce],
    ],
    ['set', [op.global('builtins', 'set'), op.tuple(op.int(1)), op.reduce]],
    ['bytearray', [op.global('builtins', 'bytearray'), op.tuple(op.int(2 ** 40)), op.reduce]],
    ['encode', [op.global('_codecs', 'encode'), op.tuple(op.str('a'), op.str('rot13')), op.reduce]],
    [
      'encode wide',
      [op.global('_codecs', 'encode'), op.tuple(op.str('\u4e16'), op.str('latin1')), op.reduce],
    ],
    ['_reconstructor', [op.global('copyreg', '_reconstructor'), op.tuple(op.int(1)), op.reduce]],
  ])('unexpected arguments of %s', (_, pieces) => {
    expect(() => load(pickle(...pieces))).toThrow(FormatError);
  });

  it('NumPy scalars become numbers, unknown kinds stay records', () => {
    const bytes = (...values: number[]): Piece => ['C', values.length, values];
    const dtype = (code: string, order = '<'): Piece => [
      [op.global('numpy', 'dtype'), op.tuple(op.str(code), op.no, 0x88), op.reduce],
      [op.tuple(op.int(3), op.str(order)), op.build],
    ];
    const scalar = (code: string, order: string, ...values: number[]) =>
      load(
        pickle(
          op.global('numpy.core.multiarray', 'scalar'),
          op.tuple(dtype(code, order), bytes(...values)),
          op.reduce,
        ),
      );
    expect(scalar('f8', '<', 0, 0, 0, 0, 0, 0, 0xf8, 0x3f)).toBe(1.5);
    expect(scalar('i8', '<', 255, 255, 255, 255, 255, 255, 255, 255)).toBe(-1);
    expect(scalar('u8', '<', 255, 255, 255, 255, 255, 255, 255, 255)).toBe(2n ** 64n - 1n);
    expect(scalar('b1', '|', 1)).toBe(true);
    expect(scalar('f8', '>', 0, 0, 0, 0, 0, 0, 0xf8, 0x3f)).toBeInstanceOf(PickledObject);
    expect(scalar('f8', '<', 1)).toBeInstanceOf(PickledObject);
    expect(scalar('M8', '<', 0, 0, 0, 0, 0, 0, 0, 0)).toBeInstanceOf(PickledObject);
  });
});
