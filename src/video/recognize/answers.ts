/** What a classifier answers, as probabilities, and the classes of greatest probability by name. */
import * as tf from '@tensorflow/tfjs-core';
import type {OutputKind} from '../../layers';

export interface Recognition {
  readonly label: string;
  /** Place of the class in the model's output. */
  readonly index: number;
  /** 0 to 1, mean over the views. */
  readonly probability: number;
}

/**
 * @param answer `[batch, classes]`, or `[batch, time, classes]` of a model with an answer for each frame
 * @returns `[rows, classes]`
 */
export function probabilityRows(answer: tf.Tensor, output: OutputKind): tf.Tensor2D {
  const rows: tf.Tensor2D = tf.reshape(answer, [-1, answer.shape.at(-1)!]);
  return output === 'logits' ? tf.softmax(rows) : rows;
}

/** Most likely first; classes of equal probability in the order of the output. A class without a label is `class <index>`. */
export function likeliest(
  probabilities: ArrayLike<number>,
  labels: readonly string[],
  top: number,
): Recognition[] {
  return Array.from(probabilities, (probability, index) => ({
    label: labels[index] ?? `class ${index}`,
    index,
    probability,
  }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
}
