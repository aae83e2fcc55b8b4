/** The modules of MMAction's R(2+1)D, whose names the authors' two forks share but for the prefix. */
import type {ModuleName} from './name_map';

/** Everything before the head. */
export function r2plus1dModules(prefix: string): ModuleName[] {
  return [
    ...pair(`${prefix}conv1`, 'conv1'),
    ...pair(`${prefix}layer{s}.{b}.conv{c}`, 'layer{s}_{b}_conv{c}'),
    ...pair(`${prefix}layer{s}.{b}.downsample`, 'layer{s}_{b}_downsample'),
  ];
}

/** A convolution in space and its norm, one in time and the norm behind both. */
function pair(torch: string, ours: string): ModuleName[] {
  return [
    {torch: `${torch}.conv.conv_s`, ours: `${ours}_s`, kind: 'conv'},
    {torch: `${torch}.conv.bn_s`, ours: `${ours}_s_bn`, kind: 'norm'},
    {torch: `${torch}.conv.conv_t`, ours: `${ours}_t`, kind: 'conv'},
    {torch: `${torch}.bn`, ours: `${ours}_bn`, kind: 'norm'},
  ];
}
