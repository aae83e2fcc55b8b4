/** Averages over views against plain arithmetic, every way to hand views over, what is refused; then the authors' cases. */
import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {names} from '../../../src/models/checkpoints';
import {createNetwork} from '../../../src/networks';
import {InvalidArgumentError} from '../../../src/util/errors';
import {recognize} from '../../../src/video/recognize';
import {fillWeights} from '../../networks/golden_networks';
import {startBackend} from '../../support/backends';
import {fillInput} from '../../support/fill';
import {readGoldenDoubles} from '../../support/safetensors';

beforeAll(() => startBackend('wasm'));

/** Logits are the means of the three channels over `[2, 1, 1]` positions; `perFrame`: one answer for each frame. */
function meanModel({perFrame = false, activation = 'linear' as 'linear' | 'softmax'} = {}) {
  const input = tfl.input({shape: [2, 1, 1, 3]});
  const rows = tfl.layers.reshape({targetShape: [2, 3]}).apply(input) as tfl.SymbolicTensor;
  const pooled = tfl.layers.globalAveragePooling1d().apply(rows) as tfl.SymbolicTensor;
  const one = tf.eye(3);
  const dense = tfl.layers.dense({units: 3, useBias: false, weights: [one], activation});
  const answer = dense.apply(perFrame ? rows : pooled) as tfl.SymbolicTensor;
  one.dispose();
  return tfl.model({inputs: input, outputs: answer});
}

const view = (...rows: number[][]) => tf.tensor4d(rows.flat(), [2, 1, 1, 3]);
const softmax = (row: number[]) => {
  const sum = row.reduce((total, value) => total + Math.exp(value), 0);
  return row.map((value) => Math.exp(value) / sum);
};
const mean = (rows: number[][]) =>
  rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);

/** Two views and what the model makes of each. */
const FIRST = [
  [1, 2, 6],
  [3, 0, 0],
];
const SECOND = [
  [0, 4, 1],
  [0, 5, 0],
];
const EXPECTED = mean([softmax(mean(FIRST)), softmax(mean(SECOND))]);

const probabilities = (answer: {index: number; probability: number}[]) =>
  [...answer].sort((a, b) => a.index - b.index).map(({probability}) => probability);

function expectClose(actual: number[], expected: number[]) {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6);
  });
}

