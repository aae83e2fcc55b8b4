/**
 * A model in segments that run one after the other, each from the values that are alive where it begins to those where it ends, be they
 * those of one path or of several. Where to cut, so that a training step that keeps those values alone needs little memory.
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel, SymbolicTensor} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {type HostShape, inputShapesOf} from '../host/layer_arguments';
import {movingTogether} from '../normalization/moving_averages';
import type {Call, Layer} from './graph';
import {type Place, placesOf} from './split_model';
import {type TrainingCall, trainingCalls} from './training_calls';

/** A part of a model. */
export interface Segment {
  /** What is alive where it begins. What of it is still alive where it ends is among `outputs` too. */
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  /** Those that are called; one with weights is in one segment alone. */
  readonly layers: readonly Layer[];
  /** Computes `outputs` of `inputs` as in training, averages of norms moving at its end; to be called within tf.tidy. */
  run(inputs: readonly Tensor[]): Tensor[];
}

/** The model as it is, or call by call where some are fused. */
export function wholeSegment(model: LayersModel): Segment {
  const calls = trainingCalls(model);
  const isFused = calls.some(({activation, adds, run}) => adds || (activation ?? run) !== undefined);
  if (isFused && maskingLayer(calls) === undefined) {
    const [begin, end] = [placesOf(model, calls)[0]!, {done: calls.length, live: model.outputs}];
    return {...segmentOf(calls, begin, end), layers: model.layers};
  }
  return {
    inputs: model.inputs,
    outputs: model.outputs,
    layers: model.layers,
    run: (inputs) => movingTogether(() => [model.apply([...inputs], {training: true})].flat() as Tensor[]),
  };
}

/**
 * The model in segments, in the order in which the host calls its layers. In a step of training that keeps what passes the cuts and
 * computes each segment anew for its gradients, all that is kept at once is the least; the last segment, which is not computed
 * anew, is as long as that allows.
 *
 * @param caller begins the message
 * @param shape of the input, with the batch
 * @throws InvalidArgumentError for a model with masks, or without a place to cut
 */
export function divided(caller: string, model: LayersModel, shape: readonly number[]): Segment[] {
  const calls = trainingCalls(model);
  const masking = maskingLayer(calls);
  if (masking !== undefined) {
    throw new InvalidArgumentError(
      `${caller}: '${masking.name}' (${masking.getClassName()}) makes masks, which do not pass from one segment of a model to the next. Leave recompute out.`,
    );
  }
  const places = placesOf(model, calls);
  const ends = bestPlaces(places, sizesOf(model, calls, shape), calls);
  if (ends.length < 3) {
    throw new InvalidArgumentError(
      `${caller}: recompute finds no place to divide the model of ${calls.length} layers at. Layers within a nested model, or all called more than once, stay together: build the model of single layers, or leave recompute out.`,
    );
  }
  return ends.slice(1).map((end, i) => segmentOf(calls.slice(ends[i]!.done, end.done), ends[i]!, end));
}

/** The first layer that makes masks. */
function maskingLayer(calls: readonly Call[]): Layer | undefined {
  const makesMasks = ({layer}: Call) =>
    layer.getClassName() === 'Masking' || ('maskZero' in layer && layer.maskZero === true);
  return calls.find(makesMasks)?.layer;
}

function segmentOf(calls: readonly TrainingCall[], from: Place, to: Place): Segment {
  const lastUse = new Map(calls.flatMap(({inputs}, i) => inputs.map((value) => [value, i] as const)));
  const made = new Set(calls.flatMap(({outputs}) => outputs));
  for (const value of to.live) lastUse.set(value, calls.length);
  return {
    inputs: from.live,
    outputs: to.live,
    layers: [...new Set(calls.map(({layer}) => layer))],
    run: (given) =>
      movingTogether(() => {
        const values = new Map(from.live.map((value, i) => [value, given[i]!]));
        for (const [i, {layer, inputs, outputs, activation, adds, run}] of calls.entries()) {
          // As the host runs a model: always a list, and no arguments of the call besides.
          const list = inputs.map((value) => values.get(value)!);
          const residual = adds ? list.pop() : undefined;
          const args = {training: true, ...(activation && {activation}), ...(residual && {residual})};
          const results = [run?.(list) ?? layer.apply(list, args)].flat() as Tensor[];
          outputs.forEach((value, k) => {
            values.set(value, results[k]!);
          });
          // What gradients need of it, the host's tape has kept.
          for (const value of inputs)
            if (made.has(value) && lastUse.get(value) === i) values.get(value)!.dispose();
        }
        return to.live.map((value) => values.get(value)!);
      }),
  };
}

/** How many numbers each value is made of. */
function sizesOf(
  model: LayersModel,
  calls: readonly TrainingCall[],
  shape: readonly number[],
): Map<SymbolicTensor, number> {
  // Propagated and not read off the model, whose input may be of any length.
  const shapes = new Map<SymbolicTensor, HostShape>([[model.inputs[0]!, [...shape]]]);
  for (const {layer, inputs, outputs, adds} of calls) {
    const given = inputs.slice(0, adds ? -1 : undefined).map((value) => shapes.get(value)!);
    const made = layer.computeOutputShape(inputShapesOf(given));
    const list = (Array.isArray(made[0]) ? made : [made]) as HostShape[];
    outputs.forEach((value, i) => {
      shapes.set(value, list[i]!);
    });
  }
  const size = (lengths: HostShape) =>
    lengths.reduce<number>((product, length) => product * (length ?? 1), 1);
  return new Map([...shapes].map(([value, lengths]) => [value, size(lengths)]));
}

/** A value that a segment makes may be there with its gradient. */
const WITH_GRADIENT = 2;

/** Begin, cuts and end of the division that keeps least; of equals the one with the longest last segment. */
function bestPlaces(
  places: readonly Place[],
  sizes: ReadonlyMap<SymbolicTensor, number>,
  calls: readonly Call[],
): Place[] {
  /** What calls before each place make, in total. */
  const made = [0];
  for (const {outputs} of calls)
    made.push(made.at(-1)! + outputs.reduce((sum, value) => sum + sizes.get(value)!, 0));
  const between = (from: Place, to: Place) => made[to.done]! - made[from.done]!;
  const total = made.at(-1)!;
  let best = {places: [] as Place[], kept: Infinity};
  for (let count = 1; count <= places.length; count++) {
    const chosen = placesWithin(places, total / count, between);
    const longest = Math.max(...chosen.slice(1).map((place, i) => between(chosen[i]!, place)));
    const held = new Set(chosen.slice(1, -1).flatMap(({live}) => live));
    const passing = [...held].reduce((sum, value) => sum + sizes.get(value)!, 0);
    const kept = passing + WITH_GRADIENT * longest;
    if (kept < best.kept) best = {places: chosen, kept};
  }
  return best.places;
}

/** As few segments as none above `limit` allows, made from the end on; longer ones where there is no place within. */
function placesWithin(
  places: readonly Place[],
  limit: number,
  between: (from: Place, to: Place) => number,
): Place[] {
  const chosen = [places.at(-1)!];
  for (let i = places.length - 2; i >= 0; i--) {
    const isFirst = i === 0;
    if (isFirst || between(places[i - 1]!, chosen[0]!) > limit) chosen.unshift(places[i]!);
  }
  return chosen;
}
