/** Every type in a public signature can be imported by name, from the entry that the signature is in. Needs a build. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {entries, repository} from './project';
import {unnamedTypes} from './public_types';

const files = entries.map((entry) => (entry === '.' ? 'index.d.ts' : `${entry.slice(2)}.d.ts`));

it('no entry mentions a type that it does not export', () => {
  expect(unnamedTypes(join(repository, 'dist'), files)).toEqual([]);
});

it('would notice one, wherever it is mentioned', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-types-'));
  try {
    writeFileSync(
      join(folder, 'chunk.d.ts'),
      'export interface Hidden<T> {t: T}; export interface Known {h: Hidden<Known>}; export class Base {k: Known; h: Hidden<1>}',
    );
    writeFileSync(
      join(folder, 'entry.d.ts'),
      `import {Tensor} from 'elsewhere';
       import {Base, Hidden, Known} from './chunk.js';
       declare class Shown<T> extends Base {private a: Hidden<T>; b(known: Known): T; c: Tensor}
       declare const shown: () => Promise<readonly Hidden<Tensor>[]>;
       export {type Known, Shown, shown};`,
    );
    expect(unnamedTypes(folder, ['entry.d.ts'])).toEqual([
      'entry.d.ts: Known mentions Hidden',
      'entry.d.ts: Shown mentions Hidden',
      'entry.d.ts: shown mentions Hidden',
    ]);
  } finally {
    rmSync(folder, {recursive: true});
  }
});
