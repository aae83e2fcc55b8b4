/** Kinds of errors where both builds of the package are loaded: each has classes of its own. */
import {expect, it} from 'vitest';
import {
  FormatError,
  InvalidArgumentError,
  inCall,
  inFile,
  OutOfMemoryError,
  StsError,
  UnavailableError,
} from '../../src/util/errors';

const here = {StsError, InvalidArgumentError, FormatError, UnavailableError, OutOfMemoryError};
// By a query, which makes a second module of the file and leaves those alone that other tests share.
const copy = '../../src/util/errors.ts?copy';
const other: typeof here = {...(await import(/* @vite-ignore */ copy))};

const kinds = [
  'StsError',
  'InvalidArgumentError',
  'FormatError',
  'UnavailableError',
  'OutOfMemoryError',
] as const;

it('the builds here have classes of their own', () => {
  for (const kind of kinds) expect(other[kind]).not.toBe(here[kind]);
});

it.each(kinds)('an %s of one build is one for the other, and an StsError, and none of the rest', (kind) => {
  for (const error of [new here[kind]('no'), new other[kind]('no')]) {
    for (const {[kind]: same, StsError} of [here, other]) {
      expect(error instanceof same).toBe(true);
      expect(error instanceof StsError).toBe(true);
    }
    for (const rest of kinds.filter((one) => one !== kind && one !== 'StsError')) {
      expect(error instanceof here[rest], rest).toBe(false);
      expect(error instanceof other[rest], rest).toBe(false);
    }
    expect(error).toBeInstanceOf(Error);
  }
});

it('the base class is none of the kinds, nor is what is no error of ours', () => {
  expect(new StsError('no') instanceof other.InvalidArgumentError).toBe(false);
  for (const value of [new Error('no'), undefined, null, 'no', {}, Object.create(null)]) {
    expect(value instanceof StsError).toBe(false);
    expect(value instanceof OutOfMemoryError).toBe(false);
  }
});

it('an error class of a program is known by itself', () => {
  class Mine extends InvalidArgumentError {}
  const mine = new Mine('no');
  expect(mine instanceof Mine).toBe(true);
  expect(mine instanceof other.InvalidArgumentError).toBe(true);
  expect(new InvalidArgumentError('no') instanceof Mine).toBe(false);
});

it('what is asked of errors inside takes both: the name of a file is put in front of either', () => {
  const given = new other.FormatError('damaged');
  expect(inFile(given, 'a.pth')).toMatchObject({name: 'FormatError', message: 'a.pth: damaged'});
  expect(inCall('load', given)).toMatchObject({name: 'FormatError', message: 'load: damaged'});
});
