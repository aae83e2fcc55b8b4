/** R(2+1)D against the authors' code: video with STS on and off, and images. */
import {mmaction2, timm} from '../../src/checkpoints/names';
import {describeGoldenNetwork} from './golden_networks';

const pointLayer = (point: string) => {
  const layer = point.replace(/^(backbone|get_feature|cls_head)\./, '').replaceAll('.', '_');
  if (layer === 'fc_cls') return 'classifier';
  return layer === 'conv1' ? 'conv1_relu' : layer;
};
/** Of these convolutions the trace has the bare output, `backbone.layer1.0.conv1.conv.conv_t`. */
const stsLayer = (module: string) => pointLayer(module.replace('.conv.conv_t', '.t'));

describeGoldenNetwork({
  file: 'r2plus1d_r34_8x8',
  network: (sts) => (sts ? 'r2plus1d_r34_8x8_sts' : 'r2plus1d_r34_8x8'),
  names: mmaction2.r2plus1d(),
  pointLayer,
  stsLayer,
});

describeGoldenNetwork({
  file: 'image_r2plus1d_r34_8x8',
  network: () => 'r2plus1d_r34_8x8_image',
  names: timm.r2plus1d(),
  pointLayer,
  stsLayer,
});
