/**
 * A whole process with threads, of the built package (`npm run build` first): it computes, ends by itself though
 * nobody ended the workers, and leaves no file.
 */
import {execFile} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, rmdirSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, it} from 'vitest';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
let temporary: string;

beforeAll(() => {
  if (!existsSync(`${root}dist/wasm.js`))
    throw new Error('dist is missing: run `npm run build` before these tests');
  temporary = mkdtempSync(join(tmpdir(), 'threads-'));
});
afterAll(() => rmdirSync(temporary));

const body = `
  await setThreads(3);
  const [x, w] = [tf.ones([1, 8, 28, 28, 12]), tf.ones([3, 3, 3, 12, 24])];
  const y = sts.conv3d(x, w, 1, 'valid');
  console.log(tf.getBackend(), y.dataSync().every((value) => value === 27 * 12));
`;
const programs: Record<string, {type: string; code: string}> = {
  'an ES module': {
    type: 'module',
    code: `
      import '@tensorflow/tfjs-layers';
      import '@tensorflow/tfjs-backend-wasm';
      import * as tf from '@tensorflow/tfjs-core';
      import * as sts from 'tfjs-sts';
      import {setThreads} from 'tfjs-sts/wasm';
      ${body}`,
  },
  'a CommonJS module': {
    type: 'commonjs',
    code: `
      require('@tensorflow/tfjs-layers');
      require('@tensorflow/tfjs-backend-wasm');
      const tf = require('@tensorflow/tfjs-core');
      const sts = require('tfjs-sts');
      const {setThreads} = require('tfjs-sts/wasm');
      (async () => {${body}})();`,
  },
};

it.each(Object.entries(programs))('%s computes, ends and leaves nothing', async (_, {type, code}) => {
  const program = [`--input-type=${type}`, '--eval', code];
  const env = {...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary};
  // A process that does not end is killed, and then this throws.
  const {stdout} = await promisify(execFile)(process.execPath, program, {cwd: root, env, timeout: 100_000});
  expect(stdout).toBe('wasm true\n');
  expect(readdirSync(temporary)).toEqual([]);
});
