/** Gradients off the host's tape as training takes them, against those of the host's engine: the same bits, and nothing left behind. */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import '../../src/entries/backends/cpu';
import '../../src/entries/backends/wasm';
import {takeGradients} from '../../src/ops/grads/take_gradients';
import {positionMeans} from '../../src/ops/position_means';
import {startBackend} from '../support/backends';

type Xs = readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
type Compute = (...xs: Xs) => tf.Tensor;

const scaledBy = (factor: tf.Tensor) =>
  tf.customGrad((x) => ({value: tf.clone(x as tf.Tensor), gradFunc: () => factor}));
const passing = tf.customGrad((a, b) => ({
  value: tf.add(a as tf.Tensor, b as tf.Tensor),
  // One tensor is the gradient of both, and that of the result too.
  gradFunc: (dy) => [dy, dy],
}));
const saving = tf.customGrad((x, save) => {
  const value = tf.exp(x as tf.Tensor);
  (save as (tensors: tf.Tensor[]) => void)([value]);
  return {value, gradFunc: (dy, [y]) => tf.mul(dy, y!)};
});

/** Its gradient is the very tensor that it saved. */
const savingSlope = tf.customGrad((x, save) => {
  const slope = tf.mul(x as tf.Tensor, 2);
  (save as (tensors: tf.Tensor[]) => void)([slope]);
  return {value: tf.square(x as tf.Tensor), gradFunc: (_dy, [saved]) => saved!};
});

/** One clip of three positions and channels. */
const clip = (x: tf.Tensor) => tf.exp(tf.reshape(x, [1, 3, 3]));

