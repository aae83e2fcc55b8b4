/**
 * `replaceConv3d`: rewrites the 3D convolutions of an existing LayersModel, to STS or to layers of the caller, with
 * the weights kept. The new model is made of layers from the configs of the old ones (clone_model.ts); the old model is
 * not touched.
 */
import {serialization} from '@tensorflow/tfjs-core';
import {LayersModel, type layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {checkLayersModel} from '../../util/models';
import {type HostShape, shapeText} from '../host/layer_arguments';
import {cloneModel} from './clone_model';
import {pairWeights, weightsText, writeWeights} from './copy_weights';

type Layer = layers.Layer;
type Config = serialization.ConfigDict;

/**
 * What takes a convolution's place: 'sts', the STS layer with the same arguments; an object, the same with some
 * arguments changed, such as `{split: 'floor'}`; or a layer, of which class and arguments are taken. The name stays.
 */
export type Conv3DReplacement = 'sts' | serialization.ConfigDict | layers.Layer;

/** Says for a convolution, given with its arguments, what takes its place; nothing or false keeps it. */
export type Conv3DRule = (
  layer: layers.Layer,
  config: serialization.ConfigDict,
) => Conv3DReplacement | null | undefined | false;

/** The layers that a rule is asked about: the host's, and the package's own that are not STS yet. */
const STS_CLASS: Readonly<Record<string, string>> = {
  Conv3D: 'STSConv3D',
  GroupedConv3D: 'STSConv3D',
  DepthwiseConv3D: 'STSDepthwiseConv3D',
};

/**
 * The default rule: every convolution of kt x 1 x 1 taps in one group, kt odd and at least 3, with stride 1, dilation
 * 1 and padding 'same', becomes STS.
 */
export const temporalConvolutions: Conv3DRule = (layer, config) => {
  if (layer.getClassName() === 'DepthwiseConv3D') return false;
  const [time, height, width] = config.kernelSize as number[];
  const ones = (value: unknown) =>
    (Array.isArray(value) ? value : [value]).every((n) => n == null || n === 1);
  const temporal = time! >= 3 && time! % 2 === 1 && height === 1 && width === 1;
  const plain = ones(config.strides) && ones(config.dilationRate) && ones(config.groups);
  return temporal && plain && config.padding === 'same' && 'sts';
};

/**
 * A copy of a model in which the 3D convolutions that a rule picks are replaced, weights, names and connections kept.
 *
 * @param model a Sequential or functional model, with shared layers, several inputs and outputs, nested models; layers
 *     inside wrappers (`tf.layers.timeDistributed`) stay as they are
 * @param rule asked for every Conv3D of the host and every GroupedConv3D and DepthwiseConv3D of this package
 * @returns a new model, not compiled, that shares no variable with the old one
 * @throws InvalidArgumentError for a rule that is no function; naming the layer, if a replacement refuses the layer's arguments or shapes, gives another
 *     output shape or needs other weights
 * @example
 * const sts = replaceConv3d(await tf.loadLayersModel(url));
 */
export function replaceConv3d(model: LayersModel, rule: Conv3DRule = temporalConvolutions): LayersModel {
  checkLayersModel('replaceConv3d', model);
  if (typeof rule !== 'function') {
    throw new InvalidArgumentError(
      `replaceConv3d: the rule is ${JSON.stringify(rule)}; a function of (layer, config) is needed, ` +
        "which returns that, such as () => 'sts'.",
    );
  }
  const copy = cloneModel(model, (layer) => replacementOf(layer, rule));
  try {
    copyWeights(model, copy);
  } catch (error) {
    copy.dispose();
    throw error;
  }
  return copy;
}

/** The layer that the rule puts in the place of another; undefined where it keeps the layer. */
function replacementOf(layer: Layer, rule: Conv3DRule): Layer | undefined {
  if (!Object.hasOwn(STS_CLASS, layer.getClassName())) return undefined;
  const old = jsonCopy(layer.getConfig());
  const replacement = rule(layer, jsonCopy(old));
  if (!replacement) return undefined;
  if (!isLayer(replacement)) {
    const changes = replacement === 'sts' ? {} : jsonCopy(replacement);
    return replacingLayer(layer, STS_CLASS[layer.getClassName()]!, {...old, ...changes, name: layer.name});
  }
  // What the host keeps in a layer's config apart from the layer's own arguments belongs to the place in the model.
  const place = Object.fromEntries(
    ['name', 'batchInputShape', 'dtype'].flatMap((key) => (key in old ? [[key, old[key]!]] : [])),
  );
  return replacingLayer(layer, replacement.getClassName(), {...jsonCopy(replacement.getConfig()), ...place});
}

/** The replacement, tried on the shapes that the layer sees, before anything is built. */
function replacingLayer(layer: Layer, className: string, config: Config): Layer {
  const {classNameMap} = serialization.SerializationMap.getMap();
  if (!Object.hasOwn(classNameMap, className)) {
    refuse(
      layer,
      `its replacement's class '${className}' is not registered; call registerLayers() or tf.serialization.registerClass`,
    );
  }
  const [cls, fromConfig] = classNameMap[className]!;
  const outputs = (target: Layer) =>
    layer.inboundNodes.map(({inputShapes}) => target.computeOutputShape(inputShapes) as HostShape);
  try {
    const replacement = fromConfig(cls, config) as Layer;
    const replaced = outputs(replacement);
    outputs(layer).forEach((shape, node) => {
      if (shapeText(shape) === shapeText(replaced[node]!)) return;
      throw new InvalidArgumentError(
        `its output is ${shapeText(shape)}, that of the replacement ${shapeText(replaced[node]!)}`,
      );
    });
    return replacement;
  } catch (error) {
    refuse(layer, (error as Error).message, error);
  }
}

function copyWeights(from: LayersModel, to: LayersModel): void {
  copyTrainable(from, to);
  for (const pair of pairWeights(from, to)) {
    const {from: layer, weights, places} = pair;
    if (weightsText(weights) !== weightsText(places)) {
      refuse(
        layer,
        `its weights have shapes ${weightsText(weights)}, those of the replacement ${weightsText(places)}`,
      );
    }
    writeWeights(pair);
    places.forEach((place, i) => {
      place.trainable = weights[i]!.trainable;
    });
  }
}

/** Whether a model is trained is not in its config, unlike that of a layer. */
function copyTrainable(from: LayersModel, to: LayersModel): void {
  if (!from.trainable) to.trainable = false;
  for (const layer of from.layers) {
    if (layer instanceof LayersModel) copyTrainable(layer, to.getLayer(layer.name) as LayersModel);
  }
}

function isLayer(replacement: Conv3DReplacement): replacement is Layer {
  return replacement instanceof serialization.Serializable;
}

function refuse(layer: Layer, reason: string, cause?: unknown): never {
  throw new InvalidArgumentError(
    `replaceConv3d: layer "${layer.name}" (${layer.getClassName()}) cannot be rewritten: ${reason.replace(/\.$/, '')}. ` +
      'Leave it out in the rule, or return a layer that fits.',
    {cause},
  );
}

/** Through JSON, like saving: the old model keeps its own arrays and objects. */
function jsonCopy(config: Config): Config {
  return JSON.parse(JSON.stringify(config)) as Config;
}