describe('recognize', () => {
  it('averages the probabilities of the views, not the logits, however views come', async () => {
    const model = meanModel();
    const [a, b] = [view(...FIRST), view(...SECOND)];
    const both = tf.stack([a, b]) as tf.Tensor5D;
    async function* stream() {
      yield a.clone();
      yield tf.expandDims(b, 0);
    }
    const tensors = tf.memory().numTensors;
    for (const views of [both, [a, b], [a, tf.tidy(() => tf.keep(tf.expandDims(b, 0)))], stream()]) {
      expectClose(probabilities(await recognize(model, views)), EXPECTED);
    }
    expectClose(probabilities(await recognize(model, both, {batchSize: 2})), EXPECTED);
    expectClose(probabilities(await recognize(model, both, {batchSize: 9})), EXPECTED);
    // The one tensor that this test keeps: what was handed over stays, what was streamed is gone.
    expect(tf.memory().numTensors).toBe(tensors + 1);
    expectClose(probabilities(await recognize(model, a)), softmax(mean(FIRST)));
  });

  it('sorts, cuts and names', async () => {
    const model = meanModel();
    const answer = await recognize(model, view(...FIRST), {labels: ['red', 'green'], top: 2});
    expect(answer.map(({label, index}) => [label, index])).toEqual([
      ['class 2', 2],
      ['red', 0],
    ]);
    expect(await recognize(model, view(...FIRST), {top: 99})).toHaveLength(3);
  });

  it('averages over frames too, and takes probabilities as they are', async () => {
    const perFrame = await recognize(meanModel({perFrame: true}), view(...FIRST));
    expectClose(probabilities(perFrame), mean(FIRST.map(softmax)));
    const already = await recognize(meanModel({activation: 'softmax'}), view(...FIRST));
    expectClose(probabilities(already), softmax(mean(FIRST)));
    const told = await recognize(meanModel(), view(...FIRST), {output: 'probabilities'});
    expectClose(probabilities(told), mean(FIRST));
  });

  it('tells how far it is', async () => {
    const seen: number[] = [];
    await recognize(meanModel(), tf.stack([view(...FIRST), view(...SECOND), view(...FIRST)]) as tf.Tensor5D, {
      batchSize: 2,
      onView: (done) => seen.push(done),
    });
    expect(seen).toEqual([2, 3]);
  });

  it('refuses what it cannot use, and frees a streamed view that is refused', async () => {
    const model = meanModel();
    await expect(recognize(model, [])).rejects.toThrow(/no view was given/);
    await expect(recognize(model, tf.zeros([0, 2, 1, 1, 3]) as tf.Tensor5D)).rejects.toThrow(
      /no view was given/,
    );
    await expect(recognize(model, tf.zeros([3, 1, 1, 3]) as tf.Tensor4D)).rejects.toThrow(
      /a view of shape \[3, 1, 1, 3\] for a model on \[\?, 2, 1, 1, 3\]/,
    );
    await expect(recognize(model, [tf.zeros([2, 3])])).rejects.toThrow(InvalidArgumentError);
    const loaded = {model, info: {}} as never;
    await expect(recognize(loaded, view(...FIRST))).rejects.toThrow(
      /recognize: takes a LayersModel .* got all of what loadModel gives; pass its \.model/,
    );
    await expect(recognize(undefined as never, view(...FIRST))).rejects.toThrow(InvalidArgumentError);
    for (const nothing of [undefined, 'clip.mp4']) {
      await expect(recognize(model, nothing as never)).rejects.toThrow(InvalidArgumentError);
    }
    await expect(recognize(model, view(...FIRST), {top: 0})).rejects.toThrow(/top is 0/);
    await expect(recognize(model, view(...FIRST), {batchSize: 1.5})).rejects.toThrow(/batchSize is 1.5/);
    const before = tf.memory().numTensors;
    async function* wrong() {
      yield tf.zeros([2, 3]);
    }
    await expect(recognize(model, wrong())).rejects.toThrow(/a view of shape \[2, 3\]/);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("the authors' recognizer", () => {
  const golden = (name: string) => readFileSync(new URL(`../../golden/networks/${name}`, import.meta.url));
  /** Those of `networks/*.json` that hold such cases, and the map of their names. */
  const NETWORKS = [
    ['x3d_s', names.mmaction2.x3d()],
    ['slowonly_r50_8x8', names.mmaction2.slowOnly()],
  ] as const;

  it.each(NETWORKS)(
    '%s: mean of softmax over views of clips, and over crops of frames',
    async (network, map) => {
      const {cases} = JSON.parse(golden(`${network}.json`).toString());
      const expected = readGoldenDoubles(golden(`${network}.safetensors`));
      const recognizers = cases.filter(({name}: {name: string}) => name.endsWith('_recognizer'));
      expect(recognizers).toHaveLength(2);
      const weights = new Map<string, tf.Tensor>();
      for (const {name, input_shape, output_shape, frames, max_abs_diff_f32_f64} of recognizers) {
        const [videos, , , , height, width] = input_shape;
        const classes = output_shape[1];
        const model = createNetwork(`${network}_sts`, {frames, height, width, classes, weightless: true});
        fillWeights(model, map, weights);
        // Views outermost, or crops and then frames: with channels last the numbers are those of whole clips.
        const values = fillInput(input_shape, [0, 1, 3, 4, 5, 2]);
        const views = tf.tensor(values, [
          videos,
          values.length / videos / (frames * height * width * 3),
          frames,
          height,
          width,
          3,
        ]);
        const wanted = expected.get(`${name}/probs_f64`)!;
        for (const [video, own] of tf.unstack(views).entries()) {
          const answer = await recognize(model, own as tf.Tensor5D, {top: classes});
          const error = Math.max(
            ...probabilities(answer).map((value, i) => Math.abs(value - wanted[video * classes + i]!)),
          );
          expect(error / max_abs_diff_f32_f64).toBeLessThanOrEqual(20);
        }
        views.dispose();
        model.dispose();
      }
      tf.dispose([...weights.values()]);
    },
  );
});
