/** Memory of one run of a frozen model, against a plain count of who holds what. */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import {SpareData} from '../../../src/inference/freeze/steps/spare_data';

/** Lehmer's generator: from 0 to 1. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** A backend that counts. */
class Memory {
  readonly held = new Map<object, number>();
  readonly spares = new SpareData((dataId) => {
    expect(this.held.delete(dataId)).toBe(true);
  });

  make(size: number): TensorInfo {
    const spare = this.spares.take(size);
    if (spare === undefined) {
      const dataId = {};
      this.held.set(dataId, size);
      return {dataId, shape: [size], dtype: 'float32'};
    }
    expect(this.held.get(spare.dataId)).toBe(size);
    return spare;
  }

  get total(): number {
    return [...this.held.values()].reduce((sum, size) => sum + size, 0);
  }
}

describe('SpareData', () => {
  it('values of one size take turns', () => {
    const memory = new Memory();
    const first = memory.make(8);
    const second = memory.make(8);
    memory.spares.give(first);
    expect(memory.make(8).dataId).toBe(first.dataId);
    memory.spares.give(second);
    expect(memory.make(4).dataId).not.toBe(second.dataId);
  });

  it('never two values in one place, never more memory than without, all of it free in the end', () => {
    const random = randomNumbers(5);
    for (let round = 0; round < 40; round++) {
      const memory = new Memory();
      const living: TensorInfo[] = [];
      let most = 0;
      for (let turn = 0; turn < 60; turn++) {
        const at = Math.floor(random() * living.length);
        if (random() < 0.5 && living.length > 0) memory.spares.give(living.splice(at, 1)[0]!);
        else {
          const made = memory.make(2 ** Math.floor(random() * 6));
          expect(living.map(({dataId}) => dataId)).not.toContain(made.dataId);
          living.push(made);
        }
        most = Math.max(
          most,
          living.reduce((sum, {shape}) => sum + shape[0]!, 0),
        );
        expect(memory.total).toBeLessThanOrEqual(most);
      }
      for (const value of living) memory.spares.give(value);
      memory.spares.clear();
      expect(memory.held.size).toBe(0);
    }
  });
});
