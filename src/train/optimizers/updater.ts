/**
 * The update of all weights of a model: each by its optimizer's rule with the rate and decay of its group, the gradients clipped
 * together before. Owns the optimizer's state, which is tensors by name, `<slot>/<weight>`, and so can be saved and restored.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {Parameter} from '../parameters';
import {type ClipConfig, clipFactor, globalNorm} from './clip';
import {type OptimizerConfig, type OptimizerRule, optimizerRule, type WeightState} from './rules';

/** Gradients by the names of their weights. A weight that the loss does not depend on has none and stays as it is. */
export type Gradients = ReadonlyMap<string, tf.Tensor>;

export class WeightUpdater {
  private readonly rule: OptimizerRule;
  private readonly states = new Map<string, Record<string, tf.Tensor>>();
  /** Updates made so far. */
  private stepsMade = 0;

  /** @param clip how gradients are clipped; absent: not at all */
  constructor(
    private readonly parameters: readonly Parameter[],
    optimizer: OptimizerConfig,
    private readonly clip?: ClipConfig,
  ) {
    this.rule = optimizerRule(optimizer);
    for (const {name, weight} of parameters) {
      const zeros = () => tf.keep(tf.zerosLike(weight.read()));
      this.states.set(name, Object.fromEntries(this.rule.slots.map((slot) => [slot, zeros()])));
    }
  }

  get steps(): number {
    return this.stepsMade;
  }

  /**
   * One update of every weight that has a gradient. The gradients stay the caller's.
   *
   * @param learningRate of the schedule; groups multiply it
   * @returns the norm of the gradients before clipping, a scalar that the caller disposes; undefined without clipping
   */
  apply(gradients: Gradients, learningRate: number): tf.Scalar | undefined {
    const step = ++this.stepsMade;
    const norm = this.clip && tf.tidy(() => globalNorm([...gradients.values()]));
    const factor = norm && tf.tidy(() => clipFactor(norm, this.clip!));
    for (const parameter of this.parameters) {
      const gradient = gradients.get(parameter.name);
      if (gradient !== undefined) this.updateOne(parameter, gradient, factor, learningRate, step);
    }
    factor?.dispose();
    return norm;
  }

  private updateOne(
    {name, weight, rateFactor, weightDecay}: Parameter,
    given: tf.Tensor,
    factor: tf.Scalar | undefined,
    learningRate: number,
    step: number,
  ): void {
    const old = this.states.get(name)!;
    const {value, state} = tf.tidy((): {value: tf.Tensor; state: WeightState} => {
      const gradient = factor === undefined ? given : tf.mul(given, factor);
      const rate = learningRate * rateFactor;
      const args = {value: weight.read(), gradient, state: old, learningRate: rate, weightDecay, step};
      return this.rule.update(args) as {value: tf.Tensor; state: Record<string, tf.Tensor>};
    });
    weight.write(value);
    value.dispose();
    tf.dispose(old);
    this.states.set(name, Object.fromEntries(Object.entries(state).map(([slot, t]) => [slot, tf.keep(t)])));
  }

  /** The state by names `<slot>/<weight>`, to be read only. */
  tensors(): Map<string, tf.Tensor> {
    return new Map(
      [...this.states].flatMap(([name, state]) =>
        Object.entries(state).map(([slot, tensor]): [string, tf.Tensor] => [`${slot}/${name}`, tensor]),
      ),
    );
  }

  /** Takes up where another stood whose `tensors()` and `steps` these are; they stay the caller's. */
  restore(tensors: ReadonlyMap<string, tf.Tensor>, steps: number): void {
    this.stepsMade = steps;
    for (const [name, state] of this.states) {
      for (const slot of this.rule.slots) {
        state[slot]!.dispose();
        state[slot] = tf.keep(tf.clone(tensors.get(`${slot}/${name}`)!));
      }
    }
  }

  dispose(): void {
    for (const state of this.states.values()) tf.dispose(state);
    this.states.clear();
  }
}
