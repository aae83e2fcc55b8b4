/**
 * Every form in which a product is computed, whatever the shapes would ask for: each tile, the direct form and the sliding window, with
 * channels that fill quads, pairs or neither, against plain loops.
 */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import '../../../src/entries/backends/webgpu';
import {conv3d} from '../../../src/entries/ops';
import {conv3dInfo, depthwiseConv3dInfo} from '../../../src/geometry/ordinary_info';
import {productOf} from '../../../src/geometry/products';
import {stsDepthwiseConv3dInfo} from '../../../src/geometry/sts_info';
import {
  denseStep,
  directStep,
  planProduct,
  runProduct,
  slidingSteps,
} from '../../../src/kernels/webgpu/convolution/run_product';
import {TILES} from '../../../src/kernels/webgpu/convolution/tiles';
import {newTensor} from '../../../src/kernels/webgpu/program';
import {OutOfMemoryError} from '../../../src/util/errors';
import {startBackend} from '../../support/backends';
import {
  type Bounded,
  type NaiveConvolution,
  type NaiveGeometry,
  naiveConv3d,
  naiveDepthwiseConv3d,
  naiveForward,
  naiveInputGradient,
  naiveStsDepthwise,
} from '../../support/naive_conv3d';
import {valuesOf} from '../wasm/wasm_host';

type Steps = NonNullable<Parameters<typeof planProduct>[2]>;

beforeAll(() => startBackend('webgpu'));

const geometry = (channels: number, filterShape: number[], groups = 1): NaiveGeometry => ({
  xShape: [2, 3, 5, 6, channels],
  filterShape,
  strides: [1, 2, 1],
  dilations: [1, 1, 2],
  before: [1, 1, 2],
  output: [3, 3, 6],
  groups,
});
const pad: [number, number][] = [
  [1, 1],
  [1, 1],
  [2, 2],
];

async function expectWithin(actual: tf.TensorInfo, {values, bounds}: Bounded): Promise<void> {
  const given = await tf.engine().makeTensorFromTensorInfo(actual).data();
  expect(given.length).toBe(values.length);
  const worst = values.findIndex((value, i) => !(Math.abs(given[i]! - value) <= bounds[i]!));
  expect(worst, `[${worst}] is ${given[worst]}, expected ${values[worst]}`).toBe(-1);
}

