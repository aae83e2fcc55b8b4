/** `ready` in Node: its rule, on backends that stand for those of other machines, and on the ones that there are. */

import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {InvalidArgumentError, ready, UnavailableError} from '../../src/entries';
import {webgpuGraphics} from '../../src/kernels/graphics';
import {isForWasm, MEASURED} from '../../src/kernels/measured_networks';
import {registerStarter} from '../../src/kernels/starters';
import {listModels} from '../../src/models/zoo';
import {listNetworks} from '../../src/networks';

const gpu = {vendor: 'nvidia', architecture: 'ampere', description: 'NVIDIA A10G'};
const software = {vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader Device'};

/** A machine with this adapter, if any, and these backends imported, of which the failing do not start. */
function machine(adapter: object | null, backends: readonly string[], failing: readonly string[] = []): void {
  vi.stubGlobal('navigator', {gpu: {requestAdapter: async () => adapter && {info: adapter}}});
  for (const name of backends) {
    tf.registerBackend(name, () => {
      if (failing.includes(name)) throw new Error('no such machine');
      return new MathBackendCPU();
    });
  }
}

beforeEach(() => {
  for (const name of tf.engine().backendNames()) tf.removeBackend(name);
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the rule', () => {
  it('takes TensorFlow where it is imported, and else a GPU', async () => {
    machine(gpu, ['cpu', 'wasm', 'webgpu', 'tensorflow']);
    expect(await ready()).toMatchObject({backend: 'tensorflow', tried: []});
    expect(tf.getBackend()).toBe('tensorflow');
    tf.removeBackend('tensorflow');
    const {backend, reason, tried} = await ready();
    expect(backend).toBe('webgpu');
    expect(reason).toMatch(/the first of .*; nvidia ampere NVIDIA A10G$/);
    expect(tried).toEqual([
      {backend: 'tensorflow', reason: expect.stringMatching(/not imported.*tfjs-node/)},
    ]);
  });

  it('takes no software adapter for a GPU', async () => {
    machine(software, ['cpu', 'wasm', 'webgpu', 'webgl']);
    const {backend, tried} = await ready();
    expect(backend).toBe('wasm');
    expect(tried.map((one) => one.backend)).toEqual(['tensorflow', 'webgpu', 'webgl']);
    expect(tried[1]!.reason).toMatch(/google swiftshader SwiftShader Device computes on the processor/);
    expect(tried[2]!.reason).toBe('no WebGL 2');
  });

  it('goes on where an adapter is missing or a backend does not start', async () => {
    machine(null, ['cpu', 'wasm', 'webgpu'], ['wasm']);
    const {backend, tried} = await ready();
    expect(backend).toBe('cpu');
    expect(Object.fromEntries(tried.map((one) => [one.backend, one.reason]))).toMatchObject({
      webgpu: 'no graphics adapter',
      wasm: expect.stringMatching(/could not start/),
    });
  });

  it('takes what is preferred first, in order, and says what it is', async () => {
    machine(software, ['cpu', 'wasm', 'webgpu', 'mine'], ['wasm']);
    expect(await ready({prefer: 'webgpu'})).toEqual({
      backend: 'webgpu',
      reason: 'preferred; software: google swiftshader SwiftShader Device',
      tried: [],
    });
    expect(await ready({prefer: ['wasm', 'mine']})).toMatchObject({
      backend: 'mine',
      tried: [{backend: 'wasm'}],
    });
  });

  it('goes on with the others where nothing that is preferred runs', async () => {
    machine(null, ['cpu', 'webgpu']);
    const {backend, reason, tried} = await ready({prefer: ['webgpu', 'webgl']});
    expect(backend).toBe('cpu');
    expect(reason).toMatch(/^the first of/);
    expect(tried.map((one) => one.backend)).toEqual(['webgpu', 'webgl', 'tensorflow', 'wasm']);
  });

  it('says all reasons where none starts', async () => {
    machine(gpu, ['webgpu'], ['webgpu']);
    const none = ready();
    await expect(none).rejects.toThrow(UnavailableError);
    await expect(none).rejects.toThrow(/ready: no backend .*webgpu: the host could not.*cpu: not imported/);
  });

  it('lets the entry of a backend load and start it, with the threads that are asked for', async () => {
    machine(null, []);
    const start = vi.fn(async () => 'three wheels');
    registerStarter({
      backendName: 'wasm',
      load: async () => void tf.registerBackend('wasm', () => new MathBackendCPU()),
      start,
    });
    expect(await ready({threads: 3})).toMatchObject({
      backend: 'wasm',
      reason: expect.stringMatching(/three wheels$/),
    });
    expect(start).toHaveBeenCalledWith(3);
    tf.unregisterKernel('StsStarter', 'wasm');
  });

  it('takes tensorflow after wasm, with our kernels, for what is slower there', async () => {
    machine(gpu, ['cpu', 'wasm', 'tensorflow']);
    // The host's own kernels of wasm were not measured.
    expect(await ready({network: 'x3d_s'})).toMatchObject({backend: 'tensorflow'});
    registerStarter({backendName: 'wasm'});
    expect(await ready({network: 'x3d_s'})).toEqual({
      backend: 'wasm',
      reason: expect.stringMatching(/^the first of webgpu, webgl, wasm, tensorflow, cpu that runs here; /),
      tried: [expect.objectContaining({backend: 'webgpu'}), expect.objectContaining({backend: 'webgl'})],
    });
    expect(await ready({network: 'x3d_s_sts.k400_e100'})).toMatchObject({backend: 'wasm'});
    expect(await ready({network: 'slowfast_r50_8x8'})).toMatchObject({backend: 'tensorflow'});
    // Faster in prediction, and slower in training.
    expect(await ready({network: 'r2plus1d_r34_8x8'})).toMatchObject({backend: 'tensorflow'});
    expect(await ready({network: 'r2plus1d_r34_8x8', training: true})).toMatchObject({backend: 'wasm'});
    expect(await ready({network: 'ircsn_r50', training: true})).toMatchObject({backend: 'tensorflow'});
    // Four hundredths less are not worth it, and nobody has measured the last one.
    expect(await ready({network: 'slowonly_r50_8x8', training: true})).toMatchObject({backend: 'wasm'});
    expect(await ready({network: 'transnet_v2', training: true})).toMatchObject({backend: 'wasm'});
    expect(await ready({training: true})).toMatchObject({backend: 'wasm'});
    expect(await ready({training: false})).toMatchObject({backend: 'tensorflow'});
    expect(await ready({network: 'x3d_s', prefer: 'tensorflow'})).toMatchObject({backend: 'tensorflow'});
    tf.removeBackend('wasm');
    expect(await ready({network: 'x3d_s'})).toMatchObject({backend: 'tensorflow'});
    tf.unregisterKernel('StsStarter', 'wasm');
  });

  it('takes tensorflow on a GPU for every network, and goes on where it does not start', async () => {
    registerStarter({backendName: 'wasm'});
    machine(null, ['wasm']);
    tf.registerBackend('tensorflow', () => Object.assign(new MathBackendCPU(), {isUsingGpuDevice: true}));
    expect(await ready({network: 'x3d_s'})).toMatchObject({backend: 'tensorflow'});
    tf.removeBackend('tensorflow');
    tf.registerBackend('tensorflow', () => {
      throw new Error('no libtensorflow');
    });
    expect(await ready({network: 'x3d_s'})).toMatchObject({backend: 'wasm'});
    expect(await ready({network: 'slowfast_r50_8x8'})).toMatchObject({
      backend: 'wasm',
      tried: [{backend: 'tensorflow'}, {backend: 'webgpu'}, {backend: 'webgl'}],
    });
    tf.unregisterKernel('StsStarter', 'wasm');
  });

  it.each([
    ['x3d_z', /no network is called "x3d_z"; did you mean x3d_s/],
    ['x3d_s.', /"x3d_s\."/],
    ['', /no network is called ""; known are efficientnet_lite0, /],
    ['toString', /"toString"/],
    [3, /network is number; give the name of one, such as 'x3d_s'/],
    [null, /network is object/],
    [['x3d_s'], /network is object/],
  ])('refuses the network %j', async (network, message) => {
    machine(null, ['cpu']);
    await expect(ready({network: network as never})).rejects.toThrow(InvalidArgumentError);
    await expect(ready({network: network as never})).rejects.toThrow(message);
  });

  it('refuses names that nobody has, and no counts', async () => {
    machine(null, ['cpu', 'mine']);
    await expect(ready({prefer: 'webgqu'})).rejects.toThrow(InvalidArgumentError);
    await expect(ready({prefer: ['cpu', 'webgqu']})).rejects.toThrow(
      /no backend "webgqu"; did you mean webgpu/,
    );
    await expect(ready({prefer: 3 as never})).rejects.toThrow(/prefer is 3; give a name or a list/);
    await expect(ready({threads: 0})).rejects.toThrow(/threads is 0/);
  });
});

it('knows the networks that there are, by the names of their models too', () => {
  expect(Object.keys(MEASURED)).toEqual(listNetworks().map(({name}) => name));
  const rows = listModels().filter(({network}) => network !== null);
  expect(rows.map(({name}) => typeof isForWasm(name, true))).not.toContain('undefined');
});

it.each([
  ['a GPU', {info: gpu}, false],
  ['SwiftShader', {info: software}, true],
  ['llvmpipe', {info: {...gpu, vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)'}}, true],
  ['Windows without a driver', {info: {...gpu, description: 'Microsoft Basic Render Driver'}}, true],
  ['a fallback of any name', {info: {...gpu, isFallbackAdapter: true}}, true],
  ['a fallback in older browsers', {isFallbackAdapter: true}, true],
  ['a processor in the words of Dawn', {info: {...gpu, type: 'CPU'}}, true],
  ['a GPU in the words of Dawn', {info: {...gpu, type: 'discrete GPU'}}, false],
  ['a GPU whose names are hidden', {info: {vendor: '', architecture: '', description: ''}}, false],
])('webgpu on %s', async (_, adapter, isSoftware) => {
  const graphics = await webgpuGraphics({requestAdapter: async () => adapter as never});
  expect(graphics).toMatchObject({software: isSoftware});
  expect(graphics!.name).not.toBe('');
});
