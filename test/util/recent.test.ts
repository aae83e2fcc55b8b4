/** Texts that are kept as long as there is room, those used last first. */
import {expect, it} from 'vitest';
import {Recent} from '../../src/util/recent';

it('keeps those used last, as many as have together so many letters, keys among them', () => {
  const recent = new Recent(12);
  recent.set('a', '123');
  recent.set('b', '123');
  recent.set('c', '123');
  expect(recent.get('a')).toBe('123');
  recent.set('d', '1');
  expect(['a', 'b', 'c', 'd'].map((key) => recent.get(key))).toEqual(['123', undefined, '123', '1']);
  recent.set('a', '12345678901');
  expect(['a', 'c', 'd'].map((key) => recent.get(key))).toEqual(['12345678901', undefined, undefined]);
});

it('keeps nothing that is too long, and one text a key', () => {
  const recent = new Recent(4);
  recent.set('a', '1234');
  expect(recent.get('a')).toBeUndefined();
  recent.set('a', '1');
  recent.set('a', '123');
  expect(recent.get('a')).toBe('123');
});
