/**
 * The shipped weights of EfficientNet-Lite0 against PyTorch, through stock ops of tfjs (stock_network.ts): what the
 * converter wrote is what PyTorch holds, names, layouts and rounding included. The network builder is not involved.
 */
import {createHash} from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {read} from '../../../src/models/checkpoints/read';
import {startBackend} from '../../support/backends';
import {
  caseNames,
  cases,
  goldenLogits,
  inputOf,
  maxAbsDifference,
  readFile,
  readText,
  topFive,
} from './fixtures';
import {runStockNetwork, type Weights} from './stock_network';

const file = readFile('models/efficientnet_lite0.safetensors');
const checkpoint = read(file);
const weights: Weights = new Map(
  [...checkpoint].map(([name, entry]) => [name, {shape: entry.shape, values: entry.toFloat32()}]),
);

describe('models/efficientnet_lite0.safetensors', () => {
  it('is the file that the model card describes, of at most 10 MB', () => {
    const card = readText('models/README.md');
    expect(card).toContain(createHash('sha256').update(file).digest('hex'));
    expect(card).toContain(checkpoint.metadata.get('source_sha256'));
    expect(file.length).toBeLessThanOrEqual(10_000_000);
  });

  it('names its network and its licence', () => {
    expect(checkpoint.metadata.get('network')).toBe('efficientnet_lite0');
    expect(checkpoint.metadata.get('licence')).toContain('Apache-2.0');
  });

  it('holds kernels in half precision and everything else in single', () => {
    for (const [name, entry] of checkpoint) {
      expect(entry.dtype, name).toBe(/kernel$/.test(name) ? 'F16' : 'F32');
    }
    const parameters = [...checkpoint]
      .filter(([name]) => !name.includes('/moving_'))
      .reduce((sum, [, entry]) => sum + entry.size, 0);
    expect(parameters).toBe(4_652_008);
  });
});

describe('labels', () => {
  const labels: string[] = JSON.parse(readText('models/imagenet1k_labels.json'));

  it('are 1000 different names in ImageNet order', () => {
    expect(new Set(labels).size).toBe(1000);
    const known = {
      0: 'tench',
      207: 'golden retriever',
      285: 'Egyptian cat',
      967: 'espresso',
      999: 'toilet tissue',
    };
    for (const [index, name] of Object.entries(known)) expect(labels[Number(index)]).toBe(name);
  });
});

describe('the shipped weights in stock tfjs ops', () => {
  beforeAll(() => startBackend('wasm'));

  it.each(caseNames)('%s: features and logits agree with PyTorch to 1e-4', (name) => {
    const {f16, input_shape, input_first8, points} = cases[name]!;
    const input = inputOf(name);
    expect(maxAbsDifference(input.subarray(0, 8), input_first8)).toBe(0);
    const before = tf.memory().numTensors;
    const result = runStockNetwork(weights, input, input_shape);
    expect(tf.memory().numTensors).toBe(before);
    for (const [point, golden] of Object.entries(points ?? {})) {
      const values = result.points.get(point)!;
      const spread = golden.spread16.map((_, i) => values[Math.floor((i * values.length) / 16)]!);
      expect(maxAbsDifference(spread, golden.spread16), point).toBeLessThanOrEqual(1e-4 * golden.absmax);
      expect(maxAbsDifference(values.subarray(0, 8), golden.first8), point).toBeLessThanOrEqual(
        1e-4 * golden.absmax,
      );
    }
    const golden = goldenLogits(name, 'f16');
    expect(maxAbsDifference(result.logits, golden)).toBeLessThanOrEqual(1e-4 * f16.max_abs_logit);
    expect(topFive(result.logits)).toEqual(f16.top5.map(({index}) => index));
  });
});

describe('half precision', () => {
  it.each(caseNames)(
    '%s: PyTorch gives the same first answer with the published and the shipped weights',
    (name) => {
      const {f16, f32} = cases[name]!;
      expect(f16.top5[0]!.index).toBe(f32.top5[0]!.index);
      const cost = maxAbsDifference(goldenLogits(name, 'f16'), goldenLogits(name, 'f32'));
      expect(cost).toBeLessThanOrEqual(0.005 * f32.max_abs_logit);
    },
  );
});
