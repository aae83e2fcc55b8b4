/**
 * Models in slabs, as they are and frozen, against their own answer to the whole, layer kind by layer kind, on every backend: the same bits where the kernels
 * of the package run, rounding apart where stock ops choose how they sum.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {type FrozenModel, freeze} from '../../../src/inference/freeze';
import {predictInSlabs} from '../../../src/inference/slabs';
import {registerLayers, layers as sts} from '../../../src/layers';
import {type BackendName, inBrowser} from '../../support/backends';
import {implementations} from '../../support/implementations';

const T = tfl.layers;
type Shape = [number, number, number, number];

/** Uniform weights of a variance that keeps values of the order of 1, the same in every run. */
function fill(model: tfl.LayersModel): void {
  model.weights.forEach((weight, i) => {
    const shape = weight.shape as number[];
    const terms = shape.slice(0, -1).reduce((product, n) => product * n, 1);
    const [low, high] = weight.originalName.includes('variance')
      ? [0.5, 1.5]
      : [-1.7 / Math.sqrt(terms), 1.7 / Math.sqrt(terms)];
    weight.write(tf.tidy(() => tf.randomUniform(shape, low, high, 'float32', i + 1)));
  });
}

function inOrder(shape: Shape, ...layers: tfl.layers.Layer[]): tfl.LayersModel {
  const x = tfl.input({shape});
  const y = layers.reduce((value, layer) => layer.apply(value) as tfl.SymbolicTensor, x);
  return tfl.model({inputs: x, outputs: y});
}

