/**
 * Gradients of a loss with respect to weights, through a model in segments. All segments but the last run twice: without a tape, when only
 * what passes from one to the next is kept, and again for their gradients, from the last to the first (Chen et al., Training Deep Nets with
 * Sublinear Memory Cost, 2016). Bit for bit the gradients of the model in one segment.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import type {Segment} from '../../layers';
import {takeGradients} from '../../ops/grads/take_gradients';
import {takenOnce} from '../../ops/grads/taken_once';
import {recordRandom, replayRandom} from '../../util/seeded_random';
import type {Parameter} from '../optimization/parameters';

/** The loss and its gradients by the weights' names; weights that it does not depend on have none. */
export interface LossGradients {
  readonly value: tf.Scalar;
  readonly grads: Readonly<Record<string, tf.Tensor>>;
}

/** What has to be as it was when a segment runs again. */
interface FirstRun {
  /** Weights that layers themselves move, such as averages of batch normalization, before the run: the second one moves them anew. */
  readonly state: readonly {readonly variable: tf.Variable; readonly value: tf.Tensor}[];
  /** What dropout drew. */
  readonly drawn: readonly number[];
}

type Values = Map<SymbolicTensor, tf.Tensor>;

/**
 * @param x the only input, which stays the caller's
 * @param lossOf a scalar of the model's answer; regularizers of layers are added to it
 * @returns the caller's to dispose
 */
export function lossGradients(
  segments: readonly Segment[],
  x: tf.Tensor,
  parameters: readonly Parameter[],
  lossOf: (answer: tf.Tensor) => tf.Scalar,
): LossGradients {
  const learning =
    segments.length === 1 ? [parameters] : segments.map((segment) => parametersIn(segment, parameters));
  const first = learning.findIndex((found) => found.length > 0);
  return tf.tidy(() => {
    const values: Values = new Map([[segments[0]!.inputs[0]!, x]]);
    const runs = segments.slice(0, -1).map((segment) => runOnce(segment, values));
    /** Gradients of what is alive at the end of a segment. */
    let passing: Values = new Map();
    const found = new Map<string, tf.Tensor>();
    let value: tf.Scalar | undefined;
    // Nothing learns before the first segment with weights.
    for (let i = segments.length - 1; i >= Math.max(first, 0); i--) {
      const segment = segments[i]!;
      const objective = (outputs: readonly tf.Tensor[]) =>
        value === undefined
          ? withRegularizers(lossOf(outputs[0]!), segments)
          : withRegularizers(linked(segment, outputs, passing), [segment]);
      const run = runs[i];
      if (run !== undefined) restore(run);
      const inputs = segment.inputs.map((symbol) => values.get(symbol)!);
      const compute = () => takenOnce(() => objective(segment.run(inputs)));
      const watched = i > first ? segment.inputs.filter((symbol) => isWatched(values.get(symbol)!, x)) : [];
      const variables = learning[i]!.map(({weight}) => weight.read());
      const results = takeGradients(
        () => (run === undefined ? compute() : replayRandom(run.drawn, compute)),
        [...watched.map((symbol) => values.get(symbol)!), ...variables],
      );
      if (value === undefined) value = results.value;
      else results.value.dispose();
      for (const [k, {name}] of learning[i]!.entries()) {
        const gradient = results.grads[watched.length + k];
        if (gradient !== undefined) found.set(name, gradient);
      }
      tf.dispose([...passing.values()]);
      passing = new Map(
        watched.flatMap((symbol, k) => {
          const gradient = results.grads[k];
          return gradient === undefined ? [] : [[symbol, gradient]];
        }),
      );
      dropMade(values, segments[i - 1]);
    }
    // In the order of the weights, in which their norm is summed.
    const named = parameters.flatMap(({name}) =>
      found.has(name) ? [[name, found.get(name)!] as const] : [],
    );
    return {value: value!, grads: Object.fromEntries(named)};
  });
}

/** Runs the model as in training for what layers keep of a batch alone, segment by segment. */
export function passThrough(segments: readonly Segment[], x: tf.Tensor): void {
  tf.tidy(() => {
    let inputs = [x];
    for (const {run} of segments) {
      const outputs = tf.tidy(() => run(inputs));
      tf.dispose(inputs.filter((input) => input !== x && !outputs.includes(input)));
      inputs = outputs;
    }
  });
}

function parametersIn({layers}: Segment, parameters: readonly Parameter[]): Parameter[] {
  const variables = new Set(layers.flatMap(({weights}) => weights.map((weight) => weight.read())));
  return parameters.filter(({weight}) => variables.has(weight.read()));
}

function isWatched(value: tf.Tensor, x: tf.Tensor): boolean {
  return value !== x && value.dtype === 'float32';
}

/** Adds what the segment makes to `values`. */
function runOnce(segment: Segment, values: Values): FirstRun {
  const moved = segment.layers.flatMap(({weights}) => weights.filter(({trainable}) => !trainable));
  const state = moved.map((weight) => {
    // The host declares a tensor and keeps a variable.
    const variable = weight.read() as tf.Variable;
    return {variable, value: tf.clone(variable)};
  });
  const inputs = segment.inputs.map((symbol) => values.get(symbol)!);
  // As the second run is, for which some activations are other kernels, and rounded otherwise.
  const {result, drawn} = recordRandom(() => tf.tidy(() => takenOnce(() => segment.run(inputs))));
  segment.outputs.forEach((symbol, i) => {
    values.set(symbol, result[i]!);
  });
  return {state, drawn};
}

function restore({state}: FirstRun): void {
  for (const {variable, value} of state) {
    variable.assign(value);
    value.dispose();
  }
}

/** Drops what a segment added. */
function dropMade(values: Values, segment: Segment | undefined): void {
  if (segment === undefined) return;
  for (const symbol of segment.outputs) {
    if (segment.inputs.includes(symbol)) continue;
    values.get(symbol)?.dispose();
    values.delete(symbol);
  }
}

/** Regularizers that layers bring along, as the host's own fit adds them. */
function withRegularizers(loss: tf.Scalar, segments: readonly Segment[]): tf.Scalar {
  return segments
    .flatMap(({layers}) => layers.flatMap((layer) => layer.calculateLosses()))
    .reduce((sum, term) => tf.add(sum, term), loss);
}

/**
 * A scalar whose gradients with respect to the outputs are those given, without arithmetic that could round. It is last on the tape:
 * a value that passes the segment has the gradient from behind first, and those of the segment's layers are added to it, as
 * with one tape for all.
 */
function linked(segment: Segment, outputs: readonly tf.Tensor[], gradients: Values): tf.Scalar {
  const ends = outputs.filter((_, i) => gradients.has(segment.outputs[i]!));
  const given = segment.outputs.flatMap((symbol) => gradients.get(symbol) ?? []);
  const link = tf.customGrad(() => ({
    value: tf.scalar(0),
    gradFunc: () => given.map((gradient) => tf.clone(gradient)),
  }));
  return link(...ends) as tf.Scalar;
}
