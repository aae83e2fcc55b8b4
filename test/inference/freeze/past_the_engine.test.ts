/**
 * Runs of a frozen model whose values are no tensors of the engine, on wasm with kernels of ours: against the same model by
 * way of the engine (`tf.profile` has it so), and what stays when a run ends in the middle.
 */

import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest';
import '../../../src/entries/backends/wasm';
import {IndirectConv3D, SIBLINGS} from '../../../src/geometry/kernel_names';
import {type FrozenModel, freeze} from '../../../src/inference/freeze';
import {connect} from '../../../src/kernels/wasm/runtime/wasm_runtime';
import {registerWithHost, layers as sts} from '../../../src/layers';
import {OutOfMemoryError} from '../../../src/util/errors';
import {startBackend} from '../../support/backends';
import {scramble} from './same_answers';

type Value = tfl.SymbolicTensor;

const SHAPE: [number, number, number, number, number] = [1, 3, 5, 6, 4];

/** Hands its input on, or fails. */
class Gate extends tfl.layers.Layer {
  static className = 'Gate';
  static open = true;
  /** What else happens in its calls. */
  static passing = () => {};
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    if (!Gate.open) throw new Error('the gate is shut');
    Gate.passing();
    return tf.mul([inputs].flat()[0]!, 2);
  }
  override computeOutputShape(shape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return shape;
  }
}

/** A block with a shortcut, squeeze-excite and a layer of the user's, so that values of both kinds are there at once. */
function block(): tfl.LayersModel {
  const conv = (kernelSize: number) => sts.conv3d({filters: 4, kernelSize, padding: 'same'});
  const x = tfl.input({shape: SHAPE.slice(1)});
  const first = conv(1).apply(x) as Value;
  const factors = conv(1).apply(sts.globalAveragePooling3d({keepDims: true}).apply(first)) as Value;
  const scaled = tfl.layers.multiply().apply([first, factors]) as Value;
  const gated = new Gate({}).apply(conv(3).apply(scaled)) as Value;
  const sum = tfl.layers.add().apply([conv(3).apply(gated) as Value, first]) as Value;
  return tfl.model({inputs: x, outputs: sts.globalAveragePooling3d().apply(sum) as Value});
}

/** Four convolutions of one size, a mean, three of its size. */
function chain(): tfl.LayersModel {
  const x = tfl.input({shape: SHAPE.slice(1)});
  const along = (from: Value, count: number, kernelSize: number): Value =>
    Array.from({length: count}).reduce<Value>(
      (value) => sts.conv3d({filters: 4, kernelSize, padding: 'same'}).apply(value) as Value,
      from,
    );
  const pooled = sts.globalAveragePooling3d({keepDims: true}).apply(along(x, 4, 3)) as Value;
  return tfl.model({inputs: x, outputs: along(pooled, 3, 1)});
}

const BRANCHED: [number, number, number, number, number] = [1, 3, 12, 13, 20];

/**
 * Convolutions of one input: three alike with a bias each, two alike without, and one of another activation; those of
 * another kernel read each for itself.
 */
function branches(): tfl.LayersModel {
  const x = tfl.input({shape: BRANCHED.slice(1)});
  const conv = (kernelSize: [number, number, number], useBias: boolean, activation?: 'relu') =>
    sts.conv3d({filters: 18, kernelSize, padding: 'same', useBias, ...(activation && {activation})});
  const frame: [number, number, number] = [1, 3, 3];
  const all = [
    ...[conv(frame, true), conv(frame, false), conv(frame, true), conv(frame, true, 'relu')],
    ...[conv(frame, true), conv(frame, false), conv([3, 1, 1], true), conv([3, 1, 1], true)],
  ];
  const made = all.map((layer) => conv([1, 1, 1], true).apply(layer.apply(x)) as Value);
  return tfl.model({inputs: x, outputs: tfl.layers.concatenate().apply(made) as Value});
}

/** The kernel of the convolution for several at once, with a counter of the convolutions in each of its calls that did them. */
function watchSiblings(kernelFunc?: tf.KernelFunc) {
  const config = tf.getKernel(IndirectConv3D, 'wasm') as tf.KernelConfig & {[SIBLINGS]: tf.KernelFunc};
  const own = config[SIBLINGS];
  const together: number[] = [];
  config[SIBLINGS] = (args) => {
    const made = (kernelFunc ?? own)(args) as tf.TensorInfo[];
    if (made.length > 0) together.push(made.length);
    return made;
  };
  const restore = () => {
    config[SIBLINGS] = own;
  };
  return {together, restore};
}

beforeAll(async () => {
  registerWithHost();
  tf.serialization.registerClass(Gate);
  await startBackend('cpu');
  await startBackend('wasm');
});

/** Puts a function in the place of the convolution's, on the same config. */
function replaceKernel(kernelFunc: tf.KernelFunc): void {
  tf.getKernel(IndirectConv3D, 'wasm')!.kernelFunc = kernelFunc;
}

