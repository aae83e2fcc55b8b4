/** Every source file says at its top what it is. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, it} from 'vitest';

const source = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(source, {recursive: true, encoding: 'utf8'}).filter((path) => path.endsWith('.ts'));

it('every file of src begins with a comment that says what it is', () => {
  expect(files.length).toBeGreaterThan(150);
  const without = files.filter((path) => !/^(#!.*\n)?\/\*\*/.test(readFileSync(join(source, path), 'utf8')));
  expect(without).toEqual([]);
});
