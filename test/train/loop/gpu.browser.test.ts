/** `train` on the backends of GPUs, which are in pages alone: the losses of cpu, where other tests hold the loop to formulas. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, expect, it} from 'vitest';
import '../../../src/entries/backends/cpu';
import '../../../src/entries/backends/webgl';
import '../../../src/entries/backends/webgpu';
import {layers} from '../../../src/entries/index';
import {train} from '../../../src/entries/train';
import {type BackendName, startBackend, useFewPrograms} from '../../support/backends';
import {smallData, smallModel, smallRecipe} from '../support/small_run.mjs';

/**
 * About 500 roundings lie on the way to a loss of about 1 (sums over 54 taps, 288 values of a channel, 144 places), and as many on
 * that of the gradients. They are of either sign: four times the root of their number.
 */
const ROUNDING = 4 * Math.sqrt(1000) * 2 ** -24;

/** Losses after each of four updates and of the validation. All pieces have one shape: each is programs that software compiles. */
async function lossesOn(backend: BackendName): Promise<number[]> {
  await startBackend(backend);
  useFewPrograms(backend);
  const model = smallModel(tfl, layers, 11);
  const before = tf.memory().numTensors;
  const losses: number[] = [];
  const recipe = {...smallRecipe, epochs: 1, batchSize: 4, microBatchSize: 2};
  const {epochs} = await train(model, smallData(tf, 16), {
    recipe,
    validation: smallData(tf, 6),
    onProgress: ({loss}) => losses.push(loss),
  });
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
  return [...losses, epochs[0]!.validation!.loss];
}

let expected: number[];
beforeAll(async () => {
  expected = await lossesOn('cpu');
});

it.each(['webgl', 'webgpu'] as const)('on %s', async (backend) => {
  const losses = await lossesOn(backend);
  expect(losses).toHaveLength(5);
  const off = losses.map((loss, i) => Math.abs(loss - expected[i]!));
  expect(Math.max(...off)).toBeLessThan(ROUNDING);
});
