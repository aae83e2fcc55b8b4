/** The exponential moving average of a model's weights, as timm's ModelEmaV2: moving averages of norms are averaged too. */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedWeight} from '../parameters';

/** Averages of weights, by their names. */
export class WeightAverages {
  private readonly averages = new Map<string, tf.Tensor>();

  /**
   * @param weights all of a model, moving averages of norms included
   * @param decay of an average in a step, such as 0.9999
   */
  constructor(
    private readonly weights: readonly NamedWeight[],
    private readonly decay: number,
  ) {
    for (const {name, weight} of weights) this.averages.set(name, tf.keep(tf.clone(weight.read())));
  }

  /** average = average * decay + weight * (1 - decay), in a form that leaves equal values as they are. */
  update(): void {
    const {decay} = this;
    for (const {name, weight} of this.weights) {
      const old = this.averages.get(name)!;
      const value = tf.tidy(() => tf.add(old, tf.mul(tf.sub(weight.read(), old), 1 - decay)));
      this.averages.set(name, tf.keep(value));
      old.dispose();
    }
  }

  /** Puts the averages into the model and what the model had into their place; called twice, all is as before. */
  swap(): void {
    for (const {name, weight} of this.weights) {
      const average = this.averages.get(name)!;
      this.averages.set(name, tf.keep(tf.clone(weight.read())));
      weight.assign(average);
      average.dispose();
    }
  }

  /** The averages, to be read only. */
  tensors(): ReadonlyMap<string, tf.Tensor> {
    return this.averages;
  }

  /** Takes other averages, which stay the caller's. */
  restore(tensors: ReadonlyMap<string, tf.Tensor>): void {
    for (const {name} of this.weights) {
      this.averages.get(name)!.dispose();
      this.averages.set(name, tf.keep(tf.clone(tensors.get(name)!)));
    }
  }

  dispose(): void {
    tf.dispose([...this.averages.values()]);
    this.averages.clear();
  }
}
