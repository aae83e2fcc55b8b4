/** What a model ends in, told from its layers: recognize must give back what the model says where that are probabilities. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {freeze} from '../../../src/inference/freeze';
import {type OutputKind, outputKind} from '../../../src/layers';
import {recognize} from '../../../src/video/recognize';
import {startBackend} from '../../support/backends';

beforeAll(() => startBackend('cpu'));

type Symbolic = tfl.SymbolicTensor;
const {layers} = tfl;
const dense = (y: Symbolic, activation?: 'softmax' | 'sigmoid' | 'relu') =>
  layers.dense({units: 3, ...(activation && {activation})}).apply(y) as Symbolic;
const features = (x: Symbolic) => layers.globalAveragePooling2d({}).apply(rows(x)) as Symbolic;
const rows = (x: Symbolic) => layers.reshape({targetShape: [2, 4, 3]}).apply(x) as Symbolic;
const perFrame = (x: Symbolic) => layers.reshape({targetShape: [2, 12]}).apply(x) as Symbolic;
const softmax = (y: Symbolic) => layers.softmax({axis: -1}).apply(y) as Symbolic;
const then = (y: Symbolic, ...more: tfl.layers.Layer[]) =>
  more.reduce((value, layer) => layer.apply(value) as Symbolic, y);

function classifier(end: (y: Symbolic) => Symbolic, shape: number[] = [3]) {
  const input = tfl.input({shape});
  return tfl.model({inputs: input, outputs: end(input)});
}

/** A model on [2, 2, 2, 3] that ends in a layer which passes its input on: the model within decides, or what is before it. */
const passing = () => classifier((y) => layers.dropout({rate: 0.1}).apply(y) as Symbolic);

const ENDS: readonly [string, OutputKind, (x: Symbolic) => Symbolic][] = [
  ['dense', 'logits', (x) => dense(features(x))],
  ['dense with relu', 'logits', (x) => dense(features(x), 'relu')],
  ['dense with softmax', 'probabilities', (x) => dense(features(x), 'softmax')],
  ['a softmax layer', 'probabilities', (x) => softmax(dense(features(x)))],
  [
    'an activation layer',
    'probabilities',
    (x) => then(dense(features(x)), layers.activation({activation: 'softmax'})),
  ],
  [
    'softmax, reshape',
    'probabilities',
    (x) => then(softmax(dense(features(x))), layers.reshape({targetShape: [1, 3]})),
  ],
  [
    'softmax, flatten',
    'probabilities',
    (x) => then(softmax(dense(features(x))), layers.reshape({targetShape: [1, 3]}), layers.flatten()),
  ],
  [
    'softmax, dropout',
    'probabilities',
    (x) => then(softmax(dense(features(x))), layers.dropout({rate: 0.5})),
  ],
  [
    'softmax, linear activation',
    'probabilities',
    (x) => then(softmax(dense(features(x))), layers.activation({activation: 'linear'})),
  ],
  [
    'softmax of frames, mean',
    'probabilities',
    (x) => then(softmax(dense(perFrame(x))), layers.globalAveragePooling1d({})),
  ],
  [
    'dense with softmax in timeDistributed',
    'probabilities',
    (x) =>
      then(perFrame(x), layers.timeDistributed({layer: layers.dense({units: 3, activation: 'softmax'})})),
  ],
  [
    'a model with softmax in timeDistributed',
    'probabilities',
    (x) => then(perFrame(x), layers.timeDistributed({layer: classifier((y) => dense(y, 'softmax'), [12])})),
  ],
  [
    'mean of two softmaxes',
    'probabilities',
    (x) => layers.average().apply([softmax(dense(features(x))), dense(features(x), 'softmax')]) as Symbolic,
  ],
  [
    'mean of softmax and logits',
    'logits',
    (x) => layers.average().apply([softmax(dense(features(x))), dense(features(x))]) as Symbolic,
  ],
  ['softmax, dense', 'logits', (x) => dense(softmax(dense(features(x))))],
  [
    'softmax, reshape, relu',
    'logits',
    (x) => then(softmax(dense(features(x))), layers.activation({activation: 'relu'})),
  ],
  ['sigmoid', 'probabilities', (x) => dense(features(x), 'sigmoid')],
  [
    'logarithm of softmax',
    'logits',
    (x) => then(dense(features(x)), layers.activation({activation: 'logSoftmax' as 'linear'})),
  ],
  [
    'a nested model with softmax',
    'probabilities',
    (x) =>
      then(
        features(x),
        classifier((y) => softmax(dense(y))),
      ),
  ],
  [
    'a nested model with logits',
    'logits',
    (x) =>
      then(
        features(x),
        classifier((y) => dense(y)),
      ),
  ],
  ['softmax into a nested model', 'probabilities', (x) => then(softmax(dense(features(x))), passing())],
  ['logits into a nested model', 'logits', (x) => then(dense(features(x)), passing())],
  [
    'a nested sequential model',
    'probabilities',
    (x) =>
      then(
        features(x),
        tfl.sequential({layers: [layers.dense({units: 3, inputShape: [3]}), layers.softmax()]}),
      ),
  ],
];

describe('outputKind', () => {
  it.each(ENDS)('%s: %s', async (_, kind, end) => {
    const input = tfl.input({shape: [2, 2, 2, 3]});
    const model = tfl.model({inputs: input, outputs: end(input)});
    for (const weight of model.weights)
      weight.write(tf.randomNormal(weight.shape as number[], 0, 2, 'float32', 5));
    expect(outputKind(model)).toBe(kind);
    const x = tf.randomNormal([1, 2, 2, 2, 3], 0, 1, 'float32', 3);
    const answer = model.predict(x) as tf.Tensor;
    const values = kind === 'logits' ? tf.softmax(answer, -1) : answer;
    const wanted = await tf.mean(tf.reshape(values, [-1, 3]), 0).data();
    const found = await recognize(model, x as tf.Tensor5D, {freeze: false, top: 3});
    for (const {index, probability} of found)
      expect(Math.abs(probability - wanted[index]!)).toBeLessThan(1e-6);
  });

  it('a softmax over another axis than that of the classes is none', () => {
    const input = tfl.input({shape: [2, 2, 2, 3]});
    const y = then(dense(perFrame(input)), layers.softmax({axis: 1}));
    expect(outputKind(tfl.model({inputs: input, outputs: y}))).toBe('logits');
  });

  it('a sequential model, and a frozen one', () => {
    const conv = layers.conv3d({filters: 3, kernelSize: 1, inputShape: [2, 2, 2, 3]});
    const model = tfl.sequential({
      layers: [conv, layers.flatten(), layers.dense({units: 3}), layers.softmax()],
    });
    expect(outputKind(model)).toBe('probabilities');
    expect(outputKind(freeze(model))).toBe('probabilities');
  });
});
