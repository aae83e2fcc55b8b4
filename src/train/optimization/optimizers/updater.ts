/**
 * The update of all weights of a model: each by its optimizer's rule with the rate and decay of its group, the gradients clipped
 * together before. Owns the optimizer's state, which is tensors by name, `<slot>/<weight>`, and so can be saved and restored.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {Parameter} from '../parameters';
import {type ClipConfig, clipFactor, globalNorm} from './clip';
import {type OptimizerConfig, type OptimizerRule, optimizerRule} from './rules';

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
   * The norm of all gradients together, which `apply` wants to clip them.
   *
   * @returns undefined where they are not clipped
   */
  async norm(gradients: Gradients): Promise<number | undefined> {
    if (this.clip === undefined) return undefined;
    const norm = tf.tidy(() => globalNorm([...gradients.values()]));
    const [value] = await norm.data();
    norm.dispose();
    return value;
  }

  /**
   * One update of every weight that has a gradient. The gradients stay the caller's.
   *
   * @param learningRate of the schedule; groups multiply it
   * @param norm of the gradients
   */
  apply(gradients: Gradients, learningRate: number, norm?: number): void {
    const step = ++this.stepsMade;
    const factor = norm === undefined || this.clip === undefined ? 1 : clipFactor(norm, this.clip);
    for (const parameter of this.parameters) {
      const gradient = gradients.get(parameter.name);
      if (gradient !== undefined) this.updateOne(parameter, gradient, factor, learningRate, step);
    }
  }

  private updateOne(
    {name, weight, rateFactor, weightDecay}: Parameter,
    gradient: tf.Tensor,
    gradientFactor: number,
    learningRate: number,
    step: number,
  ): void {
    const old = this.states.get(name)!;
    const {value, state} = tf.tidy(() =>
      this.rule.update({
        ...{value: weight.read(), gradient, gradientFactor, state: old},
        ...{learningRate: learningRate * rateFactor, weightDecay, step},
      }),
    );
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
