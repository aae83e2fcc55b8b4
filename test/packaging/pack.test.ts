/**
 * Our ways to pack and publish: none leaves out the build, though npm runs no scripts of packages here. In a copy of what npm goes by, with a
 * build that takes no time.
 */
import {cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {repository, run} from './project';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-bare-'));
  for (const name of ['package.json', '.npmrc']) cpSync(join(repository, name), join(folder, name));
  mkdirSync(join(folder, 'scripts'));
  const build = "fs.mkdirSync('dist'); fs.writeFileSync('dist/index.js', '');";
  writeFileSync(join(folder, 'scripts/prepack.mjs'), `import fs from 'node:fs'; ${build}`);
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

/** Tells what it does, also where `npm test --silent` has silenced the ones that it starts. */
const npm = (...args: string[]) => run('npm', [...args, '--loglevel', 'notice'], folder);

const tarballs = () => readdirSync(folder, {recursive: true}).filter((name) => String(name).endsWith('.tgz'));

it('npm pack without a build fails and names the script that builds', () => {
  const {status, stderr} = npm('pack');
  expect(status).not.toBe(0);
  expect(stderr).toContain('use-npm-run-pack');
  expect(tarballs()).toEqual([]);
});

it('npm run pack builds first', () => {
  const {status, stdout, stderr} = npm('run', 'pack');
  expect(status, stderr).toBe(0);
  expect(tarballs()).toEqual([stdout.trim().split('\n').at(-1)]);
  expect(stderr).toContain('dist/index.js');
});

it('npm publish builds first', () => {
  const {stderr} = npm('publish', '--dry-run', '--offline');
  expect(existsSync(join(folder, 'dist/index.js'))).toBe(true);
  expect(stderr).toContain('dist/index.js');
});