/** What is to be differentiated, of three 3x3 tensors. */
const CASES: Record<string, Compute> = {
  'a chain': (x, y) => tf.relu(tf.matMul(tf.square(x), tf.sigmoid(y))),
  'one value used often': (x, y) => tf.add(tf.mul(x, x), tf.mul(tf.mul(x, y), x)),
  'branches that lead nowhere, and constants': (x, y) => {
    tf.square(tf.matMul(x, y));
    return tf.mul(tf.mul(x, tf.square(tf.ones([3, 3]))), tf.mul(tf.scalar(2), tf.scalar(3)));
  },
  'an input without gradient': (_, y) => tf.square(y),
  'the input itself': (x) => x,
  'some of several results': (x) => {
    const [first, , last] = tf.split(x, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return tf.mul(tf.square(first), last);
  },
  'a gradient that is handed on': (x, y) => passing(tf.square(x), tf.exp(y)),
  'a constant as gradient': (x) => {
    const factor = tf.keep(tf.fill([3, 3], 3));
    const y = scaledBy(factor)(tf.square(x));
    kept.push(factor);
    return tf.add(y, tf.square(x));
  },
  'what a custom gradient saves': (x) => saving(tf.square(x)),
  'a gradient that is what was saved': (x) => savingSlope(tf.mul(x, 3)),
  'whole numbers on the way': (x) => tf.mul(x, tf.cast(tf.cast(x, 'int32'), 'float32')),
  'a gradient within': (x, y) => tf.mul(tf.grad((z) => tf.mul(tf.square(z), tf.sigmoid(y)))(x), x),
  'a gradient within, of what was before': (x) => {
    const cube = tf.mul(tf.square(x), x);
    return tf.grad((z) => tf.mul(cube, tf.square(z)))(x);
  },
  'means over positions': (x) => positionMeans(clip(x)),
  'means over positions before other readers': (x) => {
    const of = clip(x);
    const means = positionMeans(of);
    return tf.mul(of, tf.mul(tf.square(of), means));
  },
  'means over positions, read before and after others': (x) => {
    const of = clip(x);
    const squares = tf.square(of);
    const gated = tf.mul(of, tf.reshape(positionMeans(of), [1, 1, 3]));
    return tf.mul(squares, tf.mul(gated, positionMeans(of)));
  },
  'means of what is asked for': (x) => tf.mul(positionMeans(x), x),
  'intermediates of a tidy': (x, y) => tf.tidy(() => tf.sqrt(tf.tidy(() => tf.exp(tf.mul(x, y))))),
};
const kept: tf.Tensor[] = [];

const xs = (): Xs =>
  [1, 2, 3].map((seed) => tf.randomUniform([3, 3], -1, 1, 'float32', seed)) as unknown as Xs;

/** The host's types of what tidy takes are narrower than what it takes. */
const taken = (compute: () => tf.Scalar, given: readonly tf.Tensor[]) =>
  tf.tidy(() => takeGradients(compute, given) as never) as ReturnType<typeof takeGradients>;

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(() => startBackend(backend));

  it.each(Object.entries(CASES))("%s: as the host's", (_, compute) => {
    const before = tf.memory().numTensors;
    const given = xs();
    const loss = () => tf.sum(compute(...given)) as tf.Scalar;
    const values = ({value, grads}: {value: tf.Tensor; grads: readonly (tf.Tensor | null | undefined)[]}) => {
      const result = [value, ...grads].map((tensor) => tensor?.dataSync());
      tf.dispose([value, ...grads.filter((gradient) => gradient != null)] as tf.Tensor[]);
      return result;
    };
    const expected = values(tf.engine().gradients(loss, [...given], undefined, true));
    expect(values(taken(loss, given))).toEqual(expected);
    tf.dispose([...given, ...kept.splice(0)]);
    expect(tf.memory().numTensors).toBe(before);
    expect(tf.engine().state.gradientDepth).toBe(0);
  });

  it('frees what it has passed: it never holds much more than what was saved', () => {
    const x = tf.ones([100]);
    let most = 0;
    const watched = tf.customGrad((t, save) => {
      const value = tf.square(t as tf.Tensor);
      (save as (tensors: tf.Tensor[]) => void)([t as tf.Tensor]);
      const gradFunc = (dy: tf.Tensor, [saved]: tf.Tensor[]) => {
        most = Math.max(most, tf.memory().numTensors);
        return tf.mul(dy, saved!);
      };
      return {value, gradFunc};
    });
    const before = tf.memory().numTensors;
    const {value, grads} = taken(() => {
      let y: tf.Tensor = x;
      for (let i = 0; i < 20; i++) y = watched(y);
      return tf.sum(y) as tf.Scalar;
    }, [x]);
    // 20 that are saved, the loss, what is between two calls; the host adds a gradient with each.
    expect(most - before).toBeLessThan(25);
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose([value, ...grads] as tf.Tensor[]);
  });

  it('adds up gradients that are one tensor, at which the host fails', () => {
    const given = xs();
    const [x, y] = given;
    const {grads} = taken(() => tf.sum(passing(tf.square(x), passing(y, y))) as tf.Scalar, given);
    expect(grads[1]!.dataSync()).toEqual(new Float32Array(9).fill(2));
    expect(grads[0]!.dataSync()).toEqual(x.dataSync().map((value) => 2 * value));
  });

  it.each([
    [
      'by a comparison',
      (x: tf.Tensor) => tf.cast(tf.greater(x, 0), 'float32'),
      'kernel Greater has no gradient',
    ],
    ['forward', (x: tf.Tensor) => tf.reshape(tf.square(x), [4]), 'Size(9) must match'],
    [
      'by a gradient of another shape',
      (x: tf.Tensor) => scaledBy(tf.ones([2]))(tf.square(x)),
      'is float32 [2]; float32 of the same shape',
    ],
    [
      'by a gradient that is gone',
      (x: tf.Tensor) => scaledBy(tf.ones([3, 3]))(tf.square(x)),
      'is disposed; make it',
    ],
    [
      'by a gradient of whole numbers',
      (x: tf.Tensor) => scaledBy(tf.ones([3, 3], 'int32'))(tf.square(x)),
      'is int32 [3,3]',
    ],
    [
      'where there is no gradient',
      (x: tf.Tensor) => tf.cumprod(tf.square(x)),
      'train: the kernel Cumprod has no gradient',
    ],
  ])('leaves nothing behind when it fails %s', (_, compute, message) => {
    const given = xs();
    const before = tf.memory().numTensors;
    expect(() => taken(() => tf.sum(compute(given[0])) as tf.Scalar, given)).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
    expect(tf.engine().state.gradientDepth).toBe(0);
    tf.dispose([...given]);
  });
});
