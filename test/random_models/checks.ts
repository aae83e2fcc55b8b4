/**
 * What must hold for any model, each against an implementation written otherwise. The reference is the cpu backend with
 * the composed form of our ops. How far answers may differ is the model's own sensitivity: how far its answers move when
 * every weight and input moves by 2^-20 of itself, 16 roundings of float32. What an op rounds is as if its operands had
 * been moved by a few roundings; a wrong answer moves by more.
 */
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

/** The values of some tensors, by name of what they are. */
export type Answers = Float32Array[];

const MOVE = 2 ** -20;
/** Two moves find the worst directions of rounding seldom; of ten thousand models none was off by so many times more. */
const SAFETY = 16;
/** Rounding of the last op, which no move of its operands shows. */
const LAST_OP = 2 ** -20;
/** How far exp, tanh and erf, whose values are of the order of 1, may be off in each of the implementations. */
const APPROXIMATION = 2 ** -22;

export function predict(model: tfl.LayersModel, inputs: readonly tf.Tensor[]): Answers {
  return tf.tidy(() => valuesOf([model.predict([...inputs])].flat()));
}

export function valuesOf(tensors: readonly tf.Tensor[]): Answers {
  return tensors.map((tensor) => Float32Array.from(tensor.dataSync()));
}

/** How a step of SGD with rate 1 on a linear loss moves each weight, the moving averages too; the weights stay. */
export function trainingStep(model: tfl.LayersModel, inputs: readonly tf.Tensor[]): Answers {
  const before = model.weights.map((weight) => tf.clone(weight.read()));
  const optimizer = tf.train.sgd(1);
  try {
    optimizer.minimize(() => lossOf(model, inputs));
    return tf.tidy(() => valuesOf(model.weights.map((weight, i) => tf.sub(weight.read(), before[i]!))));
  } finally {
    for (const [i, weight] of model.weights.entries()) weight.write(before[i]!);
    tf.dispose(before);
    optimizer.dispose();
  }
}

/** Every output counts, each of its values with a coefficient of its own. */
function lossOf(model: tfl.LayersModel, inputs: readonly tf.Tensor[]): tf.Scalar {
  const outputs = [model.apply([...inputs], {training: true})].flat() as tf.Tensor[];
  const parts = outputs.map((output, i) => {
    const coefficients = tf.randomNormal(output.shape, 0, 1, 'float32', i + 1);
    return tf.mean(tf.mul(output, coefficients));
  });
  return tf.addN(parts) as tf.Scalar;
}

/**
 * What a training step is allowed in any case: a unit in the last place of the new weight, which the step may double; and
 * where gradients cancel, as those of a weight in front of a normalization, what is left of terms that are of the order
 * of the largest gradient.
 */
export function roundingsOfStep(model: tfl.LayersModel, expected: Answers): number[] {
  const cancelled = 2 ** -18 * Math.max(...expected.map(largest));
  return model.weights.map(
    (weight) => cancelled + 2 ** -22 * largest(weight.read().dataSync() as Float32Array),
  );
}

/**
 * For each answer how far another implementation may be from it.
 *
 * @param roundings for each answer what it is allowed in any case
 */
export function tolerances(
  model: tfl.LayersModel,
  inputs: readonly tf.Tensor[],
  answer: (model: tfl.LayersModel, inputs: readonly tf.Tensor[]) => Answers,
  expected: Answers,
  roundings: readonly number[] = expected.map(() => APPROXIMATION),
): number[] {
  const moves = [1, 2].map((seed) => {
    const kept = model.weights.map((weight) => tf.clone(weight.read()));
    const moved = (tensor: tf.Tensor, i: number) =>
      tf.tidy(() =>
        tf.mul(tensor, tf.randomUniform(tensor.shape, 1 - MOVE, 1 + MOVE, 'float32', 100 * seed + i)),
      );
    for (const [i, weight] of model.weights.entries()) {
      const value = moved(kept[i]!, i);
      weight.write(value);
      value.dispose();
    }
    const given = inputs.map((input, i) => moved(input, -1 - i));
    const found = answer(model, given);
    for (const [i, weight] of model.weights.entries()) weight.write(kept[i]!);
    tf.dispose([...kept, ...given]);
    return found;
  });
  return expected.map((values, i) => {
    const move = Math.max(...moves.map((found) => difference(found[i]!, values)));
    return SAFETY * move + LAST_OP * largest(values) + roundings[i]!;
  });
}

export function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** The largest difference; infinite for other lengths and where one alone is NaN. */
export function difference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, value, i) => {
    const apart = Object.is(value, b[i]) ? 0 : Math.abs(value - b[i]!);
    return Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(most, apart);
  }, 0);
}

/** Throws unless every answer is within its tolerance. */
export function checkNear(
  what: string,
  found: Answers,
  expected: Answers,
  tolerance: readonly number[],
): void {
  if (found.length !== expected.length)
    throw new Error(`${what}: ${found.length} answers, expected ${expected.length}`);
  found.forEach((values, i) => {
    const apart = difference(values, expected[i]!);
    if (apart <= tolerance[i]!) return;
    throw new Error(
      `${what}: answer ${i} differs by ${apart.toExponential(2)}, allowed ${tolerance[i]!.toExponential(2)}, ` +
        `largest value ${largest(expected[i]!).toExponential(2)}`,
    );
  });
}
