/**
 * Steps of which the kernels alone run again, against the same steps layer by layer: all weights to the bit. That a step is right is
 * what the tests of the loop show.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import '../../../src/entries/backends/cpu';
import '../../../src/entries/backends/wasm';
import '../../../src/entries/backends/webgl';
import '../../../src/entries/backends/webgpu';
import {layers} from '../../../src/entries/index';
import {type Recipe, train} from '../../../src/entries/train';
import {traceKernels} from '../../../src/train/loop/traced/kernel_trace';
import {isRepeatable, watchSettings} from '../../../src/train/loop/traced/repeatable';
import {withSeededRandom} from '../../../src/util/seeded_random';
import {backendNames, startBackend, useFewPrograms} from '../../support/backends';
import {smallData} from '../support/small_run.mjs';

type Symbolic = tfl.SymbolicTensor;
type Layer = tfl.layers.Layer;

const SAMPLES = 11;
/** Pieces of 4 and 1, and the last batch's of 3. */
const RECIPE: Recipe = {
  ...{epochs: 2, batchSize: 5, microBatchSize: 4, learningRate: 0.1, weightDecay: 1e-3, seed: 4},
  ...{optimizer: {name: 'sgd', momentum: 0.9}, clip: {norm: 1}, averageDecay: 0.9, preciseBatchNorm: 1},
};

/** A residual network with what draws, moves averages, gates and joins: layers of the package and the host's. */
function network(extra?: Layer): tfl.LayersModel {
  let seed = 60;
  const initializer = () => tfl.initializers.glorotUniform({seed: seed++});
  const apply = (layer: Layer, ...values: Symbolic[]) =>
    layer.apply(values.length === 1 ? values[0]! : values) as Symbolic;
  const convolution = (filters: number, sts = false) =>
    (sts ? layers.stsConv3d : layers.conv3d)({
      ...{filters, kernelSize: sts ? [3, 1, 1] : 3, padding: 'same', useBias: false},
      kernelInitializer: initializer(),
    });
  const clip = tfl.input({shape: [4, 6, 6, 2]});
  const stem = apply(tfl.layers.reLU(), apply(layers.batchNorm3d({}), apply(convolution(4), clip)));
  const branch = apply(layers.batchNorm3d({}), apply(convolution(4, true), stem));
  const dropped = apply(layers.dropPath({rate: 0.3}), branch);
  const sum = apply(tfl.layers.reLU(), apply(tfl.layers.add(), dropped, stem));
  const joined = apply(tfl.layers.concatenate(), sum, apply(layers.spatialDropout3d({rate: 0.2}), stem));
  const pooled = apply(
    layers.globalAveragePooling3d({}),
    extra === undefined ? joined : apply(extra, joined),
  );
  const active = apply(tfl.layers.activation({activation: 'swish'}), pooled);
  const host = apply(tfl.layers.batchNormalization({}), active);
  const kept = apply(tfl.layers.dropout({rate: 0.3}), host);
  const dense = tfl.layers.dense({units: 3, kernelInitializer: initializer()});
  return tfl.model({inputs: clip, outputs: apply(dense, kept)});
}

/** One that is not known, and does nothing. */
class Foreign extends tfl.layers.Layer {
  static className = 'Foreign';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => tf.clone([inputs].flat()[0]!));
  }
  override computeOutputShape(shape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return shape;
  }
}

async function trained(extra?: Layer): Promise<{weights: number[][]; calls: number}> {
  const model = network(extra);
  const pooling = model.layers.find((layer) => layer.getClassName() === 'GlobalAveragePooling3D')!;
  const spy = vi.spyOn(pooling.constructor.prototype, 'call');
  const before = tf.memory();
  await train(model, smallData(tf, SAMPLES), {recipe: RECIPE});
  const calls = spy.mock.calls.length;
  spy.mockRestore();
  const after = tf.memory();
  expect([after.numTensors, after.numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
  const weights = await Promise.all(model.weights.map(async (weight) => [...(await weight.read().data())]));
  model.dispose();
  return {weights, calls};
}

describe.each(backendNames)('on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
    useFewPrograms(backend);
  });

  it('trains to the same bits, calling layers once for each size', async () => {
    const [repeated, plain] = [await trained(), await trained(new Foreign({}))];
    expect(repeated.weights).toEqual(plain.weights);
    expect(repeated.weights.flat().every(Number.isFinite)).toBe(true);
    // An epoch has pieces of 4, 1, 4, 1, 1 samples, and 4 for precise batch norm, which is another computation.
    expect(plain.calls).toBe(2 * (5 + 1));
    // The engine makes the tensors of tfjs-node's kernels.
    expect(repeated.calls).toBe(backend === 'tensorflow' ? plain.calls : 2 + 1);
  });
});

