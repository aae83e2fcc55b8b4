/** The modules of MMAction's 3D ResNets, whose names the authors' two forks share but for the prefix. */
import type {ModuleName} from './name_map';

/** A ConvModule: a convolution and its norm. */
export const convNorm = (torch: string, ours: string): ModuleName[] => [
  {torch: `${torch}.conv`, ours, kind: 'conv'},
  {torch: `${torch}.bn`, ours: `${ours}_bn`, kind: 'norm'},
];

/** A ResNet of bottlenecks; names of modules begin with `torch`, names of layers with `ours`. */
function pathModules(torch: string, ours: string): ModuleName[] {
  return [
    ...convNorm(`${torch}conv1`, `${ours}conv1`),
    ...convNorm(`${torch}layer{s}.{b}.conv{c}`, `${ours}layer{s}_{b}_conv{c}`),
    ...convNorm(`${torch}layer{s}.{b}.downsample`, `${ours}layer{s}_{b}_downsample`),
  ];
}

/** Both paths and the lateral convolutions of SlowFast. */
export function slowFastModules(prefix: string): ModuleName[] {
  const slow = `${prefix}slow_path.`;
  return [
    {torch: `${slow}conv1_lateral.conv`, ours: 'slow_conv1_lateral', kind: 'conv'},
    {torch: `${slow}layer{s}_lateral.conv`, ours: 'slow_layer{s}_lateral', kind: 'conv'},
    ...pathModules(slow, 'slow_'),
    ...pathModules(`${prefix}fast_path.`, 'fast_'),
  ];
}

/** SlowOnly is one path without a name. */
export function slowOnlyModules(prefix: string): ModuleName[] {
  return pathModules(prefix, '');
}
