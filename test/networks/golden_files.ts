/**
 * The golden files of test/golden/networks and how to read them: which network of the registry each is of, under whose
 * names its weights were filled, and which of our layers is which point of the trace.
 */
import {mmaction2, type NameMap, timm} from '../../src/models/checkpoints/names';

export interface GoldenNetwork {
  /** Of test/golden/networks, without ending. */
  file: string;
  /** Name in the registry. */
  network: (sts: boolean) => string;
  names: NameMap;
  /** The layer whose output is the traced point. */
  pointLayer: (point: string) => string;
  /** The layer whose output is that of an STS convolution in the trace. */
  stsLayer: (module: string) => string;
}

type Points = Pick<GoldenNetwork, 'pointLayer' | 'stsLayer'>;

type Family = 'slowFast' | 'slowOnly' | 'r2plus1d' | 'csn' | 'x3d';

/** `backbone.layer1.0.conv1` to `layer1_0_conv1`: our layers are named after the authors' modules. */
const moduleLayer = (module: string) =>
  module.replace(/^(backbone|get_feature|cls_head)\./, '').replaceAll('.', '_');

const pathLayer = (module: string) => moduleLayer(module).replace('_path_', '_');

/** A traced convolution includes its activation, which is a layer of its own here. */
const resNet: Points = {
  pointLayer: (point) => {
    if (point.endsWith('.conv1')) return `${pathLayer(point)}_relu`;
    return point === 'cls_head.fc_cls' ? 'classifier' : pathLayer(point);
  },
  stsLayer: (module) => `${pathLayer(module)}_relu`,
};

const stemAndHead = (point: string) => {
  const layer = moduleLayer(point);
  if (layer === 'fc_cls') return 'classifier';
  return layer === 'conv1' ? 'conv1_relu' : layer;
};

/** Of these convolutions the trace has the bare output, `backbone.layer1.0.conv1.conv.conv_t`. */
const r2plus1d: Points = {
  pointLayer: stemAndHead,
  stsLayer: (module) => moduleLayer(module.replace('.conv.conv_t', '.t')),
};

/** The trace has the depthwise convolutions behind norm and activation. */
const csn: Points = {pointLayer: stemAndHead, stsLayer: (module) => `${moduleLayer(module)}_relu`};

/**
 * A point is behind the norm and activation of its module; of the head it is the linear layer alone. The depthwise
 * convolutions have a norm and no activation before squeeze-excite.
 */
const x3d: Points = {
  pointLayer: (point) => {
    const layer = moduleLayer(point);
    if (layer === 'fc2') return 'classifier';
    return layer === 'conv1_t' || layer === 'conv5' ? `${layer}_relu` : layer;
  },
  stsLayer: (module) => `${moduleLayer(module)}_bn`,
};

/** Networks on clips. */
export const videoNetworks = {
  slowfast_r50_4x16: video('slowfast_r50_4x16', 'slowFast', resNet),
  slowfast_r50_8x8: video('slowfast_r50_8x8', 'slowFast', resNet),
  slowonly_r50_8x8: video('slowonly_r50_8x8', 'slowOnly', resNet),
  r2plus1d_r34_8x8: video('r2plus1d_r34_8x8', 'r2plus1d', r2plus1d),
  ircsn_r50: video('ircsn_r50', 'csn', csn),
  x3d_s: video('x3d_s', 'x3d', x3d),
};

/** Their twins on images. */
export const imageNetworks = {
  slowfast_r50_4x16: image('slowfast_r50_4x16', 'slowFast', resNet),
  slowfast_r50_8x8: image('slowfast_r50_8x8', 'slowFast', resNet),
  slowonly_r50_8x8: image('slowonly_r50_8x8', 'slowOnly', resNet),
  r2plus1d_r34_8x8: image('r2plus1d_r34_8x8', 'r2plus1d', r2plus1d),
  ircsn_r50: image('ircsn_r50', 'csn', csn),
  x3d_s: image('x3d_s', 'x3d', x3d),
};

function video(name: string, family: Family, points: Points): GoldenNetwork {
  return {
    ...points,
    file: name,
    network: (sts) => (sts ? `${name}_sts` : name),
    names: mmaction2[family](),
  };
}

function image(name: string, family: Family, points: Points): GoldenNetwork {
  return {...points, file: `image_${name}`, network: () => `${name}_image`, names: timm[family]()};
}
