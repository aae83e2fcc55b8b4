/**
 * The calls of a model and of the models inside it as one list, in an order in which they can run. Every value has a name
 * of its own, and is known to come with a mask or not: masks, by which recurrent layers pass over steps of a sequence, go
 * from layer to layer as in `predict`, and what a nested model gives has none, as in the host.
 */
import {LayersModel, type SymbolicTensor} from '@tensorflow/tfjs-layers';
import {type Call, callsOf, type Layer} from '../../../layers/models/graph';
import {InvalidArgumentError} from '../../../util/errors';
import type {PartialShape} from '../../../util/shapes';
import {givesMask} from './masks';

/** A value of the flat model; compared by identity. */
export interface Value {
  readonly name: string;
  /** As the layer that makes it was built; in a nested model other than where it is called, possibly. */
  readonly shape: PartialShape;
}

/** A layer that is called, or no layer: the value goes on without its mask. */
export interface FlatCall {
  readonly layer: Layer | undefined;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Whether a mask may come with an input, or be made. */
  readonly masked: boolean;
}

export interface FlatModel {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly calls: readonly FlatCall[];
}

/**
 * @throws InvalidArgumentError for a layer that keeps states, and where a layer of the host combines masks, which it does
 *   wrongly
 */
export function flatCalls(model: LayersModel): FlatModel {
  return new Flattening().whole(model);
}

class Flattening {
  private readonly calls: FlatCall[] = [];
  private readonly masked = new Set<Value>();
  private readonly names = new Set<string>();

  whole(model: LayersModel): FlatModel {
    const inputs = model.inputs.map((input) => this.value(input.sourceLayer.name, input.shape));
    const outputs = this.addModel(model, inputs, '');
    return {inputs, outputs, calls: this.neededFor(outputs)};
  }

  /** Without the calls for outputs of nested models that nobody reads. */
  private neededFor(outputs: readonly Value[]): FlatCall[] {
    const needed = new Set(outputs);
    const isNeeded = (call: FlatCall) => {
      if (!call.outputs.some((output) => needed.has(output))) return false;
      for (const input of call.inputs) needed.add(input);
      return true;
    };
    return this.calls.reverse().filter(isNeeded).reverse();
  }

  /** @param scope begins the names of the model's values */
  private addModel(model: LayersModel, inputs: readonly Value[], scope: string): Value[] {
    const values = new Map<SymbolicTensor, Value>(model.inputs.map((input, i) => [input, inputs[i]!]));
    for (const call of callsOf(model)) {
      const given = call.inputs.map((input) => values.get(input)!);
      const made =
        call.layer instanceof LayersModel
          ? this.addNested(call.layer, given, scope)
          : this.addLayer(call, given, scope);
      call.outputs.forEach((output, i) => {
        values.set(output, made[i]!);
      });
    }
    return model.outputs.map((output) => values.get(output)!);
  }

  private addNested(model: LayersModel, inputs: readonly Value[], scope: string): Value[] {
    const outputs = this.addModel(model, inputs, `${scope}${model.name}/`);
    return outputs.map((output) => (this.masked.has(output) ? this.withoutMask(output) : output));
  }

  private withoutMask(input: Value): Value {
    const output = this.value(input.name, input.shape);
    this.calls.push({layer: undefined, inputs: [input], outputs: [output], masked: false});
    return output;
  }

  private addLayer({layer, outputs}: Call, inputs: readonly Value[], scope: string): Value[] {
    if (layer.stateful) refuseStates(layer);
    const isGiven = inputs.some((input) => this.masked.has(input));
    const gives = givesMask(layer, isGiven);
    const made = outputs.map(({shape}, i) =>
      this.value(scope + layer.name + (outputs.length > 1 ? `:${i}` : ''), shape),
    );
    this.calls.push({layer, inputs, outputs: made, masked: isGiven || gives});
    if (gives) for (const value of made) this.masked.add(value);
    return made;
  }

  /** A layer that is called several times, and a nested model's, make several values: those after the first are numbered. */
  private value(wanted: string, shape: PartialShape): Value {
    let name = wanted;
    for (let i = 1; this.names.has(name); i++) name = `${wanted}_${i}`;
    this.names.add(name);
    return {name, shape};
  }
}

function refuseStates(layer: Layer): never {
  throw new InvalidArgumentError(
    `freeze: layer "${layer.name}" (${layer.getClassName()}) is stateful, and a frozen model keeps nothing between its calls; ` +
      'call predict of the model itself.',
  );
}
