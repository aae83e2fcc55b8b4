/** Which batch normalizations take the ReLU behind them along in training, and that the numbers are those of the layers one by one. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import {wholeSegment} from '../../../src/layers';
import {trainingCalls} from '../../../src/layers/models/training_calls';
import {startBackend} from '../../support/backends';
import {implementations} from '../../support/implementations';

const {batchNorm3d, conv3d} = sts.layers;
const SHAPE = [2, 3, 5, 4, 5];

/** Norms before a ReLU, a ReLU up to 6, one up to 2 and a swish; read twice, and as an output. */
function everyKind(): tfl.LayersModel {
  const input = tfl.input({shape: SHAPE.slice(1)});
  const norm = (x: tfl.SymbolicTensor, name: string) =>
    batchNorm3d({name, betaInitializer: tfl.initializers.randomNormal({seed: 2})}).apply(
      x,
    ) as tfl.SymbolicTensor;
  const activate = (x: tfl.SymbolicTensor, activation: 'relu' | 'relu6' | 'swish') =>
    tfl.layers.activation({activation}).apply(x) as tfl.SymbolicTensor;
  const upTo = (x: tfl.SymbolicTensor, maxValue?: number) =>
    tfl.layers.reLU(maxValue === undefined ? {} : {maxValue}).apply(x) as tfl.SymbolicTensor;
  const filtered = conv3d({filters: 5, kernelSize: 1}).apply(input) as tfl.SymbolicTensor;
  const relu = activate(norm(filtered, 'relu'), 'relu');
  const scaled = tfl.layers.dense({units: 5, kernelInitializer: tfl.initializers.constant({value: 4})});
  const relu6 = upTo(norm(scaled.apply(relu) as tfl.SymbolicTensor, 'relu6'), 6);
  const layer = upTo(norm(relu6, 'layer'));
  const up2 = upTo(norm(layer, 'up_to_2'), 2);
  const swish = activate(norm(up2, 'swish'), 'swish');
  const twice = norm(swish, 'twice');
  const sum = tfl.layers.add().apply([activate(twice, 'relu'), twice]) as tfl.SymbolicTensor;
  const last = norm(sum, 'output');
  return tfl.model({inputs: input, outputs: [last, activate(last, 'relu')]});
}

it('fuses what is a ReLU and reads alone', async () => {
  await startBackend('cpu');
  const fused = trainingCalls(everyKind()).flatMap(({layer, activation}) =>
    activation === undefined ? [] : [[layer.name, activation]],
  );
  expect(fused).toEqual([
    ['relu', 'relu'],
    ['relu6', 'relu6'],
    ['layer', 'relu'],
  ]);
});

describe.each(implementations.filter(({backend}) => backend === 'cpu' || backend === 'wasm'))(
  'on $name',
  ({use}) => {
    beforeAll(use);

    it('gives the numbers of the layers one by one, their averages too', () => {
      const model = everyKind();
      const averages = model.nonTrainableWeights.map((weight) => weight.read());
      const start = averages.map((average) => average.clone());
      const x = tf.randomNormal(SHAPE, 0, 3, 'float32', 1);
      const stepOf = (run: () => tf.Tensor[]) => {
        averages.forEach((average, i) => {
          (average as tf.Variable).assign(start[i]!);
        });
        const {value, grads} = tf.variableGrads(
          () => tf.addN(run().map((y) => tf.sum(tf.square(y)))) as tf.Scalar,
        );
        const results = [value, ...Object.values(grads), ...averages].map((tensor) => [...tensor.dataSync()]);
        tf.dispose([value, grads]);
        return results;
      };
      const plain = stepOf(() => model.apply(x, {training: true}) as tf.Tensor[]);
      const before = tf.memory().numTensors;
      const fused = stepOf(() => tf.tidy(() => wholeSegment(model).run([x])));
      expect(tf.memory().numTensors).toBe(before);
      expect(fused.length).toBeGreaterThan(20);
      // Zeros may differ in their sign.
      const signless = (results: number[][]) => results.map((values) => values.map((value) => value + 0));
      expect(signless(fused)).toEqual(signless(plain));
      tf.dispose([x, start]);
      model.dispose();
    });
  },
);
