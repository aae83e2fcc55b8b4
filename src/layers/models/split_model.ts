/**
 * A model in two at a value that everything passes through: what leads there, and what follows, made of copies that can be trained
 * by themselves and written back.
 */
import {input, type LayersModel, model as makeModel, type SymbolicTensor} from '@tensorflow/tfjs-layers';
import {copyLayer} from './clone_model';
import {pairWeights, writeWeights} from './copy_weights';
import {type Call, callsOf, type Layer} from './graph';

/** A value on which alone depends what follows it. */
export interface Cut {
  readonly value: SymbolicTensor;
  /** The calls that follow. */
  readonly after: readonly Call[];
}

/** The places where a model of one input can be divided, from the input on; no layer with weights is on both sides. */
export function cutsOf(model: LayersModel): Cut[] {
  const calls = callsOf(model);
  return placesOf(model, calls).flatMap(({done, live: [value, ...others]}) =>
    value === undefined || others.length > 0 ? [] : [{value, after: calls.slice(done)}],
  );
}

/** A place between two calls. */
export interface Place {
  /** How many calls are before it. */
  readonly done: number;
  /** What was made before it and is used behind it. */
  readonly live: readonly SymbolicTensor[];
}

/** The places between calls such that no layer with weights is on both sides, the model's begin and end included. */
export function placesOf(model: LayersModel, calls: readonly Call[]): Place[] {
  const last = new Map<SymbolicTensor, number>();
  for (const [i, {inputs}] of calls.entries()) for (const value of inputs) last.set(value, i);
  for (const value of model.outputs) last.set(value, calls.length);
  const lastCall = new Map(calls.map(({layer}, i) => [layer, i]));
  const live = new Set<SymbolicTensor>(model.inputs);
  const places: Place[] = [];
  const consider = (done: number) => {
    const isOnBothSides = ({layer}: Call) => layer.weights.length > 0 && lastCall.get(layer)! >= done;
    if (!calls.slice(0, done).some(isOnBothSides)) places.push({done, live: [...live]});
  };
  consider(0);
  for (const [i, {inputs, outputs}] of calls.entries()) {
    for (const value of outputs) if (last.has(value)) live.add(value);
    for (const value of inputs) if (last.get(value) === i) live.delete(value);
    consider(i + 1);
  }
  return places;
}

/** What follows a cut, as a model of its own. */
export interface Tail {
  /** From values of the cut to what the whole model answers. Its weights are its own. */
  readonly model: LayersModel;
  /** Writes its weights into the layers that it was made of. */
  writeBack(): void;
}

export function tailOf(whole: LayersModel, {value, after}: Cut): Tail {
  const copies = new Map<Layer, Layer>();
  for (const {layer} of after) if (!copies.has(layer)) copies.set(layer, copyLayer(layer));
  const start = input({shape: value.shape.slice(1), dtype: value.dtype});
  const values = new Map<SymbolicTensor, SymbolicTensor>([[value, start]]);
  for (const {layer, inputs, outputs, callArgs} of after) {
    const given = inputs.map((one) => values.get(one)!);
    const made = [
      copies.get(layer)!.apply(given.length === 1 ? given[0]! : given, {...callArgs}),
    ].flat() as SymbolicTensor[];
    outputs.forEach((output, i) => {
      values.set(output, made[i]!);
    });
  }
  const outputs = whole.outputs.map((output) => values.get(output)!);
  const pairs = [...copies];
  for (const [layer, copy] of pairs) for (const pair of pairWeights(layer, copy)) writeWeights(pair);
  return {
    model: makeModel({inputs: start, outputs}),
    writeBack() {
      for (const [layer, copy] of pairs) for (const pair of pairWeights(copy, layer)) writeWeights(pair);
    },
  };
}

/** What leads to a cut: a view of the model, whose layers it shares; undefined where the cut is the input. */
export function bodyOf(whole: LayersModel, {value}: Cut): LayersModel | undefined {
  return whole.inputs.includes(value) ? undefined : makeModel({inputs: whole.inputs, outputs: value});
}
