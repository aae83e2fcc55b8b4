/**
 * Checkpoint files of the authors' code, in every format that they come in, read into small networks: each tensor has
 * its place, and the network answers as the authors' does.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {assign, read} from '../../src/models/checkpoints';
import {mmaction2, renamed, timm} from '../../src/models/checkpoints/names';
import {createNetwork} from '../../src/networks';
import {startBackend} from '../support/backends';
import {fillInput} from '../support/fill';
import {readGolden, readGoldenJson} from '../support/golden';

interface Forward {
  /** `[batch, 3, time, height, width]`, or of an image `[batch, 3, height, width]`. */
  input_shape: number[];
  logits_f64: number[][];
}

const {files} = await readGoldenJson<{files: Record<string, {forward?: Forward}>}>(
  'checkpoints/manifest.json',
);

const NETWORKS = [
  {
    network: 'slowonly_tiny_sts',
    options: {frames: 8, height: 32, width: 32, path: {channels: 4, stemTaps: 1, taps: [1, 1, 3, 3]}},
    names: mmaction2.slowOnly(),
    forward: files['mmaction_tiny_slowonly.pth']!.forward!,
    checkpoints: [
      'mmaction_tiny_slowonly.pth',
      'mmaction_tiny_slowonly_legacy.pth',
      'mmaction_tiny_slowonly.safetensors',
      'torch2_mmaction_tiny_slowonly.pth',
    ],
  },
  {
    network: 'x3d_tiny',
    options: {frames: 1, height: 32, width: 32, hidden: 32, hiddenBias: true},
    names: timm.x3d(),
    forward: files['timm_tiny_x3d.pth.tar']!.forward!,
    checkpoints: ['timm_tiny_x3d.pth.tar', 'timm_tiny_x3d_clean_legacy.pth', 'timm_tiny_x3d.safetensors'],
  },
];

beforeAll(() => startBackend('wasm'));

describe.each(NETWORKS)('$network', ({network, options, names, forward, checkpoints}) => {
  it.each(checkpoints)('answers as the authors with %s', async (file) => {
    const model = createNetwork(network, {classes: 5, weightless: true, ...options});
    const report = assign(model, renamed(read(await readGolden(`checkpoints/${file}`)), names));
    expect(report.assigned.length).toBe(model.weights.length);
    const [batch, channels, ...lengths] = forward.input_shape as [number, number, ...number[]];
    const [time, height, width] = (lengths.length === 2 ? [1, ...lengths] : lengths) as [
      number,
      number,
      number,
    ];
    const values = fillInput([batch, channels, time, height, width], [0, 2, 3, 4, 1]);
    const answer = tf.tidy(() =>
      (model.predict(tf.tensor5d(values, [batch, time, height, width, channels])) as tf.Tensor).dataSync(),
    );
    forward.logits_f64.flat().forEach((logit, i) => {
      expect(Math.abs(answer[i]! - logit)).toBeLessThan(1e-5);
    });
    model.dispose();
  });
});
