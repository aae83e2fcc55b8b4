/**
 * Minimal filtering of few tiles with many weights, of which threads share the outputs: on one thread and on three the bits of the same
 * convolution in halves, which have too few weights to go that way.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it} from 'vitest';
import * as sts from '../../../../src/entries';
import {conv3dInfo} from '../../../../src/geometry/ordinary_info';
import {planConvolution} from '../../../../src/kernels/wasm/plan/forward';
import {planInputGradient} from '../../../../src/kernels/wasm/plan/input_gradient';
import {tensorOf, valuesOf} from '../wasm_host';
import {liveRuntime, startBehindWorkers, startThreads} from './start_threads';

const INPUTS = 256;
const OUTPUTS = 264;

beforeAll(() => startThreads(2));

function runsOf(inputs: number, outputs: number) {
  const info = conv3dInfo([1, 2, 8, 8, inputs], [1, 3, 3, inputs, outputs], {pad: 'same'});
  const epilogue = {bias: true, residual: true, activation: 1};
  const parts = [...planConvolution(info, epilogue, true), ...planInputGradient(info, true).parts];
  return parts.map(({rows}) => rows.run);
}

it('gives the same forward, with all that it ends with, and back', async () => {
  expect(runsOf(INPUTS, OUTPUTS)).toEqual(['convolveWinogradPanels', 'convolveWinogradPanels']);
  expect(runsOf(INPUTS / 2, OUTPUTS)).toEqual(['convolveWinograd', 'convolveWinograd']);
  expect(runsOf(INPUTS, OUTPUTS / 2)).toEqual(['convolveWinograd', 'convolveWinograd']);
  /** Output, and gradient with respect to the input, from outputs and inputs in so many pieces. */
  const everything = (pieces: number) =>
    tf.tidy(() => {
      const [x, filter] = [tensorOf([1, 2, 8, 8, INPUTS], 1), tensorOf([1, 3, 3, INPUTS, OUTPUTS], 2)];
      const residual = tensorOf([1, 2, 8, 8, OUTPUTS], 4);
      const [biases, residuals] = [
        tf.split(tf.tensor1d(valuesOf([OUTPUTS], 3)), pieces),
        tf.split(residual, pieces, 4),
      ];
      const y = tf.split(filter, pieces, 4).map((piece, i) => {
        const ends = {
          bias: biases[i] as tf.Tensor1D,
          residual: residuals[i] as tf.Tensor5D,
          activation: 'relu',
        } as const;
        return sts.fused.conv3d({x, filter: piece as tf.Tensor5D, pad: 'same', ...ends});
      });
      const inputs = tf.split(x, pieces, 4);
      const dx = tf.split(filter, pieces, 3).map((piece, i) => {
        const conv = (t: tf.Tensor) => sts.conv3d(t as tf.Tensor5D, piece as tf.Tensor5D, 1, 'same');
        return tf.grad(conv)(inputs[i]!, residual);
      });
      return [y, dx].map((parts) => tf.concat(parts, 4).dataSync() as Float32Array) as never;
    });
  await liveRuntime().setThreads(1);
  const expected = everything(2);
  expect(everything(1)).toEqual(expected);
  await startBehindWorkers(liveRuntime(), 3);
  expect(everything(1)).toEqual(expected);
});
