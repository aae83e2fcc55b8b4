/**
 * Models of which every step of training computes the same, but for weights, batch and dropout: their layers are of known classes, and
 * their settings are what they were. A layer of somebody else's may do in its thousandth step what it has not done before.
 */
import {layers as host, LayersModel, type layers, Sequential} from '@tensorflow/tfjs-layers';
import {activationClasses, layerClasses} from '../../../layers';
import {allLayers} from '../../optimization/parameters';

type Layer = layers.Layer;

/** The host's layers that do, by the functions that make them. */
const HOSTS = [
  ...(['activation', 'reLU', 'leakyReLU', 'prelu', 'elu', 'thresholdedReLU', 'softmax'] as const),
  ...(['conv1d', 'conv2d', 'conv3d', 'conv2dTranspose', 'conv3dTranspose', 'depthwiseConv2d'] as const),
  ...(['separableConv2d', 'dense', 'batchNormalization', 'layerNormalization', 'dropout'] as const),
  ...(['add', 'average', 'concatenate', 'dot', 'maximum', 'minimum', 'multiply'] as const),
  ...(['cropping2D', 'upSampling2d', 'zeroPadding2d', 'flatten', 'permute', 'repeatVector'] as const),
  ...(['reshape', 'averagePooling1d', 'averagePooling2d', 'averagePooling3d', 'maxPooling1d'] as const),
  ...(['maxPooling2d', 'maxPooling3d', 'globalAveragePooling1d', 'globalAveragePooling2d'] as const),
  ...(['globalMaxPooling1d', 'globalMaxPooling2d', 'inputLayer', 'rescaling'] as const),
] as const;
const ACTIVATIONS = [
  ...['elu', 'selu', 'relu', 'relu6', 'linear', 'sigmoid', 'hardSigmoid', 'softplus', 'softsign'],
  ...['tanh', 'softmax', 'logSoftmax', 'gelu', 'gelu_new', 'mish', 'swish'],
];

/** What any of these needs to be made. A name, or the host would count it. */
const SAMPLE = {
  ...{name: 'sample', filters: 1, kernelSize: 1, units: 1, rate: 0.5, scale: 1, n: 1, axes: 1},
  ...{cropping: 1, dims: [1], targetShape: [1], inputShape: [1], activation: 'linear'},
};

/** Classes that are known by themselves and not by their names, which others may give to theirs. */
let known: ReadonlySet<unknown> | undefined;

function knownClasses(): ReadonlySet<unknown> {
  if (known !== undefined) return known;
  // The host does not export its classes, but makes one of each.
  const makers = host as unknown as Record<string, (args: object) => Layer & {activation?: object}>;
  const samples = [
    ...HOSTS.map((make) => makers[make]!(SAMPLE)),
    ...ACTIVATIONS.map((activation) => makers.activation!({...SAMPLE, activation}).activation!),
  ];
  known = new Set([...samples.map((sample) => sample.constructor), ...layerClasses, ...activationClasses]);
  return known;
}

export function isRepeatable(model: LayersModel): boolean {
  return (
    isPlain(model) && model.layers.every((layer) => (isModel(layer) ? isRepeatable(layer) : isKnown(layer)))
  );
}

const isModel = (layer: Layer): layer is LayersModel => layer instanceof LayersModel;

function isPlain(model: LayersModel): boolean {
  const {call, apply} = model instanceof Sequential ? Sequential.prototype : LayersModel.prototype;
  return model.call === call && model.apply === apply && model.losses.length === 0;
}

function isKnown(layer: Layer & {activation?: object | null}): boolean {
  const {activation} = layer;
  return (
    knownClasses().has(layer.constructor) &&
    (activation == null || knownClasses().has(activation.constructor)) &&
    !Object.hasOwn(layer, 'call') &&
    !Object.hasOwn(layer, 'apply') &&
    (layer as unknown as {_callHook?: unknown})._callHook == null &&
    // Losses of layers are functions of whoever added them.
    layer.losses.length === 0
  );
}

/** Notes what the layers of a model hold; returns whether that is still so: rates and activations may be set while a run goes on. */
export function watchSettings(model: LayersModel): () => boolean {
  const notes = allLayers(model).map((layer) => ({
    layer,
    values: Object.values(layer).map(copied),
    losses: layer.losses.length,
  }));
  return () =>
    notes.every(
      ({layer, values, losses}) => layer.losses.length === losses && areStill(Object.values(layer), values),
    );
}

/**
 * Lists of settings may be changed in place, and lists of lists, such as what is padded; lists of objects, such as the layers that are
 * called behind, are no settings.
 */
const copied = (value: unknown): unknown => (isList(value) ? value.map(copied) : value);

const isList = (value: unknown): value is unknown[] =>
  Array.isArray(value) && value.every((entry) => Object(entry) !== entry || isList(entry));

const isStill = (value: unknown, before: unknown): boolean =>
  Object.is(value, before) || (Array.isArray(value) && Array.isArray(before) && areStill(value, before));

/** Of thousands of values in every step: a loop takes half the time of `every` by names. */
function areStill(values: readonly unknown[], before: readonly unknown[]): boolean {
  if (values.length !== before.length) return false;
  for (let i = 0; i < values.length; i++) if (!isStill(values[i], before[i])) return false;
  return true;
}
