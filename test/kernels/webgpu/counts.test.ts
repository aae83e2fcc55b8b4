/** What frozen networks at full size ask of a device: counted, since a machine without a GPU says nothing about time. */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {freeze} from '../../../src/entries';
import {createNetwork} from '../../../src/entries/networks';
import '../../../src/entries/backends/webgpu';
import type {ConvInfo} from '../../../src/geometry/conv_info';
import {IndirectConv3D, type IndirectConv3DInputs} from '../../../src/geometry/kernel_names';
import {longestSum, productOf} from '../../../src/geometry/products';
import {tapCount} from '../../../src/geometry/taps';
import {stepsOf} from '../../../src/kernels/webgpu/convolution/run_product';
import {DEPTH, paddingOf, tileFor} from '../../../src/kernels/webgpu/convolution/tiles';
import {sizeOf} from '../../../src/util/shapes';
import {startBackend} from '../../support/backends';
import {type Counts, stubDevice} from './stub_device';

interface Call {
  readonly info: ConvInfo;
  readonly dispatches: number;
  /** Bytes of its tensors: what a convolution reads and writes at least. */
  readonly bytes: number;
}

let counts: Counts;
const calls: Call[] = [];

/** Notes every convolution, and what of the device it took. */
function watchConvolutions(): void {
  const config = tf.getKernel(IndirectConv3D, 'webgpu')!;
  tf.unregisterKernel(IndirectConv3D, 'webgpu');
  tf.registerKernel({
    ...config,
    kernelFunc: (args) => {
      const before = counts.dispatches;
      const y = config.kernelFunc(args) as tf.TensorInfo;
      const tensors = [...Object.values(args.inputs as IndirectConv3DInputs), y].filter(
        (t) => t !== undefined,
      );
      const bytes = tensors.reduce((sum, {shape}) => sum + 4 * tf.util.sizeFromShape(shape), 0);
      const {info} = args.attrs as unknown as {info: ConvInfo};
      calls.push({info, dispatches: counts.dispatches - before, bytes});
      return y;
    },
  });
}

beforeAll(async () => {
  await startBackend('webgpu');
  counts = stubDevice();
  watchConvolutions();
});

/** Multiply-adds of the tiles and, of those, the ones on no column of the result. */
function paddingOfTiles(): number {
  let [computed, empty] = [0, 0];
  for (const {info} of calls) {
    const product = productOf(info, 'forward');
    if (!stepsOf(product, {bias: true, residual: false})[0]!.program.key.startsWith('dense')) continue;
    const padding = paddingOf(product, tileFor(product));
    const products = tf.util.sizeFromShape(info.filterShape) * product.rows;
    computed += products / (1 - padding);
    empty += products * (padding / (1 - padding));
  }
  return empty / computed;
}

/**
 * Of the convolutions in 64x64 tiles whose sums have 256 products or more, the arithmetic for a byte that workgroups read and
 * write: two operations a product that counts, and the rows and columns of whole tiles, those beyond the edges and channels that are
 * filled up to fours among them.
 */
function arithmeticOfTiles(): {depth: number; intensity: number}[] {
  return calls.flatMap(({info}) => {
    const product = productOf(info, 'forward');
    const {rows, columns} = tileFor(product);
    const {program, grid} = stepsOf(product, {bias: true, residual: false})[0]!;
    const isLarge = rows === 64 && columns === 64 && longestSum(product) >= 256;
    if (!isLarge || !program.key.startsWith('dense')) return [];
    // Such a layer has one segment a part, and as many taps in each.
    const {part, depth} = product.segments[0]!.terms[0]!;
    const loaded = Math.ceil((tapCount(part.rule) * Math.ceil(depth / 4) * 4) / DEPTH) * DEPTH;
    const operations = 2 * product.rows * product.destinationChannels * tapCount(part.rule) * depth;
    const bytes = 4 * sizeOf(grid) * (loaded * (rows + columns) + rows * columns);
    return [{depth, intensity: operations / bytes}];
  });
}

