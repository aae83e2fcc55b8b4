/**
 * Names in the authors' image-mode checkpoints (their fork of timm: `get_feature....`, `classifier`). One function per
 * family of networks.
 */
import {csnModules} from './csn';
import {type ModuleName, type NameMap, nameMap} from './name_map';
import {r2plus1dModules} from './r2plus1d';
import {slowFastModules, slowOnlyModules} from './resnet3d';
import {x3dModules} from './x3d';

const classifier: ModuleName = {torch: 'classifier', ours: 'classifier', kind: 'dense'};

/** SlowFast. */
export function slowFast(): NameMap {
  return nameMap([...slowFastModules('get_feature.'), classifier]);
}

/** SlowOnly. */
export function slowOnly(): NameMap {
  return nameMap([...slowOnlyModules('get_feature.'), classifier]);
}

/** R(2+1)D. */
export function r2plus1d(): NameMap {
  return nameMap([...r2plus1dModules('get_feature.'), classifier]);
}

/** ir-CSN. */
export function csn(): NameMap {
  return nameMap([...csnModules('get_feature.'), classifier]);
}

/** X3D. */
export function x3d(): NameMap {
  return nameMap([...x3dModules('get_feature.'), {torch: 'fc1', ours: 'fc1', kind: 'dense'}, classifier]);
}
