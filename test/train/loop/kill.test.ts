/** Runs in processes of their own that are killed, at moments of chance, end as the run that nobody killed. */
import {type ChildProcess, spawn} from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {buildSync} from 'esbuild';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {seededRandom} from '../../../src/util/seeded_random';
import {eventFiles, readScalars} from '../support/read_events';

// In the project, where the program finds the packages that are left outside.
const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(modules, '.tfjs-sts-kill-'));
  program = join(folder, 'killed_run.mjs');
  buildSync({
    entryPoints: [fileURLToPath(new URL('../support/killed_run.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
});
afterAll(() => rmSync(folder, {recursive: true}));

const start = (args: readonly (string | number)[], ...rest: (string | number)[]) =>
  spawn(process.execPath, [program, ...[...args, ...rest].map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Waits for the end; rejects with what the process said where it ends with an error of its own. */
function ended(child: ChildProcess): Promise<NodeJS.Signals | null> {
  let errors = '';
  child.stderr!.on('data', (data) => {
    errors += data;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => (code ? reject(new Error(errors)) : resolve(signal)));
  });
}

/** Kills a process that has said so many updates, some milliseconds later. Returns whether it was still running. */
async function killed(child: ChildProcess, updates: number, milliseconds: number): Promise<boolean> {
  let said = '';
  child.stdout!.on('data', (data) => {
    said += data;
    if (said.split('\n').length > updates) setTimeout(() => child.kill('SIGKILL'), milliseconds);
  });
  return (await ended(child)) === 'SIGKILL';
}

/** In three epochs of five. */
const UPDATES = 15;

it.each([
  ['cpu', 1, 1],
  ['wasm', 1, 1],
  ['wasm', 2, 3],
] as const)('on %s, threads: %i, a checkpoint every %i', async (...args) => {
  const [, , every] = args;
  const name = args.join('-');
  const [whole, parts] = [join(folder, `${name}-whole`), join(folder, `${name}-parts`)];
  // A process that was killed while it wrote leaves such pieces behind.
  mkdirSync(parts);
  writeFileSync(join(parts, '.checkpoint.safetensors.1.tmp'), 'half');
  const random = seededRandom(name.length);
  for (const updates of [1, 4]) {
    const child = start(args, parts, updates + 1);
    expect(await killed(child, updates, random() * 30)).toBe(true);
    appendFileSync(join(parts, 'log.jsonl'), '{"kind":"upda');
    appendFileSync(eventFiles(parts).at(-1)!, Uint8Array.of(60, 0, 0, 0, 0, 0, 0, 0, 9));
  }
  const both = [start(args, parts), start(args, whole)];
  const said = both.map(() => 0);
  both.forEach((child, i) => {
    child.stdout.on('data', (data) => {
      said[i]! += String(data).split('\n').length - 1;
    });
  });
  await Promise.all(both.map(ended));
  expect(said[1]).toBe(UPDATES);
  // The second process was killed behind its fourth or fifth update: those since the checkpoint of the third were lost.
  if (every === 3) expect(said[0]).toBe(UPDATES - 3);
  const files = readdirSync(parts).filter((name) => !name.includes('tfevents'));
  expect(files.sort()).toEqual(['best.safetensors', 'checkpoint.safetensors', 'log.jsonl', 'report.html']);
  expect(readScalars(parts)).toEqual(readScalars(whole));
  for (const file of files)
    expect(readFileSync(join(parts, file)).equals(readFileSync(join(whole, file))), file).toBe(true);
});
