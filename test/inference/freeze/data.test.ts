/**
 * A frozen model as data and as the host's InferenceModel: names, values inside, data that are damaged or hostile. That a
 * sent model gives the same bits is in any_model, freeze, random_models and slabs.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {FrozenModel, type FrozenModelData, freeze} from '../../../src/inference/freeze';
import {registerLayers, layers as sts} from '../../../src/layers';
import {FormatError, InvalidArgumentError} from '../../../src/util/errors';
import {startBackend} from '../../support/backends';
import {scramble} from './same_answers';

const T = tfl.layers;
const apply = (layer: tfl.layers.Layer, ...x: tfl.SymbolicTensor[]) =>
  layer.apply(x.length === 1 ? x[0]! : x) as tfl.SymbolicTensor;

/** A convolution with its sum, squeeze-excite, a layer of the host with weights; two inputs and outputs. */
function network(): tfl.LayersModel {
  const clip = tfl.input({shape: [2, 4, 4, 2], name: 'clip'});
  const hint = tfl.input({shape: [3], name: 'hint'});
  const conv = apply(sts.conv3d({filters: 2, kernelSize: 3, padding: 'same', name: 'conv'}), clip);
  const sum = apply(T.reLU({name: 'block'}), apply(T.add(), conv, clip));
  const pooled = apply(sts.globalAveragePooling3d({keepDims: true, name: 'pool'}), sum);
  const scaled = apply(T.multiply({name: 'excited'}), sum, pooled);
  const dense = apply(T.dense({units: 3, name: 'mixed'}), hint);
  const flat = apply(T.concatenate({name: 'both'}), apply(T.flatten({name: 'flat'}), scaled), dense);
  const outputs = [apply(T.dense({units: 2, activation: 'softmax', name: 'classes'}), flat), dense];
  const model = tfl.model({inputs: [clip, hint], outputs, name: 'small'});
  scramble(model);
  return model;
}

const inputs = () => [tf.randomNormal([2, 2, 4, 4, 2], 0, 1, 'float32', 1), tf.ones([2, 3])];
const values = (answers: tf.Tensor | tf.Tensor[]) => [answers].flat().map((y) => Array.from(y.dataSync()));

let frozen: FrozenModel;

beforeAll(async () => {
  await startBackend('wasm');
  registerLayers();
  frozen = freeze(network());
});

