/**
 * A full memory is an error and nothing else: whichever allocation of whichever kernel fails, older tensors are as they were,
 * nothing is left behind, and the next call works. Declared for a backend of one thread and one of several.
 */
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import {connect} from '../../../src/kernels/wasm/runtime/wasm_runtime';
import {everyKernel, xShape} from './every_kernel';
import {changeBackend, heapOf, liveBackend, tensorOf, valuesOf} from './wasm_host';

/** What the allocator of a backend does, by the test's will. */
export interface Allocator {
  /** Addresses that are not free again. */
  live: Set<number>;
  /** How many allocations succeed from now on. */
  left: number;
  /** How many it was asked for. */
  asked: number;
}

/** Registers the wasm backend anew with an allocator below everything that our entry does. */
export async function withAllocator(): Promise<Allocator> {
  const allocator: Allocator = {live: new Set(), left: Number.POSITIVE_INFINITY, asked: 0};
  await changeBackend((backend) => {
    const heap = heapOf(backend);
    // Emscripten puts the real functions in place when they are first called.
    heap._free(heap._malloc(1));
    const {_malloc, _free} = heap;
    heap._malloc = (bytes) => {
      allocator.asked++;
      const address = allocator.left > 0 ? _malloc(bytes) >>> 0 : 0;
      allocator.left--;
      if (address !== 0) allocator.live.add(address);
      return address;
    };
    heap._free = (address) => {
      allocator.live.delete(address >>> 0);
      _free(address);
    };
  });
  return allocator;
}

/** Kernels of the host that need room beside their result, or take hold of an input. */
const kernelsOfTheHost: Record<string, () => tf.Tensor | tf.Tensor[]> = {
  'tf.max': () => tf.max(tensorOf(xShape, 1), [0, 2]),
  'tf.argMax': () => tf.argMax(tensorOf(xShape, 1), 1),
  'tf.cumsum': () => tf.cumsum(tensorOf(xShape, 1), 1),
  'tf.topk': () => Object.values(tf.topk(tensorOf(xShape, 1), 2)),
  'tf.gather of small pieces': () => tf.gather(tensorOf([4, 5], 1), tf.tensor1d([1, 0], 'int32')),
  'tf.mean of whole numbers': () => tf.mean(tf.cast(tensorOf(xShape, 1), 'int32'), 0),
  'tf.matMul, gradients': () =>
    tf.grads((a, b) => tf.square(tf.matMul(a, b)))([tensorOf([4, 5], 1), tensorOf([5, 6], 2)]),
};

