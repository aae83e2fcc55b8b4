/** The folder of a run belongs to one process at a time. */
import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, it} from 'vitest';
import {RunDirectory} from '../../../src/train/run_files/run_directory';

const path = mkdtempSync(join(tmpdir(), 'run-'));
const lock = join(path, 'running');
let other: ChildProcess | undefined;
afterAll(() => {
  other?.kill();
  rmSync(path, {recursive: true});
});

const owner = () => readFileSync(lock, 'utf8').trim();
const mine = String(process.pid);

it('is refused to another that opens it meanwhile, and free after that', async () => {
  const first = new RunDirectory(path);
  await first.open(true, 'train');
  expect(owner()).toBe(mine);
  const second = new RunDirectory(path);
  await expect(second.open(true, 'train')).rejects.toThrow(
    `train: process ${mine} writes the run in '${path}'`,
  );
  await second.release();
  expect(owner()).toBe(mine);
  await first.release();
  expect(existsSync(lock)).toBe(false);
});

it('is refused while another process has it, and taken from one that has ended', async () => {
  other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await new Promise((resolve) => other?.once('spawn', resolve));
  writeFileSync(lock, `${other.pid}\n`);
  const directory = new RunDirectory(path);
  await expect(directory.open(true, 'train')).rejects.toThrow(`train: process ${other.pid} writes the run`);
  expect(owner()).toBe(String(other.pid));
  const ended = new Promise((resolve) => other?.once('exit', resolve));
  other.kill('SIGKILL');
  await ended;
  await directory.open(true, 'train');
  expect(owner()).toBe(mine);
  await directory.release();
});

it('cannot lie where no folder can', async () => {
  const directory = new RunDirectory(join(process.execPath, 'run'));
  await expect(directory.open(false, 'train')).rejects.toThrow(
    `cannot write '${join(process.execPath, 'run', 'running')}'`,
  );
  await directory.release();
});

// A container gives its one process the same number again; a machine that lost its power may leave an empty file.
it.each([mine, '', 'nobody', '-1', '0'])('is taken from one that is no more: "%s"', async (left) => {
  writeFileSync(lock, left);
  const directory = new RunDirectory(path);
  await directory.open(true, 'train');
  expect(owner()).toBe(mine);
  await directory.release();
});
