/**
 * What holds in whatever order a program imports the host's backends and our entries. Each order has a test file of
 * its own, since vitest gives each file a world with an empty kernel registry.
 */
import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'vitest';
import * as sts from '../../../src/entries';

/** Of a window with negative numbers alone: -1, but 1.2e-38 through the wasm backend's own kernel. */
function largest(): number {
  return tf.tidy(
    () => tf.maxPool3d(tf.tensor5d([-2, -1], [1, 1, 1, 2, 1]), [1, 1, 2], 1, 'valid').dataSync()[0]!,
  );
}

/** The second of two ones at stride 2: 0, but 1 through the host's own kernels. */
function sampled(): number {
  return tf.tidy(
    () => tf.avgPool3d(tf.tensor5d([0, 1], [1, 1, 1, 2, 1]), 1, [1, 1, 2], 'same').dataSync()[0]!,
  );
}

/** Starts both backends in turn; the kernels of ours run until they are taken back, for good. */
export async function expectReplacedAndRestored(): Promise<void> {
  for (const backend of ['wasm', 'cpu'] as const) {
    await tf.setBackend(backend);
    expect(tf.getBackend()).toBe(backend);
    expect([sts.kernelCoverage().MaxPool3D, largest(), sampled()]).toEqual(['kernel', -1, 0]);
  }
  sts.restoreStockKernels('cpu');
  expect([sts.kernelCoverage('cpu').MaxPool3D, sampled()]).toEqual(['stock', 1]);
  expect(sts.kernelCoverage('wasm').MaxPool3D).toBe('kernel');
  sts.restoreStockKernels();
  await tf.setBackend('wasm');
  expect([sts.kernelCoverage().MaxPool3D, largest(), sampled()]).toEqual(['stock', 2 ** -126, 1]);
  // The ops of this package keep their kernels.
  expect(sts.kernelCoverage().IndirectConv3D).toBe('kernel');
  sts.restoreStockKernels();
  expect(sts.kernelCoverage().MaxPool3D).toBe('stock');
}

/** The host warns of a name that is registered twice. */
export function expectNoDuplicates(warn: {mock: {calls: unknown[][]}}): void {
  const messages = warn.mock.calls.map(([message]) => String(message));
  expect(messages.filter((message) => message.includes('already registered'))).toEqual([]);
}
