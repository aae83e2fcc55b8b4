/** In Node @tensorflow/tfjs registers the host's own gradients when it is imported, here after ours. */
import * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import '../../../src/entries';
import '@tensorflow/tfjs';

it('gradients are amended again when a backend starts', async () => {
  const ofHost = tf.getGradient(tf.Unpack)!.gradFunc;
  await tf.setBackend('cpu');
  expect(tf.getGradient(tf.Unpack)!.gradFunc).not.toBe(ofHost);
  // The host's gives no list for one entry, and fails.
  const gradient = tf.grad((x) => tf.mul(tf.unstack(x)[0]!, 3).sum());
  expect([...gradient(tf.ones([1, 2])).dataSync()]).toEqual([3, 3]);
});