/** @param start starts the backend with its kernels; the allocator is that of `withAllocator` */
export function itRefusesWhatDoesNotFit(start: () => Promise<Allocator>): void {
  let allocator: Allocator;
  beforeAll(async () => {
    allocator = await start();
  });
  afterEach(() => {
    allocator.left = Number.POSITIVE_INFINITY;
  });

  const host = () => connect(liveBackend())!;
  const read = (run: () => tf.Tensor | tf.Tensor[]) =>
    tf.tidy(() => [run()].flat().map((tensor) => [...tensor.dataSync()]));

  describe('whichever allocation fails', () => {
    it.each(Object.entries({...everyKernel, ...kernelsOfTheHost}))('%s', (_, run) => {
      const older = tensorOf([1, 1, 1, 1, 500], 9);
      const expected = read(run);
      host().release();
      const [before, {numTensors}] = [new Set(allocator.live), tf.memory()];
      allocator.asked = 0;
      read(run);
      const all = allocator.asked;
      expect(all).toBeGreaterThan(2);
      for (let fails = 0; fails < all; fails++) {
        host().release();
        allocator.left = fails;
        expect(() => tf.tidy(run), `${fails} of ${all}`).toThrow(sts.OutOfMemoryError);
        allocator.left = Number.POSITIVE_INFINITY;
        expect(tf.memory().numTensors).toBe(numTensors);
        host().release();
        expect(new Set(allocator.live), `${fails} of ${all}`).toEqual(before);
      }
      expect(older.dataSync()).toEqual(valuesOf(older.shape, 9));
      expect(read(run)).toEqual(expected);
      older.dispose();
    });
  });

  it('packed weights and scratch make room before anything is refused', () => {
    const kernels = ['dense, gathered', 'gradients, dense'] as const;
    for (const name of kernels) read(everyKernel[name]!);
    const filter = tensorOf([3, 3, 3, 19, 13], 2);
    const input = tensorOf([2, 3, 9, 10, 19], 1);
    sts.conv3d(input as tf.Tensor5D, filter as tf.Tensor5D, 1, 'same').dispose();
    const packed = allocator.live.size;
    // The first attempt fails, the one after the release does not.
    const heap = heapOf(liveBackend());
    allocator.left = 0;
    const {_free} = heap;
    heap._free = (address) => {
      allocator.left = Number.POSITIVE_INFINITY;
      _free(address);
    };
    const ones = tf.ones([100]);
    heap._free = _free;
    expect(allocator.live.size).toBeLessThan(packed);
    expect([...ones.dataSync()]).toEqual(new Array(100).fill(1));
    tf.dispose([ones, filter, input]);
  });

  it('names the op, the bytes, what is in use and what helps', () => {
    const [x, filter] = [tf.ones([1, 4, 4, 4, 1]), tf.ones([1, 1, 1, 1, 2])];
    allocator.left = 0;
    const run = () => tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, 1, 'same');
    expect(run).toThrow(/^conv3d, .*no room for another 512 bytes .* tensors take .*Dispose of tensors/);
    expect(() => tf.elu(filter)).toThrow(/^elu: .* 8 bytes/);
    expect(() => tf.ones([50])).toThrow(/^wasm backend: .* 200 bytes/);
    const error = (() => {
      try {
        return run();
      } catch (error) {
        return error;
      }
    })();
    expect(error).toMatchObject({name: 'OutOfMemoryError', bytesAsked: 512});
    tf.dispose([x, filter]);
  });

  it('is an error for a tensor from another backend, too, which stays there', async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    const x = tf.tensor1d([1, 2, 3]);
    await tf.setBackend('wasm');
    allocator.left = 0;
    expect(() => tf.add(x, 1)).toThrow(sts.OutOfMemoryError);
    allocator.left = Number.POSITIVE_INFINITY;
    expect([...x.dataSync()]).toEqual([1, 2, 3]);
    expect([...tf.tidy(() => tf.add(x, 1).dataSync())]).toEqual([2, 3, 4]);
    x.dispose();
  });

  it('a memory that is really full, and results of more than 4 GiB', () => {
    const heap = heapOf(liveBackend());
    const older = tf.tensor1d([1, 2, 3, 4]);
    const ones = (...shape: [number, number, number, number, number]) => tf.ones<tf.Rank.R5>(shape);
    const [x, filter] = [ones(1, 16, 128, 128, 1), ones(1, 1, 1, 1, 160)];
    const conv = () => tf.conv3d(x, filter, 1, 'same');
    const small = () => tf.conv3d(ones(1, 4, 4, 4, 2), ones(3, 3, 3, 2, 2), 1, 'same');
    // Nothing is written there, so that the system has no memory to give.
    const blocks: number[] = [];
    for (let size = 2 ** 30; size >= 2 ** 26; ) {
      try {
        blocks.push(heap._malloc(size));
      } catch {
        size /= 2;
      }
    }
    expect(blocks.length).toBeGreaterThan(3);
    // 160 MiB.
    expect(conv).toThrow(sts.OutOfMemoryError);
    expect(() => tf.ones([40 * 2 ** 20])).toThrow(sts.OutOfMemoryError);
    // At the end of the memory as well as elsewhere.
    expect(read(small)[0]!.slice(0, 2)).toEqual([16, 16]);
    for (const block of blocks) heap._free(block);
    const huge = ones(1, 1, 1, 1, 70_000);
    expect(() => tf.conv3d(x, huge, 1, 'same')).toThrow(/another 73400320000 b/);
    expect(() => tf.zeros([2 ** 30 + 1])).toThrow(/another 4294967300 bytes/);
    expect([...older.dataSync()]).toEqual([1, 2, 3, 4]);
    tf.dispose([older, x, filter, huge]);
  });
}
