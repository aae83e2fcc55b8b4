/**
 * The seam to tfjs-backend-wasm: our kernels write into their own tensors and scratch alone, survive the growth of
 * the memory, allocate nothing but the output once they are warm, and never use the packed weights of another tensor.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import '../../../src/entries/backends/wasm';
import {IndirectConv3D} from '../../../src/geometry/kernel_names';
import {registerKernels, replaceStockKernels} from '../../../src/kernels/registry';
import {kernelConfigs, stockReplacements} from '../../../src/kernels/wasm';
import {startBackend} from '../../support/backends';
import {everyKernel, xShape as x} from './every_kernel';
import {heapOf, liveBackend, tensorOf, valuesOf} from './wasm_host';

/** Bytes around each allocation, and what they hold. */
const GUARD = 64;
const PATTERN = 0xa5;
/** Emscripten's data begin here; nothing of anybody lies below. */
const UNUSED = 1024;

beforeEach(async () => {
  await startBackend('wasm');
  registerKernels(kernelConfigs);
  replaceStockKernels(stockReplacements);
  const coverage: Record<string, string> = sts.kernelCoverage();
  const ours = [...kernelConfigs, ...stockReplacements.configs].map(({kernelName}) => kernelName);
  expect(ours.filter((name) => coverage[name] !== 'kernel')).toEqual([]);
});

/** A plain 1 x 1 x 1 convolution of one position by hand. */
function product(values: Float32Array, weights: Float32Array): number[] {
  const outputs = weights.length / values.length;
  return Array.from({length: outputs}, (_, o) =>
    values.reduce((sum, value, i) => sum + value * weights[i * outputs + o]!, 0),
  );
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  const worst = Array.from(expected, (value, i) => Math.abs(actual[i]! - value));
  expect(Math.max(...worst)).toBeLessThan(1e-5);
}

describe('the allocations of the host', () => {
  let backend: BackendWasm;
  let live: Map<number, number>;
  let restore: () => void;

  /** Puts guard zones around everything that is allocated from now on. */
  beforeEach(() => {
    backend = liveBackend();
    const heap = heapOf(backend);
    // Emscripten puts the real functions in place when they are first called.
    tf.dispose(tf.scalar(0));
    const {_malloc, _free} = heap;
    // Of this test alone: what an earlier one has allocated, its own functions below these free.
    const guarded = new Map<number, number>();
    live = guarded;
    heap._malloc = (bytes) => {
      const address = (_malloc(bytes + 2 * GUARD) >>> 0) + GUARD;
      heap.HEAPU8.fill(PATTERN, address - GUARD, address);
      heap.HEAPU8.fill(PATTERN, address + bytes, address + bytes + GUARD);
      guarded.set(address, bytes);
      return address;
    };
    heap._free = (address) => {
      _free(guarded.delete(address >>> 0) ? address - GUARD : address);
    };
    restore = () => {
      // What is alive keeps its guards, so `_free` has to know them.
      heap._malloc = _malloc;
    };
  });

  afterEach(() => restore());

  function brokenGuards(): number[] {
    const bytes = heapOf(backend).HEAPU8;
    return [...live].flatMap(([address, length]) => {
      const zones = [
        bytes.subarray(address - GUARD, address),
        bytes.subarray(address + length, address + length + GUARD),
      ];
      return zones.some((zone) => zone.some((byte) => byte !== PATTERN)) ? [address] : [];
    });
  }

  it.each(Object.entries(everyKernel))('%s writes nothing outside its tensors and scratch', (_, run) => {
    // What a field of a call that was left out points to: all threads would share it.
    const atZero = () => heapOf(backend).HEAPU8.slice(0, UNUSED);
    const before = atZero();
    const results = tf.tidy(run);
    expect(live.size).toBeGreaterThan(0);
    expect(brokenGuards()).toEqual([]);
    expect(atZero()).toEqual(before);
    tf.dispose(results);
  });

  it.each(Object.entries(everyKernel))('%s leaves nothing behind but its scratch', (_, run) => {
    tf.dispose(tf.tidy(run));
    const before = live.size;
    tf.dispose(tf.tidy(run));
    expect(live.size).toBe(before);
  });

  it('a warm kernel allocates its output and nothing else', () => {
    const [input, filter] = [tensorOf(x, 1), tensorOf([3, 3, 3, 19, 13], 2)];
    tf.dispose(sts.conv3d(input, filter, 1, 'same'));
    const before = live.size;
    const heap = heapOf(backend);
    const {_malloc} = heap;
    let calls = 0;
    heap._malloc = (bytes) => {
      calls++;
      return _malloc(bytes);
    };
    const y = sts.conv3d(input, filter, 1, 'same');
    heap._malloc = _malloc;
    expect(calls).toBe(1);
    tf.dispose([y, input]);
    // The weights go with their packed form.
    filter.dispose();
    expect(live.size).toBe(before - 3);
  });
});

