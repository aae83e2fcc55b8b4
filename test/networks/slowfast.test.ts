/** SlowFast against the authors' code, video and image networks. */
import {describe} from 'vitest';
import {mmaction2, timm} from '../../src/checkpoints/names';
import {describeGoldenNetwork, moduleLayer} from './golden_networks';

const layerOf = (module: string) => moduleLayer(module).replace('_path_', '_');

/** A traced convolution includes its activation, which is a layer of its own here. */
function pointLayer(point: string): string {
  if (point.endsWith('.conv1')) return `${layerOf(point)}_relu`;
  return point === 'cls_head.fc_cls' ? 'classifier' : layerOf(point);
}

describe.each(['slowfast_r50_4x16', 'slowfast_r50_8x8'])('%s', (name) => {
  const points = {pointLayer, stsLayer: (module: string) => `${layerOf(module)}_relu`};
  describeGoldenNetwork({
    ...points,
    file: name,
    network: (sts) => (sts ? `${name}_sts` : name),
    names: mmaction2.slowFast(),
  });
  describeGoldenNetwork({
    ...points,
    file: `image_${name}`,
    network: () => `${name}_image`,
    names: timm.slowFast(),
  });
});