describe('a frozen model is a tf.InferenceModel', () => {
  it('tells names, shapes and types', () => {
    const model: tf.InferenceModel = frozen;
    expect(model.inputs).toEqual([
      {name: 'clip', shape: [-1, 2, 4, 4, 2], dtype: 'float32'},
      {name: 'hint', shape: [-1, 3], dtype: 'float32'},
    ]);
    expect(model.outputs).toEqual([
      {name: 'classes', shape: [-1, 2], dtype: 'float32'},
      {name: 'mixed', shape: [-1, 3], dtype: 'float32'},
    ]);
  });

  it('predicts with the options of the interface, by place and by name', () => {
    const model: tf.InferenceModel = frozen;
    const [clip, hint] = inputs() as [tf.Tensor, tf.Tensor];
    const byPlace = model.predict([clip, hint], {batchSize: 1, verbose: false});
    const byName = model.predict({hint, clip}, {batchSize: 1});
    expect(values(byName as tf.Tensor[])).toEqual(values(byPlace as tf.Tensor[]));
  });

  it('executes outputs and what is inside', () => {
    const x = inputs();
    const [classes, mixed] = frozen.predict(x) as tf.Tensor[];
    const before = tf.memory().numTensors;
    const made = frozen.execute(x, ['mixed', 'block', 'classes', 'mixed']) as tf.Tensor[];
    const one = frozen.execute({clip: x[0]!, hint: x[1]!}, 'classes') as tf.Tensor;
    expect(values(made[0]!)).toEqual(values(mixed!));
    expect(values(made[3]!)).toEqual(values(mixed!));
    expect(made[1]!.shape).toEqual([2, 2, 4, 4, 2]);
    expect(Math.min(...made[1]!.dataSync())).toBe(0);
    expect(values([made[2]!, one])).toEqual(values([classes!, classes!]));
    tf.dispose([...made, one]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('an input that is asked for is another tensor', () => {
    const x = inputs();
    tf.dispose(frozen.execute(x, 'clip'));
    expect(x[0]!.isDisposed).toBe(false);
  });

  it('refuses names that there are not', () => {
    const [clip, hint] = inputs() as [tf.Tensor, tf.Tensor];
    expect(() => frozen.predict({clip, hnt: hint})).toThrow(/there is no input "hnt"; did you mean hint\?/);
    expect(() => frozen.predict({clip})).toThrow(/the input hint is missing/);
    expect(() => frozen.execute([clip, hint], 'clases')).toThrow(/no value "clases"; did you mean classes\?/);
    // The convolution became part of the step that ends with block.
    expect(() => frozen.execute([clip, hint], 'conv')).toThrow(InvalidArgumentError);
  });

  it('what the first output is goes along', async () => {
    expect(frozen.outputKind).toBe('probabilities');
    expect(FrozenModel.fromData(await frozen.toData()).outputKind).toBe('probabilities');
  });
});

it('names of layers that are called several times and of nested models are told apart', () => {
  const inner = tfl.sequential({name: 'inner', layers: [T.dense({units: 3, name: 'd', inputShape: [3]})]});
  const x = tfl.input({shape: [3], name: 'x'});
  const model = tfl.model({inputs: x, outputs: apply(inner, apply(inner, x))});
  const once = freeze(model);
  const [first, second] = once.execute(tf.ones([1, 3]), ['inner/d', 'inner/d_1']) as tf.Tensor[];
  expect(values(second!)).toEqual(values(model.predict(tf.ones([1, 3])) as tf.Tensor));
  expect(values(first!)).toEqual(values(inner.predict(tf.ones([1, 3])) as tf.Tensor));
});

it('a class that the reader does not know is refused by name', async () => {
  class Stranger extends T.Layer {
    /** @nocollapse */
    static className = 'StrangerOfTest';
    override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.mul([x].flat()[0]!, 2);
    }
  }
  const x = tfl.input({shape: [3]});
  const data = await freeze(tfl.model({inputs: x, outputs: apply(new Stranger(), x)})).toData();
  expect(() => FrozenModel.fromData(data)).toThrow(FormatError);
  expect(() => FrozenModel.fromData(data)).toThrow(
    /step "stranger.*no class "StrangerOfTest" is registered.*tf.serialization.registerClass/s,
  );
});

it('a model that was disposed of has no data', async () => {
  const gone = freeze(network());
  gone.dispose();
  await expect(gone.toData()).rejects.toThrow(/FrozenModel.toData \(small\): the model was disposed of/);
});

type Draft = {-readonly [K in keyof FrozenModelData]: FrozenModelData[K]} & Record<string, unknown>;
type Loose = Record<string, never>;

/** Changes to good data, and what the refusal says. */
const damages: readonly (readonly [string, (data: Draft) => unknown, RegExp])[] = [
  ['no object', () => null, /an object is needed; got null/],
  ['a later version', (data) => ({...data, version: 2}), /of version 2; this tfjs-sts reads version 1/],
  ['a field too many', (data) => ({...data, code: 'alert(1)'}), /the field "code" is unknown/],
  ['a field too few', ({name: _, ...data}) => data, /the field name is missing/],
  ['no outputs', (data) => ({...data, outputs: []}), /outputs: got 0; a list of 1 or more is needed/],
  [
    'an unknown op',
    step(0, {op: 'conv3D'}),
    /steps\[0\]: the op "conv3D" is unknown; did you mean conv3d or/,
  ],
  ['an op of the prototype', step(0, {op: 'constructor'}), /the op "constructor" is unknown/],
  [
    'a value from later',
    step(0, {inputs: ['flat', 'clip']}),
    /steps\[0\]: no step before it makes the value "flat"/,
  ],
  ['a value twice', step(1, {outputs: ['block']}), /steps\[1\]: there are two values "block"/],
  [
    'too many inputs',
    step(0, {inputs: ['clip', 'clip', 'clip']}),
    /steps\[0\].inputs: got 3; a list of 1 to 2/,
  ],
  [
    'an output of no value',
    (data) => ({...data, outputs: [{...data.outputs[0], value: 'x'}]}),
    /no step before it makes the value "x"/,
  ],
  ['a tensor that is not there', step(0, {tensors: {filter: 'x'}}), /there is no tensor "x"/],
  [
    'a tensor too many',
    (data) => ({...data, tensors: {...data.tensors, x: data.tensors['mixed/bias']}}),
    /the tensor "x" belongs to no step/,
  ],
  [
    'a tensor too short',
    tensor('mixed/bias', {values: new Float32Array(2)}),
    /"mixed\/bias" of float32 \[3\] needs 3 values in a Float32Array; it has 2/,
  ],
  [
    'a tensor of other values',
    tensor('mixed/bias', {values: [0, 0, 0]}),
    /in a Float32Array; it has 3 in Array/,
  ],
  ['a tensor of strings', tensor('mixed/bias', {dtype: 'string'}), /is of "string"; known are float32/],
  ['a negative length', tensor('mixed/bias', {shape: [-3]}), /-3 is no shape/],
  ['masks of a convolution', step(0, {masked: true}), /masked is for layers alone/],
  ['functions in settings', step(0, {settings: {strides: () => 1}}), /is no plain data/],
  [
    'a filter of another shape',
    tensor('block/filter', {shape: [3, 3, 3, 4, 1]}),
    /step "block" \(conv3d\).*bias/,
  ],
  [
    'a filter of rank 4',
    tensor('block/filter', {shape: [9, 3, 2, 2]}),
    /the filter is \[9, 3, 2, 2\] of float32; it must be of rank 5/,
  ],
  ['a bias of another length', tensor('block/bias', {shape: [1, 2]}), /the bias is \[1, 2\]/],
  ['no filter', step(0, {tensors: {bias: 'block/bias'}}, 'block/filter'), /the filter is missing/],
  ['an unknown setting', setting(0, {stride: 1}), /conv3d has no setting "stride"; did you mean strides\?/],
  ['a stride of zero', setting(0, {strides: [0, 1, 1]}), /step "block" \(conv3d\).*strides/],
  ['a stride that is no number', setting(0, {strides: '__proto__'}), /strides/],
  ['a huge dilation', setting(0, {dilations: 1e300}), /dilations/],
  ['an unknown padding', setting(0, {pad: 'reflect'}), /pad/],
  [
    'a padding of other sides',
    setting(0, {
      pad: [
        [1, -1],
        [0, 0],
        [0, 0],
      ],
    }),
    /pad/,
  ],
  ['groups that do not divide', setting(0, {groups: 5}), /groups/],
  ['a split of no STS', setting(0, {split: 'floor'}), /split/],
  ['an unknown activation', setting(0, {activation: 'eval'}), /activation must be one of/],
  ['an endless slope', setting(0, {activation: {leakyRelu: Infinity}}), /activation must be one of/],
  ['a layer of no class', setting('mixed', {className: '__proto__'}), /no class "__proto__" is registered/],
  [
    'a class that is no layer',
    setting('mixed', {className: 'GlorotNormal', config: {}}),
    /GlorotNormal is no layer/,
  ],
  [
    'a layer of other weights',
    setting('mixed', {config: {units: 4}}),
    /it has the weights .*kernel \[3, 4\].* instead of .*kernel \[3, 3\]/,
  ],
  [
    'a layer of more weights',
    setting('mixed', {config: {units: 3, useBias: false}}),
    /it has the weights kernel \[3, 3\] instead of bias/,
  ],
  ['a config of the wrong kind', setting('mixed', {config: 7}), /step "mixed" \(layer\)/],
  ['shapes of the wrong kind', setting('mixed', {inputShapes: 'x'}), /step "mixed" \(layer\)/],
];

function step(i: number, change: object, without?: string): (data: Draft) => unknown {
  return (data) => {
    const tensors = Object.fromEntries(Object.entries(data.tensors).filter(([name]) => name !== without));
    return {...data, tensors, steps: data.steps.map((one, k) => (k === i ? {...one, ...change} : one))};
  };
}

function setting(which: number | string, change: object): (data: Draft) => unknown {
  return (data) => ({
    ...data,
    steps: data.steps.map((one, k) =>
      k === which || one.outputs[0] === which ? {...one, settings: {...one.settings, ...change}} : one,
    ),
  });
}

function tensor(name: string, change: object): (data: Draft) => unknown {
  return (data) => ({...data, tensors: {...data.tensors, [name]: {...data.tensors[name], ...change}}});
}

describe('data that are not as they must be', () => {
  let good: FrozenModelData;
  beforeAll(async () => {
    good = await frozen.toData();
    expect(good.steps.map(({op}) => op)).toContain('scaleChannels');
    expect(good.steps[0]).toMatchObject({op: 'conv3d', inputs: ['clip', 'clip'], outputs: ['block']});
  });

  it.each(damages)('%s', (_, damage, message) => {
    const before = tf.memory().numTensors;
    const read = () => FrozenModel.fromData(damage({...good}) as FrozenModelData);
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('any field exchanged for another thing: a FormatError or a model, and nothing stays', () => {
    const things = [null, -1, 1e300, 'x', '__proto__', [], [[]], {}, true, new Float32Array(1)];
    const before = tf.memory().numTensors;
    const {tensors, ...graph} = good;
    let refused = 0;
    for (const path of paths(graph)) {
      for (const thing of things) {
        const data = {...structuredClone(graph), tensors};
        exchange(data as never, path, thing);
        try {
          FrozenModel.fromData(data).dispose();
        } catch (error) {
          expect(error, `${path.join('.')} ${JSON.stringify(thing)}`).toBeInstanceOf(FormatError);
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(500);
    expect(tf.memory().numTensors).toBe(before);
  });
});

/** The ways to every value in the data. */
function paths(value: unknown, to: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...to]];
  return Object.entries(value).flatMap(([key, inner]) => [[...to, key], ...paths(inner, [...to, key])]);
}

function exchange(data: Loose, path: readonly string[], thing: unknown): void {
  const last = path.at(-1)!;
  const holder = path.slice(0, -1).reduce((inner, key) => inner[key] as unknown as Loose, data);
  Object.defineProperty(holder, last, {value: thing, enumerable: true});
}
