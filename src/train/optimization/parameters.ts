/**
 * The weights of a model by name, and what training is to do with each: whether it learns, its share of the learning rate,
 * its decay. Layers are named by patterns in which `*` stands for any letters.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {LayersModel, type LayerVariable, type layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {knownNames} from '../../util/names';

type Layer = layers.Layer;

/** A weight under the name that checkpoints give it, `<layer>/<weight>`. */
export interface NamedWeight {
  readonly name: string;
  readonly layer: Layer;
  readonly weight: Weight;
}

/** What is used of the host's weights. */
export interface Weight {
  read(): tf.Variable;
  /** Takes values as they are, which stay the caller's. */
  assign(value: tf.Tensor): void;
  /** As `assign`, and bends them to the weight's constraint, if it has one. */
  write(value: tf.Tensor): void;
  readonly trainable: boolean;
  readonly isConstrained: boolean;
}

/** A part of the network with a learning rate of its own. */
export interface LayerRate {
  /** Layers' names; `*` stands for any letters. */
  readonly layers: string;
  /** Times the learning rate of the schedule. */
  readonly factor: number;
}

/** How the weights of a network are treated differently. */
export interface GroupConfig {
  /** Decay of weights. Default 0. */
  readonly weightDecay?: number;
  /** Whether scales and offsets of norms decay. Default true, as in PyTorch's optimizers. */
  readonly decayNorms?: boolean;
  /** Whether biases decay. Default true. */
  readonly decayBiases?: boolean;
  /** Learning rates by layer; of several patterns that fit, the last one counts. */
  readonly layerRates?: readonly LayerRate[];
  /** Layers that do not learn, by patterns; their norms keep their averages. */
  readonly frozen?: readonly string[];
  /**
   * Which batch normalizations learn and follow the batches: all, none, or the first alone ('partial', Wang et al., Temporal
   * Segment Networks, ECCV 2016). Default 'all'.
   */
  readonly batchNorms?: 'all' | 'partial' | 'none';
}

/** A weight that learns. */
export interface Parameter extends NamedWeight {
  readonly rateFactor: number;
  readonly weightDecay: number;
}

/** The layers of a model and of models within it. */
export function allLayers(model: LayersModel): Layer[] {
  return model.layers.flatMap((layer) => (layer instanceof LayersModel ? allLayers(layer) : [layer]));
}

/** Whether a layer follows the batches by moving averages, ours or the host's. */
export function isBatchNorm(layer: Layer): boolean {
  return ['BatchNorm3D', 'BatchNormalization'].includes(layer.getClassName());
}

const isNorm = (layer: Layer) => /Norm/.test(layer.getClassName());

/**
 * All weights of a model, in the model's order.
 *
 * @throws InvalidArgumentError for two weights of one name
 */
export function namedWeights(model: LayersModel, caller: string): NamedWeight[] {
  const found = new Map<string, NamedWeight>();
  const known = new Set<LayerVariable>();
  for (const layer of allLayers(model)) {
    for (const variable of layer.weights) {
      // A layer that is called twice is one layer.
      if (known.has(variable)) continue;
      known.add(variable);
      const name = variable.originalName;
      if (found.has(name)) {
        throw new InvalidArgumentError(
          `${caller}: two weights of the model are called ${name}; give every layer, also of nested models, its own name.`,
        );
      }
      found.set(name, {name, layer, weight: asWeight(variable)});
    }
  }
  return [...found.values()];
}

function asWeight(variable: LayerVariable): Weight {
  return {
    // The host declares a tensor and keeps a variable.
    read: () => variable.read() as tf.Variable,
    assign: (value) => (variable.read() as tf.Variable).assign(value),
    write: (value) => {
      variable.write(value);
    },
    get trainable() {
      return variable.trainable;
    },
    get isConstrained() {
      return variable.constraint != null;
    },
  };
}

/** Whether a layer's name fits a pattern. */
export function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

/**
 * The layers that do not learn, by config or since they say so themselves.
 *
 * @throws InvalidArgumentError for a pattern that fits no layer
 */
export function frozenLayers(model: LayersModel, config: GroupConfig, caller: string): Set<Layer> {
  const every = allLayers(model);
  const {frozen = [], layerRates = [], batchNorms = 'all'} = config;
  const names = every.map(({name}) => name);
  for (const pattern of [...frozen, ...layerRates.map((rate) => rate.layers)]) {
    if (names.some((name) => fits(pattern, name))) continue;
    throw new InvalidArgumentError(
      `${caller}: no layer fits '${pattern}'${pattern.includes('*') ? '; * stands for any letters' : knownNames(pattern, names)}.`,
    );
  }
  const norms = every.filter(isBatchNorm);
  const still = batchNorms === 'all' ? [] : batchNorms === 'partial' ? norms.slice(1) : norms;
  const isFrozen = (layer: Layer) => !layer.trainable || frozen.some((pattern) => fits(pattern, layer.name));
  return new Set([...every.filter(isFrozen), ...still]);
}

/** The weights that learn, with the treatment of each. */
export function parametersOf(
  weights: readonly NamedWeight[],
  frozen: ReadonlySet<Layer>,
  config: GroupConfig,
): Parameter[] {
  const {weightDecay = 0, decayNorms = true, decayBiases = true, layerRates = []} = config;
  return weights
    .filter(({layer, weight}) => weight.trainable && !frozen.has(layer))
    .map((named) => {
      const {name, layer} = named;
      const rate = layerRates.filter((candidate) => fits(candidate.layers, layer.name)).at(-1);
      const decays = isNorm(layer) ? decayNorms : !/(^|\/)bias$/.test(name) || decayBiases;
      return {...named, rateFactor: rate?.factor ?? 1, weightDecay: decays ? weightDecay : 0};
    });
}
