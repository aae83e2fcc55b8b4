/**
 * Keras' configs read as Keras means them, where the host's layer of that class would ignore a part in silence or not
 * load at all: each function here gives the class and config that the host, or a layer of ours, takes. Configs arrive
 * with camelCase keys and strings, as the host has turned them. Keras 3's graphs: keras_graphs.ts.
 */
import type {serialization} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../util/errors';
import {readGraph} from './keras_graphs';

export type Config = serialization.ConfigDict;

export interface ReadConfig {
  className: string;
  config: Config;
}

type Reader = (config: Config, className: string) => Partial<ReadConfig>;

const hasOther = (value: unknown, usual: number) =>
  (Array.isArray(value) ? value : [value]).some((one) => one != null && one !== usual);

/** Refuses what a class has no place for; `what` says which argument, `instead` what to do. */
function refuse(className: string, config: Config, what: string, instead: string): never {
  const name = typeof config.name === 'string' ? ` "${config.name}"` : '';
  throw new InvalidArgumentError(
    `${className}${name}: tfjs-layers ignores ${what} ${JSON.stringify(config[what] ?? null)}, and the result would be ` +
      `wrong. ${instead}`,
  );
}

/** Refuses an argument that is neither missing nor the usual number, or has another in it. */
export function refuseOther(
  className: string,
  args: Config,
  what: string,
  usual: number,
  instead: string,
): void {
  if (hasOther(args[what], usual)) refuse(className, args, what, instead);
}

const refuseGroups = (className: string, instead: string) => (args: Config) =>
  refuseOther(className, args, 'groups', 1, instead);

/** Arguments that a constructor of the host takes and does not read, by class; the class has a verifyArgs of its own. */
export const IGNORED_ARGUMENTS: Readonly<Record<string, (args: Config) => void>> = {
  Conv1D: refuseGroups('Conv1D', 'Split the channels into layers of their own.'),
  Conv2D: refuseGroups('Conv2D', 'Split the channels into layers of their own.'),
  // The constructor of Conv3DTranspose comes through here too.
  Conv3D: (args) => {
    refuseOther('Conv3D', args, 'groups', 1, 'Use sts.layers.conv3d.');
    if (args.outputPadding != null) {
      refuse('Conv3DTranspose', args, 'outputPadding', 'Use sts.layers.conv3dTranspose.');
    }
  },
};

/** A transposed convolution with more than the host's layer computes is one of ours. */
const readTransposed: Reader = (config) =>
  hasOther(config.dilationRate, 1) || config.outputPadding != null ? {className: 'TransposedConv3D'} : {};

const readPooling: Reader = (config, className) =>
  config.keepdims === true
    ? refuse(className, config, 'keepdims', 'Put a Reshape layer behind the pooling instead.')
    : {};

const readers: Readonly<Record<string, Reader>> = {
  // Keras 3.
  InputLayer: ({batchShape, ...config}) =>
    batchShape == null ? {} : {config: {...config, batchInputShape: batchShape}},
  Functional: (config) => ({config: readGraph(config)}),
  Model: (config) => ({config: readGraph(config)}),
  // Keras 3 calls it so; in Keras 2 it is alpha.
  LeakyReLU: ({negativeSlope, ...config}) =>
    negativeSlope == null ? {} : {config: {...config, alpha: negativeSlope}},
  ReLU: (config, className) => {
    refuseOther(className, config, 'threshold', 0, 'Use ThresholdedReLU.');
    if (!hasOther(config.negativeSlope, 0)) return {};
    if (config.maxValue != null)
      refuse(className, config, 'negativeSlope', 'It cannot stand beside a maximum.');
    const {negativeSlope, maxValue: _, threshold: __, ...rest} = config;
    return {className: 'LeakyReLU', config: {...rest, alpha: negativeSlope!}};
  },
  Conv3D: (config) => (hasOther(config.groups, 1) ? {className: 'GroupedConv3D'} : {}),
  Conv3DTranspose: readTransposed,
  BatchNormalization: (config, className) =>
    config.renorm === true ? refuse(className, config, 'renorm', 'Train without it.') : {},
  LayerNormalization: (config, className) =>
    config.rmsScaling === true ? refuse(className, config, 'rmsScaling', 'Train without it.') : {},
  GlobalAveragePooling1D: readPooling,
  GlobalAveragePooling2D: readPooling,
  GlobalMaxPooling1D: readPooling,
  GlobalMaxPooling2D: readPooling,
};

/** The host's classes with activations, which mean another function in Keras 3 by 'hard_sigmoid'. */
const ACTIVATED = [
  'Activation',
  'Dense',
  'Conv1D',
  'Conv2D',
  'Conv2DTranspose',
  'Conv3D',
  'Conv3DTranspose',
  'ConvLSTM2D',
  'DepthwiseConv2D',
  'GRU',
  'LSTM',
  'SeparableConv2D',
  'SimpleRNN',
];

/** Every class of the host whose configs are read here. */
export const TRANSLATED_CLASSES: readonly string[] = [...new Set([...Object.keys(readers), ...ACTIVATED])];

export function readConfig(className: string, config: Config): ReadConfig {
  const read = readers[className]?.(config, className);
  return {className: read?.className ?? className, config: withKeras3Activations(read?.config ?? config)};
}

/** Keras 3, which writes dtype as an object, has another hard_sigmoid than Keras 2 and the host. */
function withKeras3Activations(config: Config): Config {
  if (typeof config.dtype !== 'object' || config.dtype === null) return config;
  const named = (['activation', 'recurrentActivation'] as const).filter(
    (key) => config[key] === 'hardSigmoid',
  );
  return named.length === 0
    ? config
    : {...config, ...Object.fromEntries(named.map((key) => [key, 'kerasHardSigmoid']))};
}
