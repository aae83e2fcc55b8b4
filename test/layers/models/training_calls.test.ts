/** What norms and gates take along in training of what is behind them, and that the numbers are those of the layers one by one. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import {wholeSegment} from '../../../src/layers';
import {trainingCalls} from '../../../src/layers/models/training_calls';
import {takeGradients} from '../../../src/ops/grads/take_gradients';
import {takenOnce} from '../../../src/ops/grads/taken_once';
import {startBackend} from '../../support/backends';
import {implementations} from '../../support/implementations';

const {batchNorm3d, conv3d} = sts.layers;
const SHAPE = [2, 3, 5, 4, 5];

type Symbolic = tfl.SymbolicTensor;

/**
 * Sums of a norm and a shortcut: with a ReLU and without, of two norms, before another activation. And such as stay a layer: of a norm that is
 * read twice, that comes earlier, of a norm with itself, with a value for each channel, of three, of another rank, of frozen norms.
 */
function everySum(): tfl.LayersModel {
  const input = tfl.input({shape: SHAPE.slice(1)});
  const norm = (x: Symbolic, name: string, args: object = {}) =>
    batchNorm3d({
      ...{name, ...args},
      betaInitializer: tfl.initializers.randomNormal({seed: 2}),
      gammaInitializer: tfl.initializers.randomNormal({seed: 3}),
    }).apply(x) as Symbolic;
  const add = (...values: Symbolic[]) => tfl.layers.add().apply(values) as Symbolic;
  const relu = (x: Symbolic) => tfl.layers.reLU().apply(x) as Symbolic;
  const glorot = tfl.initializers.glorotUniform({seed: 4});
  const filter = (x: Symbolic) =>
    conv3d({filters: 5, kernelSize: 1, kernelInitializer: glorot}).apply(x) as Symbolic;
  let x = filter(input);
  x = relu(add(norm(filter(x), 'relu'), x));
  x = add(x, norm(filter(x), 'second'));
  x = relu(add(norm(filter(x), 'of_two'), norm(filter(x), 'projection')));
  x = tfl.layers.reLU({maxValue: 6}).apply(add(norm(filter(x), 'other'), x)) as Symbolic;
  x = add(filter(x), add(norm(x, 'of_its_input'), x));
  const twice = norm(filter(x), 'twice');
  x = add(twice, relu(twice));
  const earlier = norm(filter(x), 'earlier');
  x = add(filter(x), earlier);
  const both = norm(filter(x), 'both');
  x = add(both, both);
  const pooled = sts.layers.globalAveragePooling3d({keepDims: true}).apply(x) as Symbolic;
  x = relu(add(norm(filter(x), 'broadcasting'), pooled));
  x = add(norm(filter(x), 'of_three'), x, x);
  x = relu(add(norm(filter(x), 'first_axis', {axis: 1}), x));
  x = relu(add(norm(filter(x), 'frozen', {trainable: false}), x));
  return tfl.model({inputs: input, outputs: add(norm(filter(x), 'output'), x)});
}

/** Norms before a ReLU, a ReLU up to 6, one up to 2 and swish; read twice, and as an output. */
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

const fusedIn = (model: tfl.LayersModel) =>
  trainingCalls(model).flatMap(({layer, activation, adds}) =>
    activation === undefined && !adds ? [] : [[layer.name, ...(adds ? ['add'] : []), activation]],
  );

it('fuses what is a ReLU or swish and reads alone', async () => {
  await startBackend('cpu');
  expect(fusedIn(everyKind())).toEqual([
    ['relu', 'relu'],
    ['relu6', 'relu6'],
    ['layer', 'relu'],
    ['swish', 'swish'],
  ]);
});

it('fuses what adds two values of one shape right behind a norm, and the ReLU behind that', async () => {
  await startBackend('cpu');
  const model = everySum();
  expect(fusedIn(model)).toEqual([
    ['relu', 'add', 'relu'],
    ['second', 'add', undefined],
    ['of_two', 'add', 'relu'],
    ['other', 'add', undefined],
    ['of_its_input', 'add', undefined],
    ['first_axis', 'add', 'relu'],
    ['frozen', 'add', 'relu'],
    ['output', 'add', undefined],
  ]);
  // Each call comes when what it reads is there.
  const made = new Set<Symbolic>(model.inputs);
  for (const {inputs, outputs} of trainingCalls(model)) {
    for (const value of inputs) expect(made.has(value)).toBe(true);
    for (const value of outputs) made.add(value);
  }
  expect(model.outputs.every((value) => made.has(value))).toBe(true);
});

type Gating = [
  clip: number[],
  gate: number[],
  options?: {gateFirst?: boolean; activation?: 'swish' | 'relu'},
];

/** Clips and a gate, multiplied and activated. */
function gatedModel([clip, gate, {gateFirst = false, activation = 'swish'} = {}]: Gating): tfl.LayersModel {
  const inputs = [clip, gate].map((shape) => tfl.input({shape}));
  const factors = gateFirst ? [...inputs].reverse() : inputs;
  const product = tfl.layers.multiply({name: 'product'}).apply(factors) as tfl.SymbolicTensor;
  const outputs = tfl.layers.activation({activation}).apply(product) as tfl.SymbolicTensor;
  return tfl.model({inputs, outputs});
}

