#!/usr/bin/env node
/** Bin "tfjs-sts": hands the command line to cli/main and leaves with its exit code. */
import {readFileSync} from 'node:fs';
import {interruption} from '../cli/input/interruption';
import {enableEngineFlags} from './engine_flags';
import {main} from './main';

// Whoever reads our output may have seen enough: `tfjs-sts ... | head -1` is no error. Anything else is, such as a full disk.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`tfjs-sts: cannot write to the standard output: ${error.message}\n`);
  process.exit(1);
});
// Nobody is left to be told.
process.stderr.on('error', () => {});

enableEngineFlags();

const packageFile = new URL('../package.json', import.meta.url);

process.exitCode = await main(process.argv.slice(2), {
  // Asked for only by who reads it: the stream would keep a process waiting.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  interruption,
  env: process.env,
  version: () => (JSON.parse(readFileSync(packageFile, 'utf8')) as {version: string}).version,
});
