/**
 * A classifier's copy for other classes: all layers and weights but those of its last layer with weights, which starts anew from
 * zeros. The original is not touched.
 */
import {type Variable, zerosLike} from '@tensorflow/tfjs-core';
import {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {cloneModel} from './clone_model';
import {pairWeights, writeWeights} from './copy_weights';
import {callsOf, type Layer} from './graph';

/** What says in the config of a layer how many classes it has. */
const COUNTS = ['units', 'filters'] as const;

/**
 * The layer that says the classes: the last one with weights on the way to the output.
 *
 * @param caller begins the message
 * @throws InvalidArgumentError where there is none, or one of a kind whose classes cannot be changed
 */
export function classifierOf(caller: string, model: LayersModel): Layer {
  const layer = callsOf(model)
    .filter((call) => call.layer.weights.length > 0)
    .at(-1)?.layer;
  const config = layer instanceof LayersModel ? {} : layer?.getConfig();
  if (layer !== undefined && COUNTS.some((key) => config?.[key] === model.outputs[0]!.shape.at(-1)))
    return layer;
  const found = layer === undefined ? 'no layer with weights' : `'${layer.name}' (${layer.getClassName()})`;
  throw new InvalidArgumentError(
    `${caller}: the model must end in a classifier, a dense layer or a convolution with as many channels as classes; its last is ${found}. Put one on top of it: tf.layers.dense({units: classes}).`,
  );
}

/**
 * @param classes how many
 * @returns a new model; layers keep their names
 * @throws InvalidArgumentError as `classifierOf` does
 */
export function withClasses(caller: string, model: LayersModel, classes: number): LayersModel {
  const classifier = classifierOf(caller, model);
  const copy = cloneModel(model, (layer) => {
    if (layer !== classifier) return undefined;
    const config = layer.getConfig();
    const key = COUNTS.find((name) => name in config)!;
    const cls = layer.constructor as unknown as {
      fromConfig(cls: unknown, config: Record<string, unknown>): Layer;
    };
    return cls.fromConfig(cls, {...config, [key]: classes, trainable: true});
  });
  const fresh = copy.getLayer(classifier.name);
  for (const pair of pairWeights(model, copy)) if (pair.from !== classifier) writeWeights(pair);
  // Symmetric, and so independent of chance: of a last layer alone the loss has one minimum.
  for (const weight of fresh.weights) {
    const variable = weight.read() as Variable;
    const zeros = zerosLike(variable);
    variable.assign(zeros);
    zeros.dispose();
  }
  return copy;
}
