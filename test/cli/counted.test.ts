/** Counts as people write them. */
import {expect, it} from 'vitest';
import {counted} from '../../src/cli/output/counted';

it.each([
  [0, 'segment', undefined, '0 segments'],
  [1, 'segment', undefined, '1 segment'],
  [1234, 'tensor', undefined, '1,234 tensors'],
  [1, 'class', 'classes', '1 class'],
  [3, 'class', 'classes', '3 classes'],
])('%i %s', (count, one, several, text) => {
  expect(counted(count, one, several)).toBe(text);
});
