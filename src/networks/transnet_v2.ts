/**
 * TransNetV2 (Soucek and Lokoc 2020): where the shots of a film end. Convolutions in space and dilated ones in time over
 * frames of 48 x 27, beside them how alike frames are, by features and by colours; an answer for each frame. Where it
 * comes from and what it cannot do is in models/README.md.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {layers as sts} from '../layers';
import {apply, relu} from './blocks/torch';
import {
  type ClipConfig,
  type ClipOverrides,
  checkChances,
  checkClipConfig,
  checkOneOf,
  configWith,
  defineVariants,
  isWeightless,
} from './definition';
import {anyLength, checkSizes, type LengthRule, type SizeRules} from './sizes';

export interface TransNetV2Config extends ClipConfig {
  /** What comes out for each frame: logits, or probabilities. */
  readonly activation: 'linear' | 'sigmoid';
  /** Filters of each branch in the first block; each block has twice those before it. */
  readonly filters: number;
  readonly blocks: number;
  /** Of the branches of a cell, in frames. */
  readonly dilations: readonly number[];
  /** Frames before and behind that a frame is compared with. */
  readonly reach: number;
  /** Features made of each comparison, and of the means of a frame before it. */
  readonly similarityFeatures: number;
  /** Width of the layer before the answers. */
  readonly hidden: number;
  /** Part of the hidden layer that training sets to zero. */
  readonly dropout: number;
}

/** What can be chosen of TransNetV2. */
export interface TransNetV2Options extends ClipOverrides {
  readonly activation?: TransNetV2Config['activation'];
  readonly dropout?: number;
}

type NamedConfig = TransNetV2Config & {readonly name: string};

const TRANSNET_V2: TransNetV2Config = {
  frames: 100,
  height: 27,
  width: 48,
  weightless: false,
  activation: 'linear',
  filters: 16,
  blocks: 3,
  dilations: [1, 2, 4, 8],
  reach: 50,
  similarityFeatures: 128,
  hidden: 1024,
  dropout: 0.5,
};

const TINY: TransNetV2Config = {
  ...TRANSNET_V2,
  frames: 6,
  height: 9,
  width: 12,
  filters: 2,
  blocks: 2,
  dilations: [1, 2],
  reach: 3,
  similarityFeatures: 4,
  hidden: 8,
};

/** The original's constant; PyTorch's own would be another. */
const EPSILON = 1e-3;

function sizes({blocks}: TransNetV2Config): SizeRules {
  const least = 2 ** blocks;
  const side: LengthRule = {
    takes: (length) => length >= least,
    text: `at least ${least}`,
    reason:
      'Each block halves it. Dense layers see every position, so that weights fit the size they were made for alone.',
  };
  const frames = anyLength('Convolutions pad the clip in time; the published weights saw windows of 100.');
  return {frames, height: side, width: side};
}

/** The named variants. */
export const transNetV2Networks = defineVariants(
  'transnet_v2',
  {build, sizes},
  {
    transnet_v2: {
      task: 'shots',
      description: 'TransNetV2 on windows of 100 frames of 48 x 27: where the shots of a film end',
      config: TRANSNET_V2,
    },
    transnet_v2_tiny: {
      task: 'shots',
      description: 'TransNetV2 with two blocks of two branches on 6 frames of 12 x 9',
      config: TINY,
      tiny: true,
    },
  },
);

/**
 * TransNetV2 on windows of a film `[batch, frames, 27, 48, 3]`: RGB, values 0..255 as they are, each frame scaled to
 * 48 x 27 whatever its aspect.
 *
 * Layers are named `block<b>_cell<c>_rate<r>_{spatial,temporal}`, `block<b>_cell<c>_bn`, `frame_similarity_projected`,
 * `frame_similarity`, `color_histograms`, `fc1`, `single`, `many_hot`; `block<b>` is the output of a block. The number of frames
 * may be any, also of another clip than the model was made for (`freeze`); the published weights were trained and
 * measured on 100, and other windows give slightly other answers.
 *
 * @returns a model with two outputs `[batch, frames, 1]`: `single`, whether a shot ends with this frame (of a gradual
 *   transition one frame is meant), and `many_hot`, whether this frame is part of a transition; logits, or probabilities
 *   with `activation: 'sigmoid'`
 * @throws InvalidArgumentError for frames that are no whole number of at least 1
 *
 * ```ts
 * const model = transNetV2({activation: 'sigmoid'});
 * const [single, manyHot] = model.predict(window);
 * ```
 */
export function transNetV2(options: TransNetV2Options = {}): tfl.LayersModel {
  return build({...configWith('networks.transNetV2', TRANSNET_V2, options), name: 'transNetV2'});
}

function build(config: NamedConfig): tfl.LayersModel {
  check(config);
  const {frames, height, width, hidden, blocks, dropout} = config;
  const clip = tfl.input({shape: [frames, height, width, 3], name: 'clip'});
  let x = apply(tfl.layers.rescaling({scale: 1 / 255, name: 'rescaled'}), clip);
  const outputs = Array.from({length: blocks}, (_, i) => {
    x = block(x, config, i);
    return x;
  });
  const features = [colorHistograms(clip, config), frameSimilarity(outputs, config), rows(x, 'flat')];
  const joined = concatenate(features, 'fc1_input');
  const active = relu(apply(dense(config, 'fc1', hidden), joined), 'fc1_relu');
  const kept = apply(tfl.layers.dropout({rate: dropout, name: 'dropout'}), active);
  const answers = ['single', 'many_hot'].map((name) =>
    apply(dense(config, name, 1, config.activation), kept),
  );
  return tfl.model({inputs: clip, outputs: answers, name: config.name});
}

