/**
 * The values of a layer's weights written into those of a copy that was made from its config. Which weight belongs to
 * which says the structure of nested models and wrappers, and within a layer the order of creation: across layers that
 * order is the caller's own, and the copy's is another.
 */
import type {Variable} from '@tensorflow/tfjs-core';
import {LayersModel, type LayerVariable, layers} from '@tensorflow/tfjs-layers';
import {shapeText} from '../host/layer_arguments';

type Layer = layers.Layer;

/** A place for weights and the weights that belong there. */
export interface WeightPair {
  readonly from: Layer;
  readonly weights: readonly LayerVariable[];
  readonly places: readonly LayerVariable[];
}

/** The weights of both, layer by layer; layers without weights are pairs too. */
export function pairWeights(from: Layer, to: Layer): WeightPair[] {
  if (from instanceof LayersModel) {
    return from.layers.flatMap((layer) => pairWeights(layer, (to as LayersModel).getLayer(layer.name)));
  }
  const [inner, target] = [wrappedLayer(from), wrappedLayer(to)];
  if (inner !== undefined && target !== undefined) return pairWeights(inner, target);
  return [{from, weights: inOrderOfCreation(from), places: inOrderOfCreation(to)}];
}

/**
 * The layer inside a wrapper such as TimeDistributed; undefined for others, and for a wrapper that has more weights than
 * that layer, such as Bidirectional.
 */
function wrappedLayer(wrapper: Layer): Layer | undefined {
  const inner = 'layer' in wrapper ? wrapper.layer : undefined;
  return inner instanceof layers.Layer && inner.weights.length === wrapper.weights.length ? inner : undefined;
}

/** Writes the values as they are. A weight's own `write` bends them to its constraint, which applies to training. */
export function writeWeights({weights, places}: WeightPair): void {
  weights.forEach((weight, i) => {
    (places[i]!.read() as Variable).assign(weight.read());
  });
}

/** The shapes of weights as error messages print them. */
export function weightsText(weights: readonly LayerVariable[]): string {
  return weights.map(({shape}) => shapeText(shape)).join(' and ') || 'none';
}

/**
 * The weights of a layer in an order that its class and arguments alone decide; `layer.weights` puts frozen ones last.
 */
export function inOrderOfCreation(layer: Layer): LayerVariable[] {
  return [...layer.weights].sort((a, b) => a.id - b.id);
}

/**
 * The weights of a layer by names that its class and arguments alone decide: as the layer calls them, numbered where two
 * have one name; those within a model behind the names of its layers.
 */
export function weightsByName(layer: Layer): Map<string, LayerVariable> {
  if (layer instanceof LayersModel) {
    return new Map(
      layer.layers.flatMap((inner) =>
        [...weightsByName(inner)].map(([name, weight]): [string, LayerVariable] => [
          `${inner.name}/${name}`,
          weight,
        ]),
      ),
    );
  }
  const inner = wrappedLayer(layer);
  if (inner !== undefined) return weightsByName(inner);
  const weights = new Map<string, LayerVariable>();
  for (const weight of inOrderOfCreation(layer)) {
    const own = weight.originalName.replace(/^.*\//, '');
    let name = own;
    for (let i = 1; weights.has(name); i++) name = `${own}_${i}`;
    weights.set(name, weight);
  }
  return weights;
}
