/** X3D against the authors' code: video with STS on and off, and images. */
import {mmaction2, timm} from '../../src/checkpoints/names';
import {describeGoldenNetwork} from './golden_networks';

/** A point of the trace is behind the norm and activation of its module; of the head it is the linear layer alone. */
const pointLayer = (point: string) => {
  const layer = point.replace(/^(backbone|get_feature|cls_head)\./, '').replaceAll('.', '_');
  if (layer === 'fc2') return 'classifier';
  return layer === 'conv1_t' || layer === 'conv5' ? `${layer}_relu` : layer;
};
/** The depthwise convolutions have a norm and no activation before squeeze-excite. */
const stsLayer = (module: string) => `${pointLayer(module)}_bn`;

describeGoldenNetwork({
  file: 'x3d_s',
  network: (sts) => (sts ? 'x3d_s_sts' : 'x3d_s'),
  names: mmaction2.x3d(),
  pointLayer,
  stsLayer,
});

describeGoldenNetwork({
  file: 'image_x3d_s',
  network: () => 'x3d_s_image',
  names: timm.x3d(),
  pointLayer,
  stsLayer,
});