/** Both directions of a convolution by the given steps, forward with a bias. */
async function check(
  naive: NaiveConvolution,
  info: ReturnType<typeof conv3dInfo>,
  steps: Steps,
): Promise<void> {
  const backend = tf.backend() as WebGPUBackend;
  const shapes = [naive.xShape, naive.filterShape, naive.yShape, naive.yShape.slice(4)];
  const values = shapes.map((shape, i) => valuesOf(shape, i + 1)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [x, w, dy, bias] = values.map((data, i) => tf.tensor(data, shapes[i]!)) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const ahead = planProduct(productOf(info, 'forward'), {bias: true, residual: false}, steps);
  const forward = runProduct(backend, ahead, {source: x, weights: w, bias});
  await expectWithin(forward, naiveForward(naive, values[0], values[1], values[3]));
  const back = planProduct(productOf(info, 'backward'), {bias: false, residual: false}, steps);
  const backward = runProduct(backend, back, {source: dy, weights: w});
  await expectWithin(backward, naiveInputGradient(naive, values[2], values[1]));
}

describe.each(TILES)('tiles of $rows x $columns', (tile) => {
  // Quads on both sides, pairs, neither.
  const channels = [
    [8, 12],
    [6, 10],
    [5, 7],
  ] as const;
  const [inputs, outputs] = channels[TILES.indexOf(tile) % channels.length]!;

  it(`compute ${inputs} to ${outputs} channels`, async () => {
    const given = geometry(inputs, [3, 3, 3, inputs, outputs]);
    const info = conv3dInfo(given.xShape, given.filterShape, {strides: [1, 2, 1], dilations: [1, 1, 2], pad});
    await check(naiveConv3d(given), info, (product, epilogue) => [denseStep(product, epilogue, tile)]);
  });
});

it('tiles compute groups, more columns than one of them has, and more rows', async () => {
  const given = {...geometry(12, [3, 3, 3, 6, 22], 2), xShape: [3, 3, 5, 6, 12]};
  const options = {strides: [1, 2, 1], dilations: [1, 1, 2], pad, groups: 2};
  const info = conv3dInfo(given.xShape, given.filterShape, options);
  const tile = TILES.at(-1)!;
  await check(naiveConv3d(given), info, (product, epilogue) => [denseStep(product, epilogue, tile)]);
});

describe.each([8, 6, 5])('a depthwise convolution of %i channels', (channels) => {
  const steps: [string, Steps, RegExp][] = [
    ['directly', (product, epilogue) => [directStep(product, epilogue)], /^direct/],
    ['in a sliding window', slidingSteps, /^sliding/],
  ];

  it.each(steps)('%s', async (_, chosen, key) => {
    const given = {
      ...geometry(channels, [3, 5, 3, channels, 1], channels),
      strides: [1, 1, 1] as [number, number, number],
      dilations: [1, 1, 1] as [number, number, number],
      before: [1, 2, 1] as [number, number, number],
      output: [3, 5, 6] as [number, number, number],
    };
    const info = depthwiseConv3dInfo(given.xShape, given.filterShape, {pad: 'same'});
    for (const direction of ['forward', 'backward'] as const) {
      const [step] = chosen(productOf(info, direction), {bias: false, residual: false});
      expect(step!.program.key).toMatch(key);
    }
    await check(naiveDepthwiseConv3d(given), info, chosen);
  });
});

it('a depthwise STS convolution in two steps', async () => {
  const channels = 6;
  const given = {
    ...geometry(channels, [3, 3, 3, channels, 1], channels),
    strides: [1, 1, 1] as [number, number, number],
    dilations: [1, 1, 1] as [number, number, number],
    before: [1, 1, 1] as [number, number, number],
    output: [3, 5, 6] as [number, number, number],
  };
  const info = stsDepthwiseConv3dInfo(given.xShape, given.filterShape, {pad: 'same'});
  const keys = slidingSteps(productOf(info, 'forward'), {bias: false, residual: false}).map(
    ({program}) => program.key.split('_')[0],
  );
  expect(keys).toEqual(['direct', 'sliding']);
  await check(naiveStsDepthwise(given), info, slidingSteps);
});

it('refuses a tensor that the device cannot bind, by name', () => {
  const small = {device: {limits: {maxStorageBufferBindingSize: 1024}}} as unknown as WebGPUBackend;
  const tensor = {dataId: {}, dtype: 'float32', shape: [1, 4, 9, 8]} as tf.TensorInfo;
  for (const call of [() => newTensor(small, tensor.shape, []), () => newTensor(small, [1], [tensor])]) {
    expect(call).toThrow(OutOfMemoryError);
    expect(call).toThrow(/a tensor \[1, 4, 9, 8\] of 1152 bytes is more than the 1024/);
  }
});

it('keeps no tensor, whatever was cut into chunks', async () => {
  const before = tf.memory().numTensors;
  const kept = (tf.backend() as WebGPUBackend).numDataIds();
  const x = tf.ones<tf.Rank.R5>([2, 9, 16, 16, 4]);
  const w = tf.ones<tf.Rank.R5>([1, 3, 3, 4, 4]);
  const gradients = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
    conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 1, 'same'),
  )([x, w]);
  await Promise.all(gradients.map((gradient) => gradient.data()));
  tf.dispose([x, w, gradients]);
  expect(tf.memory().numTensors).toBe(before);
  expect((tf.backend() as WebGPUBackend).numDataIds()).toBe(kept);
});
