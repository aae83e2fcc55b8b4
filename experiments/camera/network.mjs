/**
 * The network. Its stem is not learned: at three sizes of the picture and over three spans of time it has the sums of products of
 * gradients from which local motion is computed by least squares (Lucas and Kanade, 1981), in windows, of length 1 whatever the
 * contrast. What is learned: what moves or stands in a window, what the camera does at a moment by all windows at their places, and over time.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import * as sts from 'tfjs-sts';
import {movementNames} from './task/movements.mjs';

/** Frames between the two whose difference is taken, centred in windows of five. */
const SPANS = {short: [2, 3], middle: [1, 3], long: [0, 4]};
const TAPS = 5;

/** Which gradients the two factors of a product are: across, down, in time. */
const PRODUCTS = ['xx', 'xy', 'yy', 'xt', 'yt', 'tt'];

/** @param settings of settings.mjs */
export function cameraNetwork({config, clip}) {
  const {levels, channels, dropout, seed} = config;
  let layer = 0;
  const initializer = () => tfl.initializers.heNormal({seed: seed + layer++});
  const learned = (filters, kernelSize, strides, padding, name) => (x) => {
    const convolution = tfl.layers.conv3d({
      filters,
      kernelSize,
      strides,
      padding,
      useBias: false,
      kernelInitializer: initializer(),
      name,
    });
    const norm = tfl.layers.batchNormalization({axis: -1, name: `${name}_norm`});
    return tfl.layers.reLU({name: `${name}_relu`}).apply(norm.apply(convolution.apply(x)));
  };
  const input = clipInput(clip);
  const [fine, ...coarse] = stem(input, levels);
  // Slow movements are small numbers.
  const evened = (x, name) => tfl.layers.batchNormalization({axis: -1, name}).apply(x);
  const cells = learned(channels.fine, [1, 1, 1], 1, 'valid', 'fine_cells')(evened(fine, 'fine_evened'));
  const windows = learned(channels.fine, [1, 2, 3], [1, 2, 2], 'valid', 'fine_windows')(cells);
  const joined = tfl.layers.concatenate({name: 'coarse'}).apply(coarse);
  const seen = learned(
    channels.coarse,
    [1, 1, 1],
    1,
    'valid',
    'coarse_cells',
  )(evened(joined, 'coarse_evened'));
  const both = tfl.layers.concatenate({name: 'windows'}).apply([windows, seen]);
  const around = learned(channels.windows, [1, 3, 3], 1, 'same', 'around')(both);
  const [, , rows, columns] = around.shape;
  const moment = learned(channels.moment, [1, rows, columns], 1, 'valid', 'moment')(around);
  const over = learned(channels.moment, [5, 1, 1], 1, 'same', 'moments')(moment);
  const pooled = tfl.layers
    .concatenate({name: 'over_time'})
    .apply([
      sts.layers.globalAveragePooling3d({name: 'mean'}).apply(over),
      sts.layers.globalMaxPooling3d({name: 'most'}).apply(over),
    ]);
  const dropped = tfl.layers.dropout({rate: dropout, seed: seed + layer++, name: 'dropout'}).apply(pooled);
  const logits = tfl.layers.dense({
    units: movementNames.length,
    kernelInitializer: initializer(),
    name: 'movement',
  });
  return tfl.model({inputs: input, outputs: logits.apply(dropped), name: 'camera'});
}

const clipInput = ({frames, height, width}) => tfl.input({shape: [frames, height, width, 3], name: 'clip'});

/** For each level of the pyramid the products, `[batch, time, rows, columns, 7 * spans]`. */
function stem(input, levels) {
  let picture = fixed(input, 'grey', [1, 1, 1], [Array(3).fill(1 / 3)]);
  return levels.map(({spans, window, strides}, level) => {
    if (level > 0)
      picture = tfl.layers
        .averagePooling3d({poolSize: [1, 2, 2], strides: [1, 2, 2], name: `half_${level}`})
        .apply(picture);
    const parts = spans.map((span) =>
      products(picture, span, {window, strides, name: `level${level}_${span}`}),
    );
    return parts.length > 1 ? tfl.layers.concatenate({name: `level${level}`}).apply(parts) : parts[0];
  });
}

/** Means over windows of products of gradients, with a constant beside them, of length 1: the constant is large where nothing is to be seen. */
function products(picture, span, {window, strides, name}) {
  const [one, other] = [0, 1].map((factor) =>
    fixed(
      picture,
      `${name}_factor${factor}`,
      [TAPS, 3, 3],
      PRODUCTS.map((pair) => gradient(pair[factor], SPANS[span])),
    ),
  );
  const product = tfl.layers.multiply({name: `${name}_products`}).apply([one, other]);
  const mean = tfl.layers
    .averagePooling3d({poolSize: [1, ...window], strides: [1, ...strides], name: `${name}_window`})
    .apply(product);
  const unit = Array.from({length: 7}, (_, to) => PRODUCTS.map((__, from) => (to === from ? 1 : 0)));
  const withFloor = fixed(mean, `${name}_floor`, [1, 1, 1], unit, [0, 0, 0, 0, 0, 0, FLOOR]);
  return sts.layers.unitNormalization({name: `${name}_unit`}).apply(withFloor);
}

/** Products of about this size are noise: a gradient of 1.5 of 255 a pixel. */
const FLOOR = 5e-4;

/** How much a difference in time counts beside one in space. */
const TIME = 1.5;

/** Values of a kernel of 5 x 3 x 3 for a gradient between two frames. */
function gradient(axis, [from, to]) {
  const values = new Float32Array(TAPS * 9);
  const smooth = [0.25, 0.5, 0.25];
  const slope = [-0.5, 0, 0.5];
  for (const t of [from, to])
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 3; x++) {
        const inTime = axis === 't' ? (t === to ? TIME : -TIME) : 0.5;
        const down = axis === 'y' ? slope[y] : smooth[y];
        const across = axis === 'x' ? slope[x] : smooth[x];
        values[(t * 3 + y) * 3 + x] = inTime * down * across;
      }
  return values;
}

/** A convolution that does not learn. `kernels`: for each filter its values, `[taps, height, width, channels]`. */
function fixed(x, name, kernelSize, kernels, bias) {
  const filters = kernels.length;
  const layer = tfl.layers.conv3d({
    ...{
      filters,
      kernelSize,
      padding: 'valid',
      useBias: bias !== undefined,
      trainable: false,
      name: `stem_${name}`,
    },
    kernelInitializer: 'zeros',
  });
  const result = layer.apply(x);
  const values = new Float32Array(kernels[0].length * filters);
  kernels.forEach((kernel, filter) => {
    kernel.forEach((value, at) => {
      values[at * filters + filter] = value;
    });
  });
  const tensors = [
    tf.tensor(values, [...kernelSize, x.shape.at(-1), filters]),
    ...(bias ? [tf.tensor1d(bias)] : []),
  ];
  layer.setWeights(tensors);
  tf.dispose(tensors);
  return result;
}
