/** SlowOnly against the authors' code, video and image networks. */
import {mmaction2, timm} from '../../src/checkpoints/names';
import {describeGoldenNetwork, moduleLayer} from './golden_networks';

/** A traced convolution includes its activation, which is a layer of its own here. */
function pointLayer(point: string): string {
  if (point.endsWith('.conv1')) return `${moduleLayer(point)}_relu`;
  return point === 'cls_head.fc_cls' ? 'classifier' : moduleLayer(point);
}

const name = 'slowonly_r50_8x8';
const points = {pointLayer, stsLayer: (module: string) => `${moduleLayer(module)}_relu`};
describeGoldenNetwork({
  ...points,
  file: name,
  network: (sts) => (sts ? `${name}_sts` : name),
  names: mmaction2.slowOnly(),
});
describeGoldenNetwork({
  ...points,
  file: `image_${name}`,
  network: () => `${name}_image`,
  names: timm.slowOnly(),
});
