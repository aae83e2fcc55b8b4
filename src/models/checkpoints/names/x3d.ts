/** The modules of MMAction's X3D, whose names the authors' two forks share but for the prefix and the head. */
import type {ModuleName} from './name_map';
import {convNorm} from './resnet3d';

/** Everything before the head. */
export function x3dModules(prefix: string): ModuleName[] {
  const block = `${prefix}layer{s}.{b}`;
  return [
    // The stem's first convolution has no norm. The first row that fits counts, so depthwise ones come before others.
    {torch: `${prefix}conv1_s.conv`, ours: 'conv1_s', kind: 'conv'},
    {torch: `${prefix}conv1_t.conv`, ours: 'conv1_t', kind: 'depthwise'},
    {torch: `${prefix}conv1_t.bn`, ours: 'conv1_t_bn', kind: 'norm'},
    {torch: `${block}.conv2.conv`, ours: 'layer{s}_{b}_conv2', kind: 'depthwise'},
    ...convNorm(`${block}.conv{c}`, 'layer{s}_{b}_conv{c}'),
    ...convNorm(`${block}.downsample`, 'layer{s}_{b}_downsample'),
    {torch: `${block}.se_module.fc{c}`, ours: 'layer{s}_{b}_se_fc{c}', kind: 'conv'},
    ...convNorm(`${prefix}conv5`, 'conv5'),
  ];
}
