/**
 * What importing the package mends in the layers of the host (tfjs-layers 4.22), in place, so that models which nobody
 * wrote for this package run: normalization of rank 5 and more, arguments that the host would ignore in silence,
 * configs of Keras (keras_configs.ts), ReLU up to 6 and swish, whose gradients make many passes. Everything is undone by `restoreStockLayers()`.
 */
import {serialization, type Tensor} from '@tensorflow/tfjs-core';
import type {layers} from '@tensorflow/tfjs-layers';
import {activate} from '../../ops/activations';
import {
  type BatchNormWeights,
  batchNormalize,
  layerNormalize,
  type ScaleWeights,
} from '../normalization/norm_arithmetic';
import {type Config, IGNORED_ARGUMENTS, readConfig, refuseOther, TRANSLATED_CLASSES} from './keras_configs';
import {type HostShape, type Kwargs, oneTensor} from './layer_arguments';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Slots = Record<string | number, Method>;

/** On a method that stands in the place of the host's: the host's own. Global: the ESM and CJS builds may both be loaded. */
const REPLACED = Symbol.for('tfjs-sts.replaced');
type Replacing = Method & {[REPLACED]?: Method};

interface Replacement {
  /** The object that holds the method, if the host has the class. */
  holder(): Slots | undefined;
  name: string | number;
  replace(stock: Method): Method;
}

const {classNameMap} = serialization.SerializationMap.getMap();
const entryOf = (className: string) =>
  Object.hasOwn(classNameMap, className) ? classNameMap[className] : undefined;
const prototypeOf = (className: string) => entryOf(className)?.[0].prototype as Slots | undefined;

type CallArgs = [inputs: Tensor | Tensor[], kwargs: Kwargs];

/** The fields of the host's layers that are read here; the host types them as private. */
type HostNormalization = layers.Layer & {axis: number | number[]};
type HostConvolution = layers.Layer & {dilationRate: number | number[]};

const normalizations: readonly Replacement[] = [
  {
    holder: () => prototypeOf('BatchNormalization'),
    name: 'call',
    replace: (stock) =>
      function (...args) {
        const layer = this as HostNormalization & BatchNormWeights;
        const [inputs, kwargs] = args as CallArgs;
        const x = oneTensor(inputs, labelOf(layer));
        if (x.rank < 5) return stock.apply(this, args);
        // Keras writes the axis as a list of one.
        const axis = Number(layer.axis);
        const training = Boolean(kwargs?.training) && layer.trainable;
        return batchNormalize(x, axis < 0 ? axis + x.rank : axis, layer, training);
      },
  },
  {
    holder: () => prototypeOf('LayerNormalization'),
    name: 'call',
    replace: (stock) =>
      function (...args) {
        const layer = this as HostNormalization & ScaleWeights;
        const x = oneTensor((args as CallArgs)[0], labelOf(layer));
        // The layer's build has made axis a list without negative numbers.
        return x.rank < 5 ? stock.apply(this, args) : layerNormalize(x, layer.axis as number[], layer);
      },
  },
];

/** The host computes a ReLU up to 6 as two ops, of which the gradient of the second makes seven passes, and swish as three, whose make eight. */
const activations: readonly Replacement[] = [
  {
    holder: () => prototypeOf('ReLU'),
    name: 'call',
    replace: (stock) =>
      function (...args) {
        const layer = this as layers.Layer & {maxValue: number | null | undefined};
        if (layer.maxValue !== 6) return stock.apply(this, args);
        return activate(oneTensor((args as CallArgs)[0], labelOf(layer)), 'relu6');
      },
  },
  {
    holder: () => prototypeOf('swish'),
    name: 'apply',
    replace: (stock) =>
      function (...args) {
        const [x, alpha = 1] = args as [x: Tensor, alpha?: number];
        return alpha === 1 ? activate(x, 'swish') : stock.apply(this, args);
      },
  },
];

/** Refuse what the host's layers ignore, where they are made in code. */
const checks: readonly Replacement[] = [
  ...Object.entries(IGNORED_ARGUMENTS).map(
    ([className, check]): Replacement => ({
      // The constructor hands its arguments to this function of the class.
      holder: () => entryOf(className)?.[0] as unknown as Slots | undefined,
      name: 'verifyArgs',
      replace: (stock) =>
        function (...args) {
          check(args[0] as Config);
          return stock.apply(this, args);
        },
    }),
  ),
  {
    holder: () => prototypeOf('Conv3DTranspose'),
    name: 'build',
    replace: (stock) =>
      function (...args) {
        const {name, dilationRate} = this as HostConvolution;
        refuseOther(
          'Conv3DTranspose',
          {name, dilationRate},
          'dilationRate',
          1,
          'Use sts.layers.conv3dTranspose.',
        );
        return stock.apply(this, args as [HostShape]);
      },
  },
];

/** The registry's functions that make layers of configs. */
const readings = TRANSLATED_CLASSES.map(
  (className): Replacement => ({
    holder: () => entryOf(className) as unknown as Slots | undefined,
    name: 1,
    replace: (stock) =>
      function (cls, given, ...rest) {
        const {className: meant, config} = readConfig(className, given as Config);
        const entry = meant === className ? undefined : entryOf(meant);
        if (entry === undefined) return stock.call(this, cls, config, ...rest);
        return (entry[1] as Method)(entry[0], config, ...rest);
      },
  }),
);

const replacements = [...normalizations, ...activations, ...checks, ...readings];

function labelOf(layer: layers.Layer): string {
  return `${layer.getClassName()} "${layer.name}"`;
}

/** Puts the methods in place, each once: both builds of the package may be loaded. */
export function mendStockLayers(): void {
  for (const {holder, name, replace} of replacements) {
    const slots = holder();
    const stock: Replacing | undefined = slots?.[name];
    if (slots === undefined || stock === undefined || REPLACED in stock) continue;
    slots[name] = Object.assign(replace(stock), {[REPLACED]: stock});
  }
}

/**
 * Takes back what the import of `tfjs-sts` did to the host's layers: `tf.layers.batchNormalization` and
 * `tf.layers.layerNormalization` refuse rank 5 again, and configs and arguments are read as the host reads them. The
 * layers and activations that the host lacks stay registered.
 *
 * ```js
 * sts.restoreStockLayers();
 * ```
 */
export function restoreStockLayers(): void {
  for (const {holder, name} of replacements) {
    const slots = holder();
    const stock = (slots?.[name] as Replacing | undefined)?.[REPLACED];
    if (slots !== undefined && stock !== undefined) slots[name] = stock;
  }
}
