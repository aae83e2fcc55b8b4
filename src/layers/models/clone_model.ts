/**
 * Copies of layers and models, made from their configs without weights of their own. A model's copy is wired by the calls
 * of the original, not by its config: the host rebuilds the calls of shared layers in an order of its own, and then
 * connects the wrong ones.
 */
import type {serialization} from '@tensorflow/tfjs-core';
import {
  layers as host,
  LayersModel,
  model as makeModel,
  Sequential,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import {callsOf, type Layer} from './graph';

/** Makes what takes a layer's place; nothing for a copy of the layer. */
export type LayerMaker = (layer: Layer) => Layer | undefined;

/**
 * A model with copies of all layers, whose weights are yet to be written (`pairWeights`). A layer that is used in several
 * places, of nested models too, has one copy.
 *
 * @param make asked for every layer but models, before anything is built
 */
export function cloneModel(model: LayersModel, make: LayerMaker = () => undefined): LayersModel {
  const copies = new Map<Layer, Layer>();
  collectCopies(model, make, copies);
  return wire(model, copies) as LayersModel;
}

/** The layer made anew from its config. What its wrapper holds is copied in the same way, since it may be a model. */
export function copyLayer(layer: Layer): Layer {
  if (layer instanceof LayersModel) return cloneModel(layer);
  const config = layer.getConfig();
  const copy =
    layer.getClassName() === 'TimeDistributed' && 'layer' in layer
      ? host.timeDistributed({...config, layer: copyLayer(layer.layer as Layer)})
      : fromConfig(layer, config);
  // Its weights are written after it is built.
  copy.setFastWeightInitDuringBuild(true);
  return copy;
}

function fromConfig(layer: Layer, config: serialization.ConfigDict): Layer {
  const cls = layer.constructor as serialization.SerializableConstructor<Layer>;
  return cls.fromConfig(cls, config);
}

function collectCopies(model: LayersModel, make: LayerMaker, copies: Map<Layer, Layer>): void {
  for (const layer of model.layers) {
    if (layer instanceof LayersModel) collectCopies(layer, make, copies);
    else if (!copies.has(layer)) {
      const copy = make(layer) ?? copyLayer(layer);
      copy.setFastWeightInitDuringBuild(true);
      copies.set(layer, copy);
    }
  }
}

/** The copy of a layer; that of a model is built when it is first asked for. */
function wire(layer: Layer, copies: Map<Layer, Layer>): Layer {
  const known = copies.get(layer);
  if (known !== undefined || !(layer instanceof LayersModel)) return known!;
  const copy = layer instanceof Sequential ? wireSequential(layer, copies) : wireGraph(layer, copies);
  copies.set(layer, copy);
  return copy;
}

function wireSequential(model: Sequential, copies: Map<Layer, Layer>): LayersModel {
  return sequential({name: model.name, layers: model.layers.map((layer) => wire(layer, copies))});
}

function wireGraph(model: LayersModel, copies: Map<Layer, Layer>): LayersModel {
  const values = new Map<SymbolicTensor, SymbolicTensor>();
  for (const input of model.inputs) {
    values.set(input, wire(input.sourceLayer, copies).output as SymbolicTensor);
  }
  for (const {layer, inputs, outputs, callArgs} of callsOf(model)) {
    const given = inputs.map((input) => values.get(input)!);
    const made = [wire(layer, copies).apply(given.length === 1 ? given[0]! : given, {...callArgs})].flat();
    outputs.forEach((output, i) => {
      values.set(output, made[i] as SymbolicTensor);
    });
  }
  return makeModel({
    name: model.name,
    inputs: model.inputs.map((input) => values.get(input)!),
    outputs: model.outputs.map((output) => values.get(output)!),
  });
}