describe('a trace', () => {
  beforeAll(() => startBackend(backendNames[0]!));
  const x = () => tf.tensor2d([1, -2, 3, -4, 5, -6], [2, 3]);
  const other = () => tf.tensor2d([6, 5, -4, -3, 2, 1], [2, 3]);
  const seen = (tensors: readonly tf.Tensor[]) => Promise.all(tensors.map((one) => one.array()));

  /** Traces with one tensor, runs with another; what both gave, and what the computation gives for the second. */
  async function repeat(compute: (x: tf.Tensor) => tf.Tensor[]) {
    const [first, second] = [x(), other()];
    const tensors = tf.memory().numTensors;
    const {result, program} = traceKernels(
      [first],
      () => tf.tidy(() => compute(first)),
      (made) => made,
    );
    expect(program?.isCurrent).toBe(true);
    const again = program!.run([second]);
    const expected = tf.tidy(() => compute(second));
    const values = {again: await seen(again), expected: await seen(expected)};
    tf.dispose([...result, ...again, ...expected]);
    program!.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
    tf.dispose([first, second]);
    return values;
  }

  const refused = (given: readonly tf.Tensor[], compute: () => tf.Tensor[]) => {
    const tensors = tf.memory();
    const {result, program} = traceKernels(
      given,
      () => tf.tidy(compute),
      (made) => made,
    );
    tf.dispose(result);
    expect([tf.memory().numTensors, tf.memory().numDataBuffers]).toEqual([
      tensors.numTensors,
      tensors.numDataBuffers,
    ]);
    return program === undefined;
  };

  it.each<[string, (x: tf.Tensor) => tf.Tensor[]]>([
    ['views and lists', (a) => [tf.concat([tf.reshape(a, [3, 2]), tf.transpose(a)]), ...tf.split(a, 3, 1)]],
    ['constants', (a) => [tf.add(tf.mul(a, tf.scalar(3)), tf.tensor1d([1, 2, 3]))]],
    [
      'one value as two results, the given one, and a constant',
      (a) => {
        const square = tf.square(a);
        return [square, tf.clone(square), tf.reshape(square, [6]), tf.clone(a), tf.tensor1d([7, 8])];
      },
    ],
    ['values that nobody reads', (a) => [tf.relu(a), tf.neg(a)].slice(1)],
    [
      'inputs that are left out',
      (a) => [tf.fused.matMul({a: a as tf.Tensor2D, b: tf.tensor2d([[1], [2], [3]])})],
    ],
  ])('repeats %s', async (_, compute) => {
    const {again, expected} = await repeat(compute);
    expect(again).toEqual(expected);
  });

  it('draws dropout anew, as the host does', async () => {
    const x = tf.ones([4, 50]);
    const compute = () => [tf.dropout(x, 0.5), tf.dropout(x, 0.2)];
    const {result, program} = withSeededRandom(1, () =>
      traceKernels(
        [x],
        () => tf.tidy(compute),
        (made) => made,
      ),
    );
    const again = withSeededRandom(2, () => program!.run([x]));
    const expected = withSeededRandom(2, compute);
    expect(await seen(again)).toEqual(await seen(expected));
    expect(await seen(again)).not.toEqual(await seen(result));
    program!.dispose();
    tf.dispose([x, ...result, ...again, ...expected]);
  });

  it('makes no program where something is read, comes from elsewhere, or is drawn otherwise', () => {
    const [a, b] = [x(), x()];
    expect(refused([a], () => [tf.mul(a, a.dataSync()[0]!)])).toBe(true);
    expect(refused([a], () => [tf.add(a, b)])).toBe(true);
    expect(refused([a], () => [tf.add(a, tf.randomNormal([2, 3]))])).toBe(true);
    expect(refused([a], () => [tf.mul(a, Math.random())])).toBe(true);
    expect(refused([a], () => [tf.neg(a), Math.random()].slice(0, 1) as tf.Tensor[])).toBe(true);
    expect(refused([a, a], () => [tf.neg(a)])).toBe(true);
    expect(refused([a], () => [tf.keep(tf.neg(a))])).toBe(false);
    tf.dispose([a, b]);
  });
});