describe('the memory of the host', () => {
  it('may grow between the calls and in a call', () => {
    const backend = liveBackend();
    const pages = () => heapOf(backend).HEAPU8.byteLength;
    const [input, filter] = [tensorOf([1, 4, 128, 128, 3], 1), tensorOf([1, 1, 1, 3, 64], 2)];
    const expected = product(valuesOf([1, 4, 128, 128, 3], 1).subarray(0, 3), valuesOf([1, 1, 1, 3, 64], 2));
    const kept: tf.Tensor[] = [];
    const sizes = new Set([pages()]);
    while (sizes.size < 2 && kept.length < 200) {
      const y = sts.conv3d(input, filter, 1, 'same');
      kept.push(y);
      sizes.add(pages());
      expectClose(y.dataSync().subarray(0, 64), expected);
    }
    expect(sizes.size).toBe(2);
    const [first, last] = [kept[0]!.dataSync(), kept.at(-1)!.dataSync()];
    expect(last.every((value, i) => value === first[i])).toBe(true);
    tf.dispose([input, filter, ...kept]);
  });
});

describe('packed weights', () => {
  const position = [1, 1, 1, 1, 40];
  const filterShape = [1, 1, 1, 40, 9];
  const run = (filter: tf.Tensor) =>
    tf.tidy(() => sts.conv3d(tensorOf(position, 1), filter as tf.Tensor5D, 1, 'same').dataSync());
  const expected = (seed: number) => product(valuesOf(position, 1), valuesOf(filterShape, seed));

  it('for the gradient are freed with their tensor', () => {
    const heap = heapOf(liveBackend());
    const {_malloc, _free} = heap;
    const live = new Set<number>();
    heap._malloc = (bytes) => {
      const address = _malloc(bytes) >>> 0;
      live.add(address);
      return address;
    };
    heap._free = (address) => {
      live.delete(address >>> 0);
      _free(address);
    };
    try {
      const steps = [1, 2, 3].map((seed) => {
        const filter = tf.tidy(() => tf.variable(tensorOf([3, 3, 3, 16, 24], seed)));
        const loss = () =>
          tf.sum(tf.square(sts.conv3d(tensorOf([1, 3, 9, 9, 16], 4), filter as tf.Variable<tf.Rank.R5>, 2)));
        const {value, grads} = tf.variableGrads(loss as () => tf.Scalar);
        tf.dispose([value, grads]);
        filter.dispose();
        return live.size;
      });
      // The first step may leave scratch behind.
      expect(steps[2]).toBe(steps[1]);
    } finally {
      Object.assign(heap, {_malloc, _free});
    }
  });

  it('follow a variable that is assigned to', () => {
    const variable = tf.variable(tensorOf(filterShape, 2));
    expectClose(run(variable), expected(2));
    tf.tidy(() => variable.assign(tensorOf(filterShape, 3)));
    expectClose(run(variable), expected(3));
    variable.dispose();
  });

  it('are not those of an earlier tensor at the same address', () => {
    const addresses = new Set<number>();
    for (let seed = 2; seed < 20; seed++) {
      const filter = tensorOf(filterShape, seed);
      addresses.add(liveBackend().getMemoryOffset(filter.dataId));
      expectClose(run(filter), expected(seed));
      filter.dispose();
    }
    expect(addresses.size).toBeLessThan(18);
  });

  it('of one tensor serve every way in which it is used', () => {
    const filter = tensorOf([3, 1, 1, 8, 8], 2);
    const input = tensorOf([1, 3, 4, 4, 8], 1);
    const first = tf.tidy(() => sts.conv3d(input, filter, 1, 'same').dataSync());
    const line = tf.tidy(() => sts.stsConv3d(input, filter, 1).dataSync());
    const flat = tf.reshape(filter, [1, 1, 3, 8, 8]) as tf.Tensor5D;
    const along = tf.tidy(() => sts.conv3d(input, flat, 1, 'same').dataSync());
    flat.dispose();
    expect(tf.tidy(() => sts.conv3d(input, filter, 1, 'same').dataSync())).toEqual(first);
    expect(tf.tidy(() => sts.stsConv3d(input, filter, 1).dataSync())).toEqual(line);
    expect(along).not.toEqual(first);
    tf.dispose([filter, input]);
  });

  it('outlive a clone of their tensor', () => {
    const filter = tensorOf(filterShape, 4);
    const clone = tf.clone(filter);
    expectClose(run(clone), expected(4));
    clone.dispose();
    expectClose(run(filter), expected(4));
    filter.dispose();
  });
});

describe('a backend whose memory cannot be reached', () => {
  it('gets no kernel, and kernelCoverage says so', () => {
    const config = kernelConfigs.find(({kernelName}) => kernelName === IndirectConv3D)!;
    config.setupFunc!({wasm: {asm: {}}} as unknown as BackendWasm);
    expect(sts.kernelCoverage().IndirectConv3D).toBe('composed');
    const y = tf.tidy(everyKernel.grouped!) as tf.Tensor;
    expect(y.shape).toEqual([1, 5, 5, 5, 9]);
    y.dispose();
  });

  it('refuses a kernel that was called all the same', () => {
    const config = kernelConfigs.find(({kernelName}) => kernelName === IndirectConv3D)!;
    const backend = {wasm: {asm: {}}} as unknown as BackendWasm;
    expect(() => config.kernelFunc({inputs: {}, attrs: {}, backend})).toThrow(/memory of the wasm backend/);
  });
});
