/**
 * The models that the authors of STS published: which network and input each is for, what accuracy they report, and which file
 * to bring. None of them ships; `tfjs-sts convert` makes a file for `loadModel` of one. Data only.
 */
import type {LabelSet} from '../label_sets';
import type {ModelInput} from '../model_info';
import type {ModelRow} from './model_row';

/** Where the authors keep code, figures and links to the files. */
const REPOSITORY = 'github.com/UCSC-VLAA/Image-Pretraining-for-Video';

const NORMALIZATION = {mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375]} as const;

const TABLES = {
  imagenet1k: 'ImageNet-1k',
  kinetics400: 'Kinetics-400',
  somethingSomethingV2: 'Something-Something V2',
} as const satisfies Readonly<Record<LabelSet, string>>;

/** In the revisions of the README that we read, the cells of these are empty. */
const SECOND_HAND = ['slowfast_r50_4x16_sts.k400_e100', 'x3d_s_sts.k400_e100'];

interface Published {
  readonly network: string;
  readonly tag: string;
  readonly labels: LabelSet;
  /** The authors' name of the network. */
  readonly row: string;
  readonly config: string;
  readonly input: ModelInput;
  readonly views: ModelRow['views'];
  /** Not measured by us. */
  readonly top1: number;
  /** Length of training where the authors tell it. */
  readonly epochs: number | null;
}

function published({network, tag, labels, row, config, input, views, top1, epochs}: Published): ModelRow {
  const name = `${network}.${tag}`;
  const {frames, interval, crop} = input;
  const clip =
    frames === 1 ? 'images' : `${frames} frames${interval === 'uniform' ? '' : ` ${interval} apart`}`;
  const training = epochs === null ? '' : `, ${epochs} epochs`;
  const table = TABLES[labels];
  const file = `README of ${REPOSITORY}, table ${table}, row ${row}${labels === 'kinetics400' ? training : ''}`;
  const secondHand = SECOND_HAND.includes(name) ? ' (at second hand: its cell there is empty)' : '';
  return {
    name,
    network,
    tag,
    task: 'classification',
    description: `${row} on ${table}: ${clip}, ${crop} x ${crop}${training}`,
    weights: {
      from: 'convert',
      file,
      config,
      command: `tfjs-sts convert FILE --network ${name} -o DIR`,
      bytes: null,
      sha256: null,
    },
    input,
    views,
    labels,
    licence: null,
    source: file,
    reported: [{metric: 'top-1', percent: top1, on: table, source: file + secondHand}],
    measured: [],
  };
}

/** timm's evaluation cuts 224 out of the middle of 224 / 0.875. Trained for 300 epochs. */
function onImageNet(network: string, row: string, scripts: string, top1: number): ModelRow {
  return published({
    network: `${network}_image`,
    tag: 'in1k',
    labels: 'imagenet1k',
    row,
    config: `Image_Pre_Training/scripts/${scripts}`,
    input: {frames: 1, size: 256, crop: 224, ...NORMALIZATION},
    views: {clips: 1, crops: 1},
    top1,
    epochs: 300,
  });
}

type Sampling = Pick<ModelInput, 'frames' | 'interval' | 'size'>;

/** Top-1 after 50 and, where it was done, 100 epochs. */
function onKinetics(
  network: string,
  row: string,
  config: string,
  {size, ...sampling}: Sampling,
  top1: readonly [number, number?],
): ModelRow[] {
  return top1.flatMap((accuracy, index) => {
    if (accuracy === undefined) return [];
    return published({
      network: `${network}_sts`,
      tag: index === 0 ? 'k400' : 'k400_e100',
      labels: 'kinetics400',
      row,
      config: `Spatiotemporal_Finetuning/configs/recognition/${config}`,
      input: {...sampling, size, crop: size, ...NORMALIZATION},
      views: {clips: 10, crops: 3},
      top1: accuracy,
      epochs: index === 0 ? 50 : 100,
    });
  });
}

function onSomethingSomething(
  network: string,
  row: string,
  config: string,
  frames: number,
  top1: number,
): ModelRow {
  return published({
    network: `${network}_sts`,
    tag: 'ssv2',
    labels: 'somethingSomethingV2',
    row,
    config: `Spatiotemporal_Finetuning/configs/recognition/${config}`,
    input: {frames, interval: 'uniform', size: 256, crop: 256, ...NORMALIZATION},
    views: {clips: 1, crops: 3},
    top1,
    epochs: null,
  });
}

const FAST: Sampling = {frames: 32, interval: 2, size: 256};
const SLOW: Sampling = {frames: 8, interval: 8, size: 256};

export const AUTHORS_MODELS: readonly ModelRow[] = [
  onImageNet('slowfast_r50_4x16', 'SlowFast50-4x16', 'slowfast', 79.9),
  onImageNet('slowfast_r50_8x8', 'SlowFast50-8x8', 'slowfast', 79.1),
  onImageNet('slowonly_r50_8x8', 'Slowonly50', 'slowonly', 79.9),
  onImageNet('r2plus1d_r34_8x8', 'R2plu1d34', 'r2plus1d', 79.6),
  onImageNet('ircsn_r50', 'ir-CSN50', 'csn', 78.8),
  onImageNet('x3d_s', 'X3D-S', 'x3d', 74.8),
  ...onKinetics(
    'slowfast_r50_4x16',
    'SlowFast50-4x16',
    'slowfast/slowfast50_4x16_32x2_STS_k400_video.py',
    FAST,
    [76.2, 76.9],
  ),
  ...onKinetics(
    'slowfast_r50_8x8',
    'SlowFast50-8x8',
    'slowfast/slowfast50_8x8_32x2_STS_k400_video.py',
    FAST,
    [77.2, 77.9],
  ),
  ...onKinetics('slowonly_r50_8x8', 'Slowonly50', 'slowonly/slowonly50_8x8_STS_k400_video.py', SLOW, [75.7]),
  ...onKinetics('r2plus1d_r34_8x8', 'R2plu1d34', 'r2plus1d/r2plus1d_r34_8x8_STS_k400_video.py', SLOW, [76.2]),
  ...onKinetics('ircsn_r50', 'ir-CSN50', 'csn/ircsn50_32x2_STS_k400_video.py', FAST, [76.8, 76.7]),
  ...onKinetics(
    'x3d_s',
    'X3D-S',
    'x3d/x3d_s_13x6_STS_k400_video.py',
    {frames: 13, interval: 6, size: 192},
    [72.5, 73.9],
  ),
  onSomethingSomething(
    'slowfast_r50_4x16',
    'SlowFast50-4x16',
    'slowfast/slowfast50_4x16_1x32_STS_sthv2_video.py',
    32,
    57.2,
  ),
  onSomethingSomething(
    'slowonly_r50_8x8',
    'Slowonly50',
    'slowonly/slowonly50_1x8_STS_sthv2_video.py',
    8,
    62.7,
  ),
  onSomethingSomething(
    'r2plus1d_r34_8x8',
    'R2plu1d34',
    'r2plus1d/r2plus1d_r34_1x8_STS_sthv2_video.py',
    8,
    63.0,
  ),
  onSomethingSomething('ircsn_r50', 'ir-CSN50', 'csn/ircsn50_1x8_STS_sthv2_video.py', 8, 61.4),
  onSomethingSomething('x3d_s', 'X3D-S', 'x3d/x3d_s_1x8_STS_sthv2_video.py', 8, 58.3),
];