describe('a run', () => {
  // Where a kernel takes the bits of another type for what it expects.
  beforeAll(() => startBackend('wasm'));

  /** Losses of updates, of which one changes the model or the data, and the weights; layer by layer where a layer is not known. */
  async function losses(
    change: (model: tfl.LayersModel, update: number) => void,
    extra?: Layer,
    types = ['float32'],
  ) {
    const model = network(extra);
    const found: number[] = [];
    const plain = smallData(tf, 30);
    const cast = <T extends tf.Tensor>(x: T, type: string) => tf.tidy(() => tf.cast(x, type as 'int32') as T);
    const data = {
      ...plain,
      async *batches(...args: Parameters<typeof plain.batches>) {
        let i = 0;
        for await (const {x, y} of plain.batches(...args)) {
          const type = types[i++ % types.length]!;
          yield {x: cast(x, type), y: cast(y, type)};
          tf.dispose([x, y]);
        }
      },
    };
    const recipe = {...RECIPE, epochs: 1, microBatchSize: 5, preciseBatchNorm: 0};
    await train(model, data, {
      recipe,
      onProgress: ({loss}) => {
        found.push(loss);
        change(model, found.length);
      },
    });
    const weights = await Promise.all(model.weights.map((weight) => weight.read().array()));
    model.dispose();
    return [found, weights];
  }

  it.each<[string, (model: tfl.LayersModel, update: number) => void]>([
    [
      'the rate of dropout',
      (model, update) => Object.assign(layerOf(model, 'Dropout'), {rate: 0.1 * update}),
    ],
    [
      'the rate of drop-path',
      (model, update) => Object.assign(layerOf(model, 'DropPath'), {rate: 0.1 * update}),
    ],
    ['momentum', (model) => Object.assign(layerOf(model, 'BatchNormalization'), {momentum: 0.2})],
    ['trainable', (model, update) => Object.assign(layerOf(model, 'BatchNorm3D'), {trainable: update !== 2})],
    [
      'an added loss',
      (model, update) => {
        if (update === 2) layerOf(model, 'Dense').addLoss(() => tf.scalar(1));
      },
    ],
    [
      'a list of a layer',
      (model, update) => {
        if (update === 2)
          (layerOf(model, 'GroupedConv3D') as unknown as {dilationRate: number[]}).dilationRate[0] = 2;
      },
    ],
    [
      'a layer itself',
      (model, update) => {
        const layer = layerOf(model, 'Activation');
        if (update === 2) layer.call = (inputs) => tf.neg([inputs].flat()[0]!);
      },
    ],
    [
      'weights',
      (model, update) => {
        const weights = model.getWeights();
        if (update === 2) model.setWeights(weights.map((one) => tf.zerosLike(one)));
      },
    ],
  ])('sees %s that changes meanwhile', async (_, change) => {
    const [repeated, plain] = [await losses(change), await losses(change, new Foreign({}))];
    expect(repeated).toEqual(plain);
    expect(repeated).not.toEqual(await losses(() => {}));
  });

  it('sees what is padded change in its list of lists', () => {
    const pad = tfl.layers.zeroPadding2d({
      padding: [
        [0, 2],
        [1, 1],
      ],
    });
    const picture = tfl.input({shape: [6, 6, 1]});
    const model = tfl.model({inputs: picture, outputs: pad.apply(picture) as Symbolic});
    const {padding} = pad as unknown as {padding: number[][]};
    for (const change of [() => padding[0]!.reverse(), () => padding.splice(0, 1, [1, 1])]) {
      const isStill = watchSettings(model);
      expect(isStill()).toBe(true);
      change();
      expect(isStill()).toBe(false);
    }
    model.dispose();
  });

  it('tells types of data apart', async () => {
    const types = ['float32', 'int32', 'float32', 'bool'];
    expect(await losses(() => {}, undefined, types)).toEqual(await losses(() => {}, new Foreign({}), types));
  });

  it('calls layers where a kernel cannot be watched, or has come since', async () => {
    const backendName = tf.getBackend();
    const own = tf.getKernel('Relu', backendName)!;
    const calls = async (change: (update: number) => void) => {
      const spy = vi.spyOn(layers.globalAveragePooling3d({}).constructor.prototype, 'call');
      await losses((_, update) => change(update));
      const count = spy.mock.calls.length;
      spy.mockRestore();
      return count;
    };
    // The first step, and another where the kernels are others.
    expect(await calls(() => {})).toBe(1);
    const replace = (config: tf.KernelConfig) => {
      tf.unregisterKernel('Relu', backendName);
      tf.registerKernel(config);
    };
    expect(await calls((update) => update === 2 && replace({...own}))).toBe(2);
    replace(Object.freeze({...own}));
    expect(await calls(() => {})).toBe(6);
    replace(own);
  });

  it('says which weight is gone', async () => {
    const run = losses((model, update) => {
      if (update === 3) layerOf(model, 'Dense').getWeights()[0]!.dispose();
    });
    await expect(run).rejects.toThrow(/disposed/);
  });

  it('that fails leaves nothing behind', async () => {
    const before = [tf.memory().numTensors, tf.memory().numDataBuffers];
    for (const update of [0, 1, 2]) {
      const model = network();
      // Of the host's batch normalization, between two recordings.
      const kernel = tf.getKernel(tf.Rsqrt, tf.getBackend())!;
      const {kernelFunc} = kernel;
      const weights = await Promise.all(model.trainableWeights.map((weight) => weight.read().array()));
      let updates = 0;
      kernel.kernelFunc = (args) => {
        if (updates === update) throw new Error('no more');
        return kernelFunc(args);
      };
      const run = train(model, smallData(tf, 20), {recipe: RECIPE, onProgress: () => updates++});
      await expect(run).rejects.toThrow('no more');
      kernel.kernelFunc = kernelFunc;
      const after = await Promise.all(model.trainableWeights.map((weight) => weight.read().array()));
      if (update === 0) expect(after).toEqual(weights);
      model.dispose();
      expect([tf.memory().numTensors, tf.memory().numDataBuffers]).toEqual(before);
    }
  });
});

