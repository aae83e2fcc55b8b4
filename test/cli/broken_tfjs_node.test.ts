/** What the built command line says where tfjs-node is not installed, or its native half is missing or another one. Build first. */
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {expect, it} from 'vitest';

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const clip = fileURLToPath(new URL('../../examples/clips/coffee.mp4', import.meta.url));

const asUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

/** Of the command with tfjs-node in such a state: as Node itself fails to find it, or with what it throws as it is imported. */
function said(state: {code?: string; message: string}): string {
  const broken = asUrl(
    `throw Object.assign(new Error(${JSON.stringify(state.message)}), {code: ${JSON.stringify(state.code)}})`,
  );
  const missing = asUrl(`throw Object.assign(new Error('no tfjs-node-gpu'), {code: 'ERR_MODULE_NOT_FOUND'})`);
  const hooks = asUrl(`export async function resolve(name, context, next) {
    if (name === '@tensorflow/tfjs-node') return {url: ${JSON.stringify(broken)}, shortCircuit: true};
    if (name === '@tensorflow/tfjs-node-gpu') return {url: ${JSON.stringify(missing)}, shortCircuit: true};
    return next(name, context);
  }`);
  const register = asUrl(`import {register} from 'node:module'; register(${JSON.stringify(hooks)});`);
  const args = ['--import', register, program, 'predict', clip, '--frames', '1', '--backend', 'tensorflow'];
  const {status, stdout, stderr} = spawnSync(process.execPath, args, {encoding: 'utf8'});
  expect([status, stdout]).toEqual([1, '']);
  return stderr;
}

const start = /^tfjs-sts: the tensorflow backend could not be started \(.*\); /;

it('not installed: what to install', () => {
  const text = said({code: 'ERR_MODULE_NOT_FOUND', message: "Cannot find package '@tensorflow/tfjs-node'"});
  expect(text).toMatch(start);
  expect(text).toMatch(/; install it with: npm install @tensorflow\/tfjs-node\n$/);
});

// As tfjs-node and Node say it.
it.each([
  [
    'without its native half',
    'The Node.js native addon module (tfjs_binding.node) can not be found at path: /app/tfjs_binding.node.\nPlease run',
  ],
  [
    'of another Node',
    "The module '/app/lib/napi-v8/tfjs_binding.node'\nwas compiled against a different Node.js version",
  ],
  ['without libtensorflow', 'libtensorflow.so.2: cannot open shared object file: No such file or directory'],
])('%s: to rebuild it, in one line', (_, message) => {
  const text = said({message});
  expect(text).toMatch(start);
  expect(text).toMatch(
    /; its native half is missing or does not fit: npm rebuild @tensorflow\/tfjs-node, or docs\/guide\/tfjs_node\.md/,
  );
  expect(text.match(/\n/g)).toHaveLength(1);
});
