/** Replacing the kernels of the host and putting them back: what the registry holds before and after. */
import * as tf from '@tensorflow/tfjs-core';
import {beforeEach, expect, it} from 'vitest';
import {kernelCoverage} from '../../src/entries';
import '../../src/entries/backends/wasm';
import {replaceStockKernels, restoreStockKernels, STOCK_KERNEL_NAMES} from '../../src/kernels/registry';
import {stockReplacements} from '../../src/kernels/wasm';
import {startBackend} from '../support/backends';

const kernels = () =>
  new Map(tf.getKernelsForBackend('wasm').map((config) => [config.kernelName, config] as const));

beforeEach(async () => {
  await startBackend('wasm');
  restoreStockKernels();
});

it('puts the very kernels of the host back, and leaves nothing else behind', () => {
  const stock = kernels();
  replaceStockKernels(stockReplacements);
  replaceStockKernels(stockReplacements);
  for (const {kernelName} of stockReplacements.configs) {
    expect(kernels().get(kernelName)).not.toBe(stock.get(kernelName));
  }
  restoreStockKernels('wasm');
  expect(kernels()).toEqual(stock);
  for (const [name, config] of stock) expect(kernels().get(name)).toBe(config);
});

it('names every kernel that it replaces', () => {
  const replaced = stockReplacements.configs.map(({kernelName}) => kernelName);
  expect(STOCK_KERNEL_NAMES).toEqual(expect.arrayContaining(replaced));
  replaceStockKernels(stockReplacements);
  const coverage = kernelCoverage();
  for (const name of STOCK_KERNEL_NAMES) {
    expect(coverage[name], name).toBe(replaced.includes(name) ? 'kernel' : 'stock');
  }
});

it('adds a kernel that the host lacks, and takes it away again', () => {
  const kernelName = 'NoSuchKernel';
  const config = {kernelName, backendName: 'wasm', kernelFunc: () => []};
  replaceStockKernels({...stockReplacements, configs: [config]});
  expect(tf.getKernel(kernelName, 'wasm')).toBeDefined();
  restoreStockKernels();
  expect(tf.getKernel(kernelName, 'wasm')).toBeUndefined();
});

it('leaves the kernels of the host where ours cannot run', () => {
  const stock = kernels().get(tf.MaxPool3D);
  expect(stockReplacements.canRun({wasm: {asm: {}}})).toBe(false);
  replaceStockKernels({...stockReplacements, canRun: () => false});
  expect(kernels().get(tf.MaxPool3D)).toBe(stock);
});

it('puts them back when a backend starts anew on which ours cannot run', async () => {
  const stock = kernels().get(tf.MaxPool3D);
  let canRun = true;
  replaceStockKernels({...stockReplacements, canRun: () => canRun});
  expect(kernels().get(tf.MaxPool3D)).not.toBe(stock);
  canRun = false;
  await tf.setBackend('wasm');
  expect(kernels().get(tf.MaxPool3D)).toBe(stock);
});

it('leaves alone what another package put in the place of ours', () => {
  const stock = kernels().get(tf.MaxPool3D)!;
  replaceStockKernels(stockReplacements);
  tf.unregisterKernel(tf.MaxPool3D, 'wasm');
  const other = {kernelName: tf.MaxPool3D, backendName: 'wasm', kernelFunc: () => []};
  tf.registerKernel(other);
  restoreStockKernels();
  expect(tf.getKernel(tf.MaxPool3D, 'wasm')).toBe(other);
  tf.unregisterKernel(tf.MaxPool3D, 'wasm');
  tf.registerKernel(stock);
});

it('puts back the kernels that are named, which stay back when the backend starts anew', async () => {
  const stock = kernels();
  replaceStockKernels(stockReplacements);
  restoreStockKernels('wasm', ['Mean', 'Sum']);
  const check = () => {
    expect(kernels().get('Mean')).toBe(stock.get('Mean'));
    expect(kernels().get('Sum')).toBe(stock.get('Sum'));
    expect(kernelCoverage('wasm')).toMatchObject({Mean: 'stock', Sum: 'stock', Conv3D: 'kernel'});
  };
  check();
  const factory = tf.findBackendFactory('wasm')!;
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory);
  await tf.setBackend('wasm');
  check();
  restoreStockKernels('wasm');
  expect(kernelCoverage('wasm').Conv3D).toBe('stock');
});

it('refuses kernels that no entry replaces', () => {
  expect(() => restoreStockKernels('wasm', ['Means' as 'Mean'])).toThrow(
    'restoreStockKernels: no entry replaces a kernel "Means"; did you mean Mean?',
  );
});