const layerOf = (model: tfl.LayersModel, name: string) =>
  model.layers.find((layer) => layer.getClassName() === name)!;

describe('models', () => {
  const model = (...layersOf: Layer[]) =>
    tfl.sequential({layers: [tfl.layers.inputLayer({inputShape: [4]}), ...layersOf]});

  it('are repeatable where all layers are known', () => {
    class DropPath extends Foreign {
      static override className = 'DropPath';
    }
    class Steps extends tf.serialization.Serializable {
      static className = 'steps';
      getConfig = () => ({});
      apply = (x: tf.Tensor) => tf.neg(x);
    }
    tf.serialization.registerClass(Steps as unknown as tf.serialization.SerializableConstructor<Steps>);
    class Derived extends (tfl.layers.dense({units: 1}).constructor as new (args: object) => Layer) {}
    const hooked = tfl.layers.dense({units: 2});
    hooked.setCallHook(() => {});
    const patched = tfl.layers.dense({units: 2});
    patched.call = patched.call.bind(patched);
    expect(isRepeatable(model(tfl.layers.dense({units: 2})))).toBe(true);
    expect(isRepeatable(model(model(tfl.layers.dense({units: 2}))))).toBe(true);
    for (const layer of [
      new Foreign({}),
      new DropPath({}),
      tfl.layers.dense({units: 2, activation: 'steps' as 'relu'}),
      new Derived({units: 2}),
      hooked,
      patched,
      model(new Foreign({})),
      tfl.layers.gaussianNoise({stddev: 1}),
      tfl.layers.dense({units: 2, kernelRegularizer: 'l1l2'}),
    ])
      expect(isRepeatable(model(layer))).toBe(false);
  });
});