const isFusedIn = (model: tfl.LayersModel) => trainingCalls(model).some(({run}) => run !== undefined);

it.each<Gating>([
  [
    [3, 4, 5, 6],
    [1, 1, 1, 6],
  ],
  [[3, 4, 5, 6], [1, 1, 1, 6], {gateFirst: true}],
  [
    [null as unknown as number, 4, 5, 6],
    [1, 1, 1, 6],
  ],
  [
    [3, 6],
    [1, 6],
  ],
])('fuses clips %j, a gate %j and a swish %j', (...gating) => {
  expect(isFusedIn(gatedModel(gating))).toBe(true);
});

it.each<Gating>([
  [
    [3, 4, 5, 6],
    [3, 4, 5, 6],
  ],
  [
    [3, 4, 5, 6],
    [3, 1, 1, 6],
  ],
  [
    [3, 4, 5, 6],
    [1, 1, 1, 1],
  ],
  [
    [3, 4, 5, 6],
    [1, 1, 6],
  ],
  [
    [3, 4, 5, 6],
    [null as unknown as number, 1, 1, 6],
  ],
  [[6], [6]],
  [[3, 4, 5, 6], [1, 1, 1, 6], {activation: 'relu'}],
])('does not fuse %j by %j, %j', (...gating) => {
  expect(isFusedIn(gatedModel(gating))).toBe(false);
});

it('does not fuse what is read elsewhere too, or a product of three', () => {
  const {
    inputs,
    layers,
    outputs: others,
  } = gatedModel([
    [3, 6],
    [1, 6],
  ]);
  const product = layers.find(({name}) => name === 'product')!.output as tfl.SymbolicTensor;
  const swish = tfl.layers.activation({activation: 'swish'}).apply(product) as tfl.SymbolicTensor;
  expect(isFusedIn(tfl.model({inputs, outputs: [swish, others[0]!]}))).toBe(false);
  expect(isFusedIn(tfl.model({inputs, outputs: [swish, product]}))).toBe(false);
  const three = tfl.layers.multiply().apply([...inputs, inputs[1]!]);
  const outputs = tfl.layers.activation({activation: 'swish'}).apply(three) as tfl.SymbolicTensor;
  expect(isFusedIn(tfl.model({inputs, outputs}))).toBe(false);
});

describe.each(implementations.filter(({backend}) => backend === 'cpu' || backend === 'wasm'))(
  'on $name',
  ({use}) => {
    beforeAll(use);

    const once = <Result>(work: () => Result) => takenOnce(work);
    const again = <Result>(work: () => Result) => work();
    it.each([
      ['activations', 'once', everyKind],
      ['activations', 'again', everyKind],
      ['sums', 'once', everySum],
      ['sums', 'again', everySum],
    ] as const)(
      'gives the numbers of the layers one by one, %s, of gradients that are taken %s',
      (_, how, make) => {
        const model = make();
        const wrapped = how === 'once' ? once : again;
        const averages = model.nonTrainableWeights.map((weight) => weight.read());
        const start = averages.map((average) => average.clone());
        const x = tf.randomNormal(SHAPE, 0, 3, 'float32', 1);
        const stepOf = (run: () => tf.Tensor | tf.Tensor[]) => {
          averages.forEach((average, i) => {
            (average as tf.Variable).assign(start[i]!);
          });
          const {value, grads} = tf.variableGrads(() =>
            wrapped(() => tf.addN([run()].flat().map((y) => tf.sum(tf.square(y)))) as tf.Scalar),
          );
          const results = [value, ...Object.values(grads), ...averages].map((tensor) => [
            ...tensor.dataSync(),
          ]);
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
      },
    );

    it('gives the numbers of a gate and a swish one by one, but for the order of a sum', () => {
      const clip = tf.randomNormal([2, 3, 5, 4, 6], 0, 3, 'float32', 1);
      const gate = tf.randomNormal([2, 1, 1, 1, 6], 0, 1, 'float32', 2);
      const weights = tf.randomNormal(clip.shape, 0, 1, 'float32', 3);
      for (const gateFirst of [false, true]) {
        const model = gatedModel([[3, 5, 4, 6], [1, 1, 1, 6], {gateFirst}]);
        const [plain, fused] = [
          () => model.apply([clip, gate], {training: true}) as tf.Tensor,
          () => wholeSegment(model).run([clip, gate])[0]!,
        ].map((run) =>
          tf.tidy(() => {
            const loss = () => tf.sum(tf.mul(run(), weights)) as tf.Scalar;
            const {value, grads} = takenOnce(() => takeGradients(loss, [clip, gate]));
            return [value, ...grads].map((tensor) => [...tensor!.dataSync()]);
          }),
        );
        expect(fused!.slice(0, 2)).toEqual(plain!.slice(0, 2));
        fused![2]!.forEach((value, i) => {
          expect(Math.abs(value - plain![2]![i]!)).toBeLessThan(1e-4);
        });
        model.dispose();
      }
      tf.dispose([clip, gate, weights]);
    });
  },
);
