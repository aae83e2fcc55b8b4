/**
 * A backend that hides its memory and shows its bytes alone: tensors are copied into a memory of the module's own and
 * results back.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it} from 'vitest';
import {OutOfMemoryError} from '../../../src/entries';
import {setThreads} from '../../../src/entries/backends/wasm';
import type {Heap} from '../../../src/kernels/wasm/memory/heap';
import {connect} from '../../../src/kernels/wasm/runtime/wasm_runtime';
import {optimizerRule} from '../../../src/train/optimization/optimizers/rules';
import {everyKernel} from './every_kernel';
import {itComputesExactly} from './exact_cases';
import {liveBackend} from './wasm_host';

itComputesExactly((backend) => {
  const emscripten = backend.wasm as unknown as {asm: object};
  // Its functions stay: the backend itself calls them.
  emscripten.asm = {...emscripten.asm, memory: undefined};
});

const heap = () => (connect(liveBackend()) as unknown as {heap: Heap & {next: number}}).heap;

/** Every allocation grows the memory, so that a view or a length from before it is of no use. */
beforeAll(() => {
  const {allocate} = heap();
  heap().allocate = function (this: ReturnType<typeof heap>, bytes) {
    this.next = this.memory.buffer.byteLength;
    return allocate.call(this, bytes);
  };
});

it.each(Object.entries(everyKernel))('a memory that does not grow is an error, and no more: %s', (_, run) => {
  const read = () => tf.tidy(() => [run()].flat().map((tensor) => [...tensor.dataSync()]));
  const expected = read();
  const {memory} = heap();
  const [{numTensors}, {grow}] = [tf.memory(), memory];
  // Of the many allocations of a gradient every fifth is as good as all.
  for (let left = 0; ; left += left < 6 ? 1 : 5) {
    let grown = 0;
    memory.grow = (pages) => {
      if (grown++ === left) throw new RangeError('the test allows no more');
      return grow.call(memory, pages);
    };
    try {
      tf.dispose(tf.tidy(run));
      break;
    } catch (error) {
      expect(error).toBeInstanceOf(OutOfMemoryError);
    } finally {
      memory.grow = grow;
    }
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(liveBackend().numDataIds()).toBe(numTensors);
  }
  expect(read()).toEqual(expected);
});

it('is what was tested', () => {
  expect(heap().lasts).toBe(false);
});

it('writes results of updates beside what they come from, of which it has copies', () => {
  const [value, gradient] = [tf.tensor1d([3, 4]), tf.tensor1d([1, 2])];
  const step = {value, gradient, state: {}, gradientFactor: 1, learningRate: 0.5, weightDecay: 0};
  const [made] = tf.tidy(() => optimizerRule({name: 'sgd'}).update([step], 1, true));
  expect([...made!.value.dataSync()]).toEqual([2.5, 3]);
  expect([...value.dataSync()]).toEqual([3, 4]);
  tf.dispose([value, gradient, made!.value]);
});

it('cannot have threads, and says so', async () => {
  await expect(setThreads(2)).rejects.toThrow(/without a shared memory/);
});
