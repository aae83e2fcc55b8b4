/**
 * The table of runs: a file with a line of JSON for each finished run. A line is added in one write; what a killed process left half
 * written is cut off. And locks, so that two processes never make the same run.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {dirname} from 'node:path';

/** The lines of a table; none where there is no file. */
export function readLines(path) {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

export function appendLine(path, line) {
  mkdirSync(dirname(path), {recursive: true});
  if (existsSync(path)) {
    const bytes = readFileSync(path);
    const whole = bytes.lastIndexOf('\n') + 1;
    if (whole < bytes.length) truncateSync(path, whole);
  }
  appendFileSync(path, `${JSON.stringify(line)}\n`);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * Takes a lock, also from a process that is no more.
 *
 * @returns a function that gives it back, or undefined where another process has it
 */
export function takeLock(path) {
  mkdirSync(dirname(path), {recursive: true});
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, String(process.pid), {flag: 'wx'});
      return () => rmSync(path, {force: true});
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const owner = Number(readFileSync(path, 'utf8'));
      if (owner !== process.pid && isAlive(owner)) return undefined;
      rmSync(path, {force: true});
    }
  }
  return undefined;
}
