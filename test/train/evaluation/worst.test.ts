/** The samples with the highest loss: which they are, and their pictures. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import {beforeAll, describe, expect, it} from 'vitest';
import {type Batches, evaluate, generated} from '../../../src/entries/train';
import {samplePictures, thumbnail} from '../../../src/train/evaluation/sample_pictures';
import {WorstSamples} from '../../../src/train/evaluation/worst';
import {seededRandom} from '../../../src/util/seeded_random';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

it('keeps the same as sorting all of them, and no number comes first', () => {
  const random = seededRandom(5);
  const losses = Array.from({length: 200}, (_, i) => (i === 120 ? Number.NaN : Math.round(random() * 40)));
  const worst = new WorstSamples(7);
  losses.forEach((loss, i) => {
    if (worst.wants(loss))
      worst.add({name: String(i), label: 'a', answer: 'b', score: 0, loss, pictures: []});
  });
  const size = (i: number) => (Number.isNaN(losses[i]!) ? Infinity : losses[i]!);
  const sorted = losses.map((_, i) => i).sort((a, b) => size(b) - size(a) || a - b);
  expect(worst.result().map(({name}) => Number(name))).toEqual(sorted.slice(0, 7));
});

/** Says the mean of red, green and blue, times 4, as logits of three classes. */
function meanModel(): tfl.LayersModel {
  const input = tfl.input({shape: [2, 2, 3]});
  const pooled = tfl.layers.globalAveragePooling2d({}).apply(input) as tfl.SymbolicTensor;
  const kernel = tf.tensor2d([4, 0, 0, 0, 4, 0, 0, 0, 4], [3, 3]);
  const dense = tfl.layers.dense({units: 3, useBias: false, weights: [kernel]});
  return tfl.model({inputs: input, outputs: dense.apply(pooled) as tfl.SymbolicTensor});
}

describe('evaluate', () => {
  const colours = [
    [255, 0, 0],
    [0, 200, 0],
    [100, 0, 120],
    [0, 30, 20],
    [0, 0, 60],
    [90, 90, 90],
  ];
  const classes = ['red', 'green', 'blue'];
  const labels = [0, 1, 0, 0, 2, 1];
  const data = generated({
    ...{classes, labels, std: 255, pictures: true, training: false},
    make: (i) => ({
      data: Uint8Array.from({length: 12}, (_, k) => colours[i]![k % 3]!),
      frames: 1,
      height: 2,
      width: 2,
    }),
  });
  /** Of sample `i`, in float64. */
  function known(i: number) {
    const exps = colours[i]!.map((value) => Math.exp((4 * value) / 255));
    const shares = exps.map((value) => value / (exps[0]! + exps[1]! + exps[2]!));
    const answer = shares.indexOf(Math.max(...shares));
    return {loss: -Math.log(shares[labels[i]!]!), answer: classes[answer]!, score: shares[answer]!};
  }
  const order = labels.map((_, i) => i).sort((a, b) => known(b).loss - known(a).loss);

  it.each([1, 4])('names the worst in batches of %i, and leaks nothing', async (batchSize) => {
    const model = meanModel();
    const before = tf.memory().numTensors;
    const {worst, loss} = await evaluate(model, data, {worst: 3, batchSize});
    expect(tf.memory().numTensors).toBe(before);
    expect(loss).toBeCloseTo(labels.reduce((sum, _, i) => sum + known(i).loss, 0) / labels.length, 5);
    const expected = order.slice(0, 3).map((i) => {
      const {loss, answer, score} = known(i);
      const numbers = {loss: expect.closeTo(loss, 5), score: expect.closeTo(score, 5)};
      return {name: `clip ${i}`, label: classes[labels[i]!], answer, ...numbers};
    });
    expect(worst!.map(({pictures, ...sample}) => sample)).toEqual(expected);
    for (const {pictures} of worst!) expect(pictures.join()).toMatch(/^data:image\/jpeg;base64,[\w+/]+=*$/);
    expect('worst' in (await evaluate(model, data, {batchSize}))).toBe(false);
    model.dispose();
  });

  it('with the binary loss, and names by number where the data have none', async () => {
    const model = meanModel();
    const nameless: Batches = {
      ...{size: 6, classes},
      async *batches(epoch, options) {
        for await (const {x, y} of data.batches(epoch, options)) yield {x, y};
      },
    };
    const {worst} = await evaluate(model, nameless, {worst: 6, loss: {name: 'binary'}});
    const loss = (i: number) => {
      const terms = colours[i]!.map((value, c) =>
        Math.log(1 + Math.exp(((c === labels[i] ? -4 : 4) * value) / 255)),
      );
      return (terms[0]! + terms[1]! + terms[2]!) / 3;
    };
    const sorted = labels.map((_, i) => i).sort((a, b) => loss(b) - loss(a));
    expect(worst!.map((sample) => [sample.name, sample.loss])).toEqual(
      sorted.map((i) => [`sample ${i + 1}`, expect.closeTo(loss(i), 5)]),
    );
    const {score, name} = worst![0]!;
    const logit = (4 * Math.max(...colours[Number(name.slice(7)) - 1]!)) / 255;
    expect(score).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5);
    model.dispose();
  });
});

describe('pictures of a sample', () => {
  it('are its first, middle and last sixth, made bytes again', async () => {
    const bytes = Array.from({length: 2 * 6 * 2 * 2 * 3}, (_, i) => (i * 7) % 256);
    const [mean, std] = [[100, 110, 120] as const, [50, 60, 70] as const];
    const x = tf.tensor(
      bytes.map((value, i) => (value - mean[i % 3]!) / std[i % 3]!),
      [2, 6, 2, 2, 3],
    );
    const pictures = await samplePictures(x, 1, {mean, std});
    const frame = (t: number) => bytes.slice((6 + t) * 12, (7 + t) * 12);
    expect(pictures.map(({data, ...size}) => [[...data], size])).toEqual(
      [1, 3, 5].map((t) => [frame(t), {width: 2, height: 2}]),
    );
    x.dispose();
  });

  it('are stretched from black to white where nothing is known of the values; one channel is grey', async () => {
    const x = tf.tensor([-1, 0, 1, 3], [1, 2, 2, 1]);
    const [picture] = await samplePictures(x, 0, undefined);
    expect([...picture!.data]).toEqual([0, 64, 128, 255].flatMap((value) => [value, value, value]));
    x.dispose();
  });

  it.each([[[2, 5]], [[2, 4, 4, 2]], [[2, 3, 3]]])('there are none of %j', async (shape) => {
    const x = tf.zeros(shape);
    expect(await samplePictures(x, 0, undefined)).toEqual([]);
    x.dispose();
  });

  it('are made smaller: means of squares', () => {
    const [width, height] = [260, 131];
    const data = Uint8Array.from(
      {length: width * height * 3},
      (_, i) => (i % 3) * 50 + (Math.floor(i / 3) % width) / 4,
    );
    const small = thumbnail({data, width, height});
    expect([small.width, small.height]).toEqual([86, 43]);
    for (const x of [0, 40, 85]) {
      const columns = [0, 1, 2].map((i) => Math.floor((3 * x + i) / 4));
      const mean = (columns[0]! + columns[1]! + columns[2]!) / 3;
      expect(small.data[(10 * 86 + x) * 3 + 2]).toBe(Math.round(100 + mean));
    }
  });
});