/** Bytes and threads of the workgroups that our programs declare. */
function workgroups(): {bytes: number; threads: number}[] {
  return counts.programs.map((code) => {
    const arrays = [
      ...code.matchAll(/var<workgroup>\s+\w+\s*:\s*array<(vec4<f32>|vec4<i32>|i32|f32), (\d+)>/g),
    ];
    const bytes = arrays.reduce(
      (sum, [, type, n]) => sum + (type!.startsWith('vec4') ? 16 : 4) * Number(n),
      0,
    );
    const [, x, y, z] = /@workgroup_size\((\d+), (\d+), (\d+)\)/.exec(code)!;
    return {bytes, threads: Number(x) * Number(y) * Number(z)};
  });
}

interface HostBackend {
  pipelineCache: object;
  bufferManager: {freeBuffers: Map<string, object[]>; numBytesAllocated: number; numBytesUsed: number};
  ensureCommandEncoderReady(): void;
  submitQueue(): void;
}

/** A network by itself: what others have compiled and what is pooled of them is forgotten. */
function startAfresh(): void {
  const backend = tf.backend() as unknown as HostBackend;
  // Which takes back what the last network freed.
  backend.ensureCommandEncoderReady();
  backend.submitQueue();
  backend.pipelineCache = {};
  const pool = backend.bufferManager;
  for (const key of pool.freeBuffers.keys()) pool.freeBuffers.set(key, []);
  pool.numBytesAllocated = pool.numBytesUsed;
}

const allocated = () => (tf.memory() as unknown as {numBytesAllocatedInGPU: number}).numBytesAllocatedInGPU;

/**
 * A split convolution binds its tensors twice, and touches a half of them each time. The pool is what runs make the host allocate
 * besides the weights, in MB; the composed form's was measured here the same way, without kernels of ours.
 */
const networks = [
  {name: 'x3d_s', mostSplit: 0, composedPool: 459},
  {name: 'x3d_s_sts', mostSplit: 8, composedPool: 430},
  {name: 'slowfast_r50_8x8', mostSplit: 0, composedPool: 1064},
  {name: 'slowfast_r50_8x8_sts', mostSplit: 0, composedPool: 1171},
  {name: 'slowonly_r50_8x8', mostSplit: 0, composedPool: 500},
  {name: 'slowonly_r50_8x8_sts', mostSplit: 0, composedPool: 588},
  {name: 'ircsn_r50', mostSplit: 0, composedPool: 2572},
  {name: 'ircsn_r50_sts', mostSplit: 16, composedPool: 2573},
];

describe.each(networks)('$name', ({name, mostSplit, composedPool}) => {
  it('is a dispatch a convolution and little else, of few programs that fit every device', () => {
    startAfresh();
    const model = createNetwork(name, {weightless: true});
    const frozen = freeze(model);
    const x = tf.zeros(model.inputs[0]!.shape.map((n) => n ?? 1));
    model.dispose();
    const before = allocated();
    const run = () => {
      calls.length = 0;
      Object.assign(counts, {dispatches: 0, bytes: 0, pipelines: 0});
      tf.dispose(frozen.predict(x));
      return {...counts};
    };
    const [first, second] = [run(), run()];
    expect(first.pipelines).toBeLessThanOrEqual(40);
    expect(second.pipelines).toBe(0);

    const split = calls.filter(({dispatches}) => dispatches === 2).length;
    expect(calls.every(({dispatches}) => dispatches <= 2)).toBe(true);
    expect(split).toBe(mostSplit);
    expect(second.dispatches - split).toBeLessThanOrEqual(frozen.stepCount + 8);

    const least = calls.reduce((sum, {bytes}) => sum + bytes, 0);
    expect(second.bytes / least).toBeLessThan(1.5);
    expect((allocated() - before) / 1e6).toBeLessThan(composedPool / 2);
    expect(paddingOfTiles()).toBeLessThan(0.15);
    // X3D has no such layer: its tiles are narrower. The three channels of a picture are filled up to four.
    const tiles = arithmeticOfTiles();
    expect(tiles.length > 0).toBe(!name.startsWith('x3d'));
    for (const {depth, intensity} of tiles) expect(intensity).toBeGreaterThan(depth === 3 ? 11 : 12);
    for (const {bytes, threads} of workgroups()) {
      expect(bytes).toBeLessThanOrEqual(16384);
      expect(threads).toBeLessThanOrEqual(256);
    }
    tf.dispose(x);
    frozen.dispose();
  });
});