function check(config: NamedConfig): void {
  checkClipConfig(config);
  checkOneOf(config.name, 'activation', config.activation, ['linear', 'sigmoid']);
  checkChances(config, ['dropout']);
  checkSizes(config, sizes(config));
}

/** Two cells, the first one's output added to the second's, and means of 2 x 2; an odd last row or column is left out. */
function block(x: tfl.SymbolicTensor, config: NamedConfig, index: number): tfl.SymbolicTensor {
  const name = `block${index}`;
  const filters = config.filters * 2 ** index;
  const first = relu(cell(x, config, `${name}_cell0`, filters), `${name}_cell0`);
  const second = relu(cell(first, config, `${name}_cell1`, filters), `${name}_cell1_relu`);
  const sum = tfl.layers.add({name: `${name}_sum`}).apply([second, first]) as tfl.SymbolicTensor;
  const halves: [number, number, number] = [1, 2, 2];
  return apply(tfl.layers.averagePooling3d({poolSize: halves, strides: halves, name}), sum);
}

/** Branches of a convolution in space and one in time, which differ in how far apart the latter's taps are. */
function cell(x: tfl.SymbolicTensor, config: NamedConfig, name: string, filters: number): tfl.SymbolicTensor {
  const branches = config.dilations.map((dilation) => {
    const branch = `${name}_rate${dilation}`;
    const spatial = convolution(config, `${branch}_spatial`, {
      filters: 2 * filters,
      kernelSize: [1, 3, 3],
      padding: [0, 1, 1],
    });
    const temporal = convolution(config, `${branch}_temporal`, {
      filters,
      kernelSize: [3, 1, 1],
      padding: [dilation, 0, 0],
      dilationRate: [dilation, 1, 1],
    });
    return apply(temporal, apply(spatial, x));
  });
  const norm = sts.batchNorm3d({epsilon: EPSILON, momentum: 0.99, name: `${name}_bn`});
  return apply(norm, concatenate(branches, `${name}_branches`));
}

/** Without bias, normal at a variance of 2 / fan-in. */
function convolution(
  config: NamedConfig,
  name: string,
  args: Pick<Parameters<typeof sts.conv3d>[0], 'filters' | 'kernelSize' | 'padding' | 'dilationRate'>,
): tfl.layers.Layer {
  return sts.conv3d({...args, useBias: false, kernelInitializer: initializer(config, name), name});
}

function dense(
  config: NamedConfig,
  name: string,
  units: number,
  activation: 'linear' | 'relu' | 'sigmoid' = 'linear',
) {
  return tfl.layers.dense({units, activation, kernelInitializer: initializer(config, name), name});
}

const initializer = (config: NamedConfig, name: string) =>
  isWeightless(config, name) ? tfl.initializers.zeros() : tfl.initializers.heNormal({});

/** How alike the colours of neighbouring frames are. */
function colorHistograms(clip: tfl.SymbolicTensor, config: NamedConfig): tfl.SymbolicTensor {
  return similarity(apply(sts.colorHistogram({name: 'color_counts'}), clip), config, 'color_histograms');
}

/** How alike neighbouring frames are by the means of each block's features. */
function frameSimilarity(outputs: readonly tfl.SymbolicTensor[], config: NamedConfig): tfl.SymbolicTensor {
  const means = outputs.map((x, i) => {
    const [height, width] = x.shape.slice(2, 4) as [number, number];
    const frame: [number, number, number] = [1, height, width];
    const name = `block${i}_mean`;
    return rows(apply(tfl.layers.averagePooling3d({poolSize: frame, strides: frame, name}), x), `${name}s`);
  });
  const projection = dense(config, 'frame_similarity_projected', config.similarityFeatures);
  const projected = apply(projection, concatenate(means, 'frame_similarity_pooled'));
  return similarity(projected, config, 'frame_similarity');
}

function similarity(features: tfl.SymbolicTensor, config: NamedConfig, name: string): tfl.SymbolicTensor {
  const {reach, similarityFeatures} = config;
  const windows = apply(sts.frameSimilarity({reach, name: `${name}_windows`}), features);
  return apply(dense(config, name, similarityFeatures, 'relu'), windows);
}

/** `[batch, time, height, width, channels]` as a row for each frame. */
function rows(x: tfl.SymbolicTensor, name: string): tfl.SymbolicTensor {
  const [frames, height, width, channels] = x.shape.slice(1) as [number, number, number, number];
  return apply(tfl.layers.reshape({targetShape: [frames, height * width * channels], name}), x);
}

function concatenate(values: tfl.SymbolicTensor[], name: string): tfl.SymbolicTensor {
  return tfl.layers.concatenate({name}).apply(values) as tfl.SymbolicTensor;
}
