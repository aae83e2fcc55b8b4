/** The exponential moving average of a model's weights, as timm's ModelEmaV2: moving averages of norms are averaged too. */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedWeight} from '../parameters';
import {bunches} from './bunches';
import {optimizerRule} from './rules';

const toWeight = optimizerRule({name: 'sgd'});

/** Averages of weights, by their names. */
export class WeightAverages {
  private readonly averages = new Map<string, tf.Tensor>();
  private readonly weights: readonly NamedWeight[];

  /**
   * @param weights all of a model, moving averages of norms included; those that are not float32, which counts and masks are, have none
   * @param decay of an average in a step, such as 0.9999
   */
  constructor(
    weights: readonly NamedWeight[],
    private readonly decay: number,
  ) {
    this.weights = weights.filter(({weight}) => weight.read().dtype === 'float32');
    for (const {name, weight} of this.weights) this.averages.set(name, tf.keep(tf.clone(weight.read())));
  }

  /**
   * average = average * decay + weight * (1 - decay), in a form that leaves equal values as they are: a step of gradient descent
   * from the average, along its distance from the weight.
   */
  update(): void {
    const {decay} = this;
    const state = {};
    const old = ({name}: NamedWeight) => this.averages.get(name)!;
    for (const bunch of bunches(this.weights, (named) => old(named).size)) {
      const steps = bunch.map((named) => ({
        value: old(named),
        gradient: named.weight.read(),
        gradientFactor: -1,
        weightDecay: 1,
        learningRate: 1 - decay,
        state,
      }));
      const updated = tf.tidy(() => toWeight.update(steps, 1, true));
      updated.forEach(({value}, i) => {
        const named = bunch[i]!;
        old(named).dispose();
        this.averages.set(named.name, tf.keep(value));
      });
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
