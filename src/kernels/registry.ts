/**
 * Registers kernels with the host and tells which implementation runs. The one place where a kernel written for a
 * certain backend is handed to the host's untyped registry.
 */
import * as tf from '@tensorflow/tfjs-core';
import {COMPOSED, KERNEL_NAMES, type KernelName} from '../ops/kernel_names';

/** 'kernel': written for the backend. 'composed': made of stock ops. */
export type KernelImplementation = 'kernel' | 'composed';

/**
 * Registers kernels, once each: a kernel that is there already stays, a composed form that was put in its place on
 * first use is replaced. The host sets kernels up when it starts a backend; where that has happened, it is done here.
 */
export function registerKernels(configs: readonly tf.KernelConfig[]): void {
  for (const config of configs) {
    const present = tf.getKernel(config.kernelName, config.backendName);
    if (present != null && !isComposed(present)) continue;
    if (present != null) tf.unregisterKernel(config.kernelName, config.backendName);
    tf.registerKernel(config);
    // Not tf.findBackend, which starts a backend that has not started: the user may have settings to make first.
    const started = tf.engine().registry[config.backendName];
    if (started !== undefined) config.setupFunc?.(started);
  }
}

/**
 * Which implementation of each kernel runs on a backend.
 *
 * @param backendName default: the live backend
 */
export function kernelCoverage(
  backendName: string = tf.getBackend(),
): Record<KernelName, KernelImplementation> {
  const entries = KERNEL_NAMES.map((name) => {
    const kernel = tf.getKernel(name, backendName);
    return [name, kernel == null || isComposed(kernel) ? 'composed' : 'kernel'] as const;
  });
  return Object.fromEntries(entries) as Record<KernelName, KernelImplementation>;
}

function isComposed(config: tf.KernelConfig): boolean {
  return COMPOSED in config;
}
