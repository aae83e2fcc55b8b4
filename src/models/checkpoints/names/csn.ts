/** The modules of MMAction's ir-CSN, whose names the authors' two forks share but for the prefix. */
import type {ModuleName} from './name_map';
import {convNorm} from './resnet3d';

/** Everything before the head. The depthwise convolution is the only member of a sequence, hence `conv2.0`. */
export function csnModules(prefix: string): ModuleName[] {
  const block = `${prefix}layer{s}.{b}`;
  return [
    ...convNorm(`${prefix}conv1`, 'conv1'),
    {torch: `${block}.conv2.0.conv`, ours: 'layer{s}_{b}_conv2', kind: 'depthwise'},
    {torch: `${block}.conv2.0.bn`, ours: 'layer{s}_{b}_conv2_bn', kind: 'norm'},
    ...convNorm(`${block}.conv{c}`, 'layer{s}_{b}_conv{c}'),
    ...convNorm(`${block}.downsample`, 'layer{s}_{b}_downsample'),
  ];
}
