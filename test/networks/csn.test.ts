/** ir-CSN against the authors' code: video with STS on and off, and images. */
import {mmaction2, timm} from '../../src/checkpoints/names';
import {describeGoldenNetwork} from './golden_networks';

const pointLayer = (point: string) => {
  const layer = point.replace(/^(backbone|get_feature|cls_head)\./, '').replaceAll('.', '_');
  if (layer === 'fc_cls') return 'classifier';
  return layer === 'conv1' ? 'conv1_relu' : layer;
};
/** The trace has the depthwise convolutions behind norm and activation. */
const stsLayer = (module: string) => `${pointLayer(module)}_relu`;

describeGoldenNetwork({
  file: 'ircsn_r50',
  network: (sts) => (sts ? 'ircsn_r50_sts' : 'ircsn_r50'),
  names: mmaction2.csn(),
  pointLayer,
  stsLayer,
});

describeGoldenNetwork({
  file: 'image_ircsn_r50',
  network: () => 'ircsn_r50_image',
  names: timm.csn(),
  pointLayer,
  stsLayer,
});