let frozen: FrozenModel;
let clip: tf.Tensor;
/** Tensors of the engine, and data of the backend, which the engine may know nothing of. */
const held = () => [tf.memory().numTensors, tf.backend().numDataIds()];
const answer = () => frozen.predict(clip) as tf.Tensor;

beforeEach(() => {
  const model = block();
  scramble(model);
  frozen = freeze(model);
  model.dispose();
  clip = tf.randomNormal(SHAPE, 0, 1, 'float32', 3);
});

afterEach(() => {
  Gate.open = true;
  Gate.passing = () => {};
  frozen.dispose();
  clip.dispose();
});

describe('past the engine', () => {
  it('the same bits as through it, and one tensor more', async () => {
    const y = answer();
    const before = held();
    const run = vi.spyOn(tf.engine(), 'runKernel');
    const direct = answer();
    expect(run.mock.calls.map(([name]) => name)).toEqual(['Multiply']);
    run.mockRestore();
    expect(held()).toEqual(before.map((count) => count + 1));
    let engines = y;
    const {kernels} = await tf.profile(() => {
      engines = answer();
      return engines;
    });
    // Four convolutions and the product.
    expect(kernels.filter(({name}) => name === 'IndirectConv3D')).toHaveLength(5);
    expect(kernels.filter(({name}) => name === 'Mean')).toHaveLength(2);
    expect(direct.dataSync()).toEqual(engines.dataSync());
    tf.dispose([y, direct, engines]);
  });

  it('kernels are asked once for a size, then what they asked for is computed without them', () => {
    const model = chain();
    scramble(model);
    const frozenChain = freeze(model);
    const before = held();
    const bits = () => Array.from((frozenChain.predict(clip) as tf.Tensor).dataSync());
    const expected = tf.tidy(() => Array.from((model.predict(clip) as tf.Tensor).dataSync()));
    const {kernelFunc} = tf.getKernel(IndirectConv3D, 'wasm')!;
    let asked = 0;
    // Another kernel than before: a recording of the one before would not do.
    replaceKernel((args) => {
      asked++;
      return kernelFunc(args);
    });
    const asks = (run: () => void) => {
      asked = 0;
      run();
      return asked;
    };
    const results: number[][] = [];
    const predict = () => results.push(tf.tidy(bits));
    expect([asks(predict), asks(predict)]).toEqual([7, 0]);
    const made = vi.spyOn(tf.backend() as unknown as {makeOutput(): unknown}, 'makeOutput');
    expect(asks(predict)).toBe(0);
    // Nothing but the answer is data of the backend.
    expect(made.mock.calls).toHaveLength(1);
    made.mockRestore();
    // Other sizes have recordings of their own, of which the first are forgotten.
    for (const frames of [4, 5, 6, 7]) {
      const other = tf.zeros([1, frames, 5, 6, 4]);
      expect(asks(() => tf.dispose(frozenChain.predict(other)))).toBe(7);
      expect(asks(() => tf.dispose(frozenChain.predict(other)))).toBe(0);
      other.dispose();
    }
    expect(asks(predict)).toBe(7);
    replaceKernel(kernelFunc);
    predict();
    for (const result of results) expect(result).toEqual(results[0]);
    for (const [i, value] of expected.entries()) expect(results[0]![i]).toBeCloseTo(value, 4);
    expect(held()).toEqual(before);
    frozenChain.dispose();
    model.dispose();
  });

  it('weights that were elsewhere, memory that was made of packed weights: recorded anew', async () => {
    const expected = answer().dataSync();
    await tf.setBackend('cpu');
    // The engine moves the weights.
    frozen.predict(clip);
    await tf.setBackend('wasm');
    const filler = tf.zeros([1000]);
    expect(answer().dataSync()).toEqual(expected);
    filler.dispose();
    const heap = (tf.backend() as unknown as {wasm: {_malloc(bytes: number): number}}).wasm;
    const malloc = heap._malloc;
    let runs = 0;
    // As the backend does when it has no memory left, before any allocation of a run.
    heap._malloc = (bytes) => {
      connect(tf.backend() as BackendWasm)!.release();
      runs++;
      return malloc(bytes);
    };
    const actual = [answer(), answer()].map((y) => y.dataSync());
    heap._malloc = malloc;
    expect(actual).toEqual([expected, expected]);
    expect(runs).toBeGreaterThan(4);
  });

  it('where the memory has no room in one piece, kernel by kernel', () => {
    const expected = answer().dataSync();
    const before = held();
    const heap = (tf.backend() as unknown as {wasm: {_malloc(bytes: number): number}}).wasm;
    const malloc = heap._malloc;
    const largest = 4 * tf.util.sizeFromShape(SHAPE);
    let refused = 0;
    heap._malloc = (bytes) => {
      if (bytes <= largest) return malloc(bytes);
      refused++;
      throw new OutOfMemoryError('no room', bytes);
    };
    try {
      const y = answer();
      expect(y.dataSync()).toEqual(expected);
      y.dispose();
    } finally {
      heap._malloc = malloc;
    }
    expect(refused).toBe(1);
    expect(held()).toEqual(before);
  });

  it('convolutions of one input at once, with the same bits', async () => {
    const model = branches();
    scramble(model);
    const branched = freeze(model);
    model.dispose();
    const x = tf.randomNormal(BRANCHED, 0, 1, 'float32', 5);
    let engines = tf.scalar(0) as tf.Tensor;
    await tf.profile(() => {
      engines = branched.predict(x) as tf.Tensor;
      return engines;
    });
    const before = held();
    const watched = watchSiblings();
    for (const time of ['weights packed', 'weights there']) {
      const direct = branched.predict(x) as tf.Tensor;
      expect(direct.dataSync(), time).toEqual(engines.dataSync());
      direct.dispose();
    }
    watched.restore();
    // Recorded in the first run.
    expect(watched.together).toEqual([3, 2]);
    // Weights that were packed stay.
    expect(held()[0]).toBe(before[0]);
    const failing = watchSiblings(() => {
      throw new Error('a worker is gone');
    });
    const there = held();
    expect(() => branched.predict(x)).toThrow('a worker is gone');
    failing.restore();
    expect(held()).toEqual(there);
    tf.dispose([x, engines]);
    branched.dispose();
  });

  it('a layer that runs the same model in the middle of a run', () => {
    const expected = Array.from(answer().dataSync());
    const before = held();
    const inner: tf.Tensor[] = [];
    Gate.passing = () => {
      Gate.passing = () => {};
      inner.push(tf.keep(answer()));
    };
    const outer = answer();
    expect([outer, ...inner].map((y) => Array.from(y.dataSync()))).toEqual([expected, expected]);
    tf.dispose([outer, ...inner]);
    // The one answer that the first line has left.
    expect(held()).toEqual(before);
  });

  it('a batch and a clip of whole numbers, which take ops of the engine', () => {
    const whole = tf.cast(tf.mul(clip, 3), 'int32');
    const floats = tf.cast(whole, 'float32');
    const [expected, actual] = [floats, whole].map((x) => frozen.predict(x) as tf.Tensor);
    expect(actual!.dataSync()).toEqual(expected!.dataSync());
    const both = frozen.predict(tf.concat([clip, clip])) as tf.Tensor;
    const one = Array.from(answer().dataSync());
    expect(Array.from(both.dataSync())).toEqual([...one, ...one]);
    tf.dispose([whole, floats, expected!, actual!, both]);
  });

  it('an input of another backend comes over', async () => {
    const expected = answer().dataSync();
    await tf.setBackend('cpu');
    const stranger = tf.tensor(clip.dataSync(), SHAPE);
    await tf.setBackend('wasm');
    const before = tf.memory().numTensors;
    const y = frozen.predict(stranger) as tf.Tensor;
    expect(y.dataSync()).toEqual(expected);
    y.dispose();
    expect(tf.memory().numTensors).toBe(before);
    stranger.dispose();
  });

  it('values inside, twice, and a gradient', () => {
    const before = held();
    const names = frozen.partsFor('test').graph.steps.map(({outputs}) => outputs[0]!);
    const values = frozen.execute(clip, [...names, names[0]!]) as tf.Tensor[];
    expect(values[0]!.dataSync()).toEqual(values.at(-1)!.dataSync());
    tf.dispose(values);
    expect(held()).toEqual(before);
    const slope = tf.tidy(() =>
      tf
        .grad((x) => tf.sum(frozen.predict(x) as tf.Tensor))(clip)
        .dataSync(),
    );
    expect(Math.max(...slope.map(Math.abs))).toBeGreaterThan(0);
  });

  it('nothing stays of a run that a layer ends in the middle', () => {
    answer().dispose();
    const before = held();
    Gate.open = false;
    expect(answer).toThrow('the gate is shut');
    expect(held()).toEqual(before);
    Gate.open = true;
    answer().dispose();
    expect(held()).toEqual(before);
  });

  it('nothing stays of a run that finds no memory, whichever allocation fails', () => {
    answer().dispose();
    const before = held();
    const heap = (tf.backend() as unknown as {wasm: {_malloc(bytes: number): number}}).wasm;
    const malloc = heap._malloc;
    let left = Number.POSITIVE_INFINITY;
    heap._malloc = (bytes) => {
      if (left-- <= 0) throw new Error('no room');
      return malloc(bytes);
    };
    try {
      let failed = 0;
      for (let count = 0; ; count++) {
        left = count;
        let y: tf.Tensor;
        try {
          y = answer();
        } catch (error) {
          expect((error as Error).message).toContain('no room');
          expect(held()).toEqual(before);
          failed++;
          continue;
        }
        y.dispose();
        break;
      }
      expect(failed).toBeGreaterThan(6);
    } finally {
      heap._malloc = malloc;
    }
  });
});
