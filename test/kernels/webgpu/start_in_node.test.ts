/** `startWebGPU` of tfjs-sts/node, on SwiftShader. Processes of their own run the built package (`npm run build`). */
import {spawnSync} from 'node:child_process';
import {tmpdir} from 'node:os';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, expect, it, vi} from 'vitest';
import {startWebGPU} from '../../../src/entries/node';
import {UnavailableError} from '../../../src/util/errors';
import {startDawn} from '../../support/dawn';
import {takeDeviceErrors} from '../../support/device_errors';

afterEach(() => vi.doUnmock('webgpu'));

it('says what to install where Dawn is missing', async () => {
  vi.doMock('webgpu', () => {
    throw new Error("Cannot find package 'webgpu'");
  });
  const start = startWebGPU();
  await expect(start).rejects.toThrow(UnavailableError);
  await expect(start).rejects.toThrow(/npm install webgpu @tensorflow\/tfjs-backend-webgpu/);
});

it('starts the backend, once and again, and says that a program on the processor runs it', async () => {
  const adapter = await startDawn();
  expect(adapter).toMatchObject({vendor: 'google', architecture: 'swiftshader', software: true});
  expect(tf.getBackend()).toBe('webgpu');
  const sum = tf.tidy(() => tf.sum(tf.square(tf.tensor1d([1, 2, 3]))));
  expect([...(await sum.data())]).toEqual([14]);
  expect(await startWebGPU()).toEqual(adapter);
});

it('hears what a device reports and nobody catches', async () => {
  await startDawn();
  const {device} = tf.backend() as unknown as {device: {createShaderModule(code: object): unknown}};
  device.createShaderModule({code: 'fn main( {'});
  expect(await takeDeviceErrors()).toEqual([expect.stringMatching(/error/i)]);
});

/** Runs a program that begins with `startWebGPU` at hand. */
function run(program: string, env = {}) {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const source = `
    import * as tf from '@tensorflow/tfjs-core';
    import {startWebGPU} from './dist/node.js';
    ${program}`;
  // Drivers of Mesa, where Debian has installed them beside Chromium, complain where no session has set it.
  const wholeEnv = {XDG_RUNTIME_DIR: tmpdir(), ...process.env, ...env};
  const options = {cwd: root, env: wholeEnv, encoding: 'utf8', timeout: 60_000} as const;
  const {status, signal, stdout, stderr} = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', source],
    options,
  );
  return {status, signal, stdout, stderr};
}

it('lets a process end by itself, with work on the device or after its backend is gone', () => {
  const add =
    'await startWebGPU(); const sum = tf.add(tf.ones([3]), 1); console.log((await sum.data()).join());';
  const after = 'tf.square(tf.square(sum)); if (process.env.REMOVE) tf.removeBackend("webgpu");';
  for (const env of [{}, {REMOVE: '1'}]) {
    expect(run(add + after, env)).toMatchObject({status: 0, signal: null, stdout: '2,2,2\n', stderr: ''});
  }
});

it('says that a driver is missing', () => {
  const nothing = {VK_DRIVER_FILES: '/nonexistent', VK_ICD_FILENAMES: '/nonexistent'};
  const {status, stdout} = run(
    'await startWebGPU().catch((error) => console.log(error.name, error.message));',
    nothing,
  );
  expect(status).toBe(0);
  expect(stdout).toMatch(/^UnavailableError startWebGPU: there is no graphics adapter.*Vulkan driver/);
});

it('says so where the backend was imported too early', () => {
  const {status, stdout} = run(`
    await import('@tensorflow/tfjs-backend-webgpu');
    await startWebGPU().catch((error) => console.log(error.message));`);
  expect(status).toBe(0);
  expect(stdout).toMatch(/imported before WebGPU was there.*Leave the import out/);
});