/** Two levels down and up by 2, with a shortcut at each: the short branch waits for the long one. */
function uNet(shape: Shape): tfl.LayersModel {
  const apply = (layer: tfl.layers.Layer, ...values: tfl.SymbolicTensor[]) =>
    layer.apply(values.length === 1 ? values[0]! : values) as tfl.SymbolicTensor;
  const convolved = (x: tfl.SymbolicTensor, filters: number) =>
    apply(T.conv3d({filters, kernelSize: 3, padding: 'same', activation: 'relu'}), x);
  const x = tfl.input({shape});
  const first = convolved(x, 3);
  const second = convolved(apply(T.maxPooling3d({poolSize: 2, strides: 2, padding: 'valid'}), first), 4);
  const bottom = convolved(apply(sts.conv3d({filters: 5, kernelSize: 2, strides: 2}), second), 5);
  const raised = apply(T.conv3dTranspose({filters: 4, kernelSize: 2, strides: 2}), bottom);
  const joined = convolved(apply(T.concatenate(), second, raised), 4);
  const top = apply(T.conv3dTranspose({filters: 3, kernelSize: 3, strides: 2, padding: 'same'}), joined);
  const scores = apply(T.conv3d({filters: 2, kernelSize: 1}), apply(T.add(), first, top));
  return tfl.model({inputs: x, outputs: [apply(T.softmax({axis: -1}), scores), bottom]});
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

/** How many values do not have the same bits. */
function differing(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [bits, others] = [a, b].map((values) => new Int32Array(Float32Array.from(values).buffer));
  return bits!.filter((value, i) => value !== others![i]).length;
}

interface Case {
  name: string;
  volume: Shape;
  /** Default: the model is made for the volume. */
  madeFor?: Shape;
  /** Where it is as the others: on GPUs, which compile each shape of a slab, or on all backends but by the kernels of wasm. Default: nowhere. */
  isAsOthers?: 'on GPUs' | 'but on wasm';
  model(shape: Shape): tfl.LayersModel;
}

const cases: Case[] = [
  {
    name: 'dilated convolutions of the host, made for a larger volume',
    volume: [14, 5, 6, 1],
    madeFor: [64, 64, 64, 1],
    isAsOthers: 'on GPUs',
    model: (shape) =>
      inOrder(
        shape,
        ...[1, 2, 4, 1].map((dilationRate) =>
          T.conv3d({filters: 5, kernelSize: 3, dilationRate, padding: 'same', activation: 'elu'}),
        ),
        T.conv3d({filters: 3, kernelSize: 1}),
      ),
  },
  {name: 'a U-Net', volume: [12, 8, 4, 1], model: uNet},
  {
    name: 'what freeze fuses: normalization, a sum, a sum that broadcasts, activations; normalizations of Keras',
    volume: [9, 4, 5, 3],
    model: () => {
      const apply = (layer: tfl.layers.Layer, ...values: tfl.SymbolicTensor[]) =>
        layer.apply(values.length === 1 ? values[0]! : values) as tfl.SymbolicTensor;
      const normalized = (x: tfl.SymbolicTensor, args: object) =>
        apply(sts.batchNorm3d(), apply(sts.conv3d({filters: 4, kernelSize: 3, padding: 'same', ...args}), x));
      // Sizes unknown to the plan: the second sum turns out to broadcast.
      const x = tfl.input({shape: [null, null, null, 3]});
      const first = apply(T.activation({activation: 'swish' as 'relu'}), normalized(x, {}));
      const second = apply(T.reLU(), apply(T.add(), normalized(first, {dilationRate: [2, 1, 1]}), first));
      const rows = normalized(second, {
        kernelSize: [3, 1, 5],
        padding: [
          [1, 1],
          [0, 0],
          [0, 0],
        ],
      });
      const column = apply(T.elu({}), apply(T.add(), second, rows));
      const y = apply(sts.normalization({mean: 0.1, variance: 2}), apply(sts.rmsNormalization(), column));
      return tfl.model({inputs: x, outputs: y});
    },
  },
  {
    name: 'STS, depthwise, strides along the first axis',
    volume: [13, 6, 5, 4],
    isAsOthers: 'on GPUs',
    model: (shape) =>
      inOrder(
        shape,
        sts.stsConv3d({filters: 6, kernelSize: [3, 1, 1], activation: 'hardSwish'}),
        sts.batchNorm3d(),
        sts.stsDepthwiseConv3d({kernelSize: 3, strides: [2, 1, 2], padding: 'same'}),
        sts.depthwiseConv3d({
          kernelSize: [3, 2, 1],
          padding: [
            [2, 0],
            [0, 1],
            [0, 0],
          ],
        }),
        T.averagePooling3d({poolSize: [3, 2, 2], strides: [2, 1, 1], padding: 'same'}),
        sts.zeroPadding3d({
          padding: [
            [2, 1],
            [0, 1],
            [1, 0],
          ],
        }),
        sts.stsConv3d({filters: 4, kernelSize: [3, 1, 1], strides: [2, 1, 1], padding: [1, 0, 0]}),
      ),
  },
  {
    name: 'minimal filtering of frames and along the first axis, which small pieces alone would not be worth',
    volume: [11, 5, 6, 32],
    isAsOthers: 'but on wasm',
    model: (shape) =>
      inOrder(
        shape,
        T.conv3d({filters: 33, kernelSize: 3, padding: 'same'}),
        sts.conv3d({
          filters: 34,
          kernelSize: [3, 1, 1],
          padding: [
            [1, 1],
            [0, 0],
            [0, 0],
          ],
        }),
        sts.conv3d({filters: 32, kernelSize: [3, 1, 1]}),
      ),
  },
  {
    name: 'minimal filtering along the first axis, dilated: frames that are made together lie apart',
    volume: [21, 3, 4, 32],
    isAsOthers: 'but on wasm',
    model: (shape) =>
      inOrder(
        shape,
        sts.conv3d({
          filters: 33,
          kernelSize: [3, 1, 1],
          dilationRate: [4, 1, 1],
          padding: [
            [4, 4],
            [0, 0],
            [0, 0],
          ],
        }),
      ),
  },
];

/** How many float32 roundings a result may be apart where sums are made in another order, of values of the order of 1. */
const ROUNDINGS = 2 ** -24 * 1000;

beforeAll(registerLayers);

/**
 * Of stock ops alone, GPUs compile programs for every shape of every slab, a minute long; slabs have nothing to do with which runs. Node has
 * the other backends, but for the build of wasm that a page runs.
 */
const tested = implementations.filter(({name}) => !inBrowser || /^(wasm|webg\w+), kernels$/.test(name));

/** A piece takes another path than the whole where it is shorter than the filter, as long, and longer. On GPUs one length, to compile less. */
const slabsOn = (backend: BackendName) => (backend.startsWith('webg') ? [3] : [1, 3, 4]);

describe.each(tested)('$name', ({name, backend, use}) => {
  beforeAll(use);
  const exact = /^(cpu|wasm), kernels/.test(name);

  const here = cases.filter(({isAsOthers}) => {
    if (isAsOthers === 'but on wasm') return name === 'wasm, kernels';
    return isAsOthers === undefined || !backend.startsWith('webg');
  });

  it.each(here)('$name', async ({volume, madeFor = volume, model: make}) => {
    const model = make(madeFor);
    fill(model);
    const x = tf.randomUniform([2, ...volume], -1, 1, 'float32', 5);
    // Not predict, which takes no other size than the model was made for.
    const whole = tf.tidy(() => [model.apply(x)].flat() as tf.Tensor[]);
    await compare(model, x, whole);
    const frozen = freeze(model);
    const fused = [frozen.predict(x)].flat();
    await compare(frozen, x, fused);
    frozen.dispose();
    tf.dispose([x, whole, fused]);
    model.dispose();
  });

  async function compare(
    model: tfl.LayersModel | FrozenModel,
    x: tf.Tensor,
    whole: readonly tf.Tensor[],
  ): Promise<void> {
    for (const slab of slabsOn(backend)) {
      const before = tf.memory().numTensors;
      const pieces = [await predictInSlabs(model, x, {slab})].flat();
      for (const [i, piece] of pieces.entries()) {
        expect(piece.shape).toEqual(whole[i]!.shape);
        const [given, wanted] = [await piece.data(), await whole[i]!.data()];
        if (exact) expect(differing(given, wanted), `slab ${slab}`).toBe(0);
        else expect(farthest(given, wanted), `slab ${slab}`).toBeLessThan(ROUNDINGS);
      }
      tf.dispose(pieces);
      expect(tf.memory().numTensors).toBe(before);
    }
  }
});
