/**
 * The update of all weights of a model: each by its optimizer's rule with the rate and decay of its group, the gradients clipped
 * together before. Owns the optimizer's state, which is tensors by name, `<slot>/<weight>`, and so can be saved and restored.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {Parameter} from '../parameters';
import {bunches} from './bunches';
import {type ClipConfig, clipFactor, globalNorm} from './clip';
import {type OptimizerConfig, type OptimizerRule, optimizerRule, type Updated} from './rules';

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
    const learning = this.parameters.filter(({name}) => gradients.has(name));
    for (const bunch of bunches(learning, ({name}) => gradients.get(name)!.size)) {
      const weights = bunch.map(({name, weight, rateFactor, weightDecay}) => ({
        value: weight.read(),
        gradient: gradients.get(name)!,
        gradientFactor: factor,
        state: this.states.get(name)!,
        learningRate: learningRate * rateFactor,
        weightDecay,
      }));
      const overwrites = !bunch.some(({weight}) => weight.isConstrained);
      const updated = tf.tidy(() => this.rule.update(weights, step, overwrites));
      // What a constraint of a weight makes of it is nobody else's.
      tf.tidy(() => {
        for (const [i, result] of updated.entries()) this.take(bunch[i]!, result);
      });
    }
  }

  private take({name, weight}: Parameter, {value, state}: Updated): void {
    weight.write(value);
    value.dispose();
    tf.dispose(this.states.get(name)!);
    for (const tensor of Object.values(state)) tf.keep(tensor);
    this.states.set(name, state);
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
