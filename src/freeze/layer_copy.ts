/** A layer that a frozen model runs as it is: a copy of its own, which stays when the model is disposed of. */
import type {Tensor} from '@tensorflow/tfjs-core';
import {copyLayer} from '../layers/models/clone_model';
import {pairWeights, weightsText, writeWeights} from '../layers/models/copy_weights';
import type {Layer} from '../layers/models/graph';
import {InvalidArgumentError} from '../util/errors';
import type {Masks, Work} from './frozen_model';

/** Runs a layer, and can be disposed of. */
export interface LayerCopy {
  readonly work: Work;
  run(values: Tensor[], masks: Masks): Tensor | Tensor[];
  /** The mask of what `run` gives, or one for each output; without it there is none. */
  mask?(values: Tensor[], masks: Masks): Tensor | null | (Tensor | null)[];
  dispose(): void;
}

/** Shares the values of the layer's weights. */
export function layerCopy(layer: Layer): LayerCopy {
  const copy = copyWithWeights(layer);
  const run = (values: Tensor[], masks: Masks) => {
    const mask = masks.some((one) => one !== null) ? {mask: masks[0]} : {};
    const given = values.length === 1 ? values[0]! : values;
    return copy.apply(given, {training: false, ...mask}) as Tensor | Tensor[];
  };
  const mask = (values: Tensor[], masks: Masks) => copy.computeMask(values, masks as Tensor[]);
  return {
    work: {kind: 'layer', layer: copy},
    run,
    ...(layer.supportsMasking && {mask}),
    dispose: () => {
      for (const weight of copy.weights) weight.dispose();
    },
  };
}

function copyWithWeights(layer: Layer): Layer {
  try {
    const copy = copyLayer(layer);
    if (!copy.built) copy.build(layer.inboundNodes[0]!.inputShapes);
    // Some layers of the host leave this to their first call, which would build them again.
    copy.built = true;
    for (const pair of pairWeights(layer, copy)) {
      const {weights, places} = pair;
      if (weightsText(weights) !== weightsText(places)) {
        throw new InvalidArgumentError(
          `the copy has weights ${weightsText(places)} instead of ${weightsText(weights)}`,
        );
      }
      writeWeights(pair);
    }
    return copy;
  } catch (error) {
    throw new InvalidArgumentError(
      `freeze: layer "${layer.name}" (${layer.getClassName()}) cannot be made anew from its config: ` +
        `${(error as Error).message}. Give it a complete getConfig, or call predict of the model itself.`,
      {cause: error},
    );
  }
}
