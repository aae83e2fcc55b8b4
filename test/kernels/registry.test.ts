/** When the registration of kernels sets them up: with the start of their backend, and never by starting it. */
import * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import {registerKernels} from '../../src/kernels/registry';

class Backend extends tf.KernelBackend {}

const kernelFunc = (): never => {
  throw new Error('nobody calls it');
};

it('leaves a backend alone that has not started, and sets kernels up where it has', async () => {
  let starts = 0;
  tf.registerBackend('late', async () => {
    starts++;
    return new Backend();
  });
  const setUp: string[] = [];
  const config = (kernelName: string) => ({
    kernelName,
    backendName: 'late',
    kernelFunc,
    setupFunc: () => void setUp.push(kernelName),
  });
  registerKernels([config('Early')]);
  expect([starts, setUp]).toEqual([0, []]);
  await tf.setBackend('late');
  expect([starts, setUp]).toEqual([1, ['Early']]);
  registerKernels([config('Early'), config('Late')]);
  expect([starts, setUp]).toEqual([1, ['Early', 'Late']]);
});
