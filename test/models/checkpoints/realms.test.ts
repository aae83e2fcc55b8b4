/** Arrays of another realm, as a test runner with a page of its own hands them over: no `instanceof` holds for them. */
import {runInNewContext} from 'node:vm';
import {expect, it} from 'vitest';
import {entryOf, read, safetensors} from '../../../src/models/checkpoints';
import {InvalidArgumentError} from '../../../src/util/errors';

const file = safetensors.write([['w', entryOf(Float32Array.of(1, 2), [2])]], {note: 'x'});

it('bytes, buffers and values of another realm are read as ours', () => {
  const foreign = runInNewContext('(bytes) => new Uint8Array(bytes)')([...file]) as Uint8Array;
  expect(foreign).not.toBeInstanceOf(Uint8Array);
  expect([...read(foreign).get('w').toFloat32()]).toEqual([1, 2]);
  expect([
    ...read(foreign.buffer as ArrayBuffer)
      .get('w')
      .toFloat32(),
  ]).toEqual([1, 2]);
  const values = runInNewContext('Float64Array.of(0.5)') as Float64Array;
  expect([entryOf(values, [1]).dtype, [...entryOf(values, [1]).toFloat32()]]).toEqual(['F64', [0.5]]);
});

it('metadata of another realm are written', () => {
  const notes = runInNewContext('new Map([["note", "x"]])') as Map<string, string>;
  expect([...read(safetensors.write([['w', entryOf(Float32Array.of(1, 2), [2])]], notes)).metadata]).toEqual([
    ['note', 'x'],
  ]);
});

it('arrays of types that no checkpoint has are refused', () => {
  expect(() => entryOf(new Uint16Array(1) as never, [1])).toThrow(InvalidArgumentError);
});
