/**
 * Names in the authors' image-mode checkpoints (their fork of timm: `get_feature....`, `classifier`). One function per
 * family of networks.
 */
import {type ModuleName, type NameMap, nameMap} from './name_map';
import {slowFastModules, slowOnlyModules} from './resnet3d';

const classifier: ModuleName = {torch: 'classifier', ours: 'classifier', kind: 'dense'};

/** SlowFast. */
export function slowFast(): NameMap {
  return nameMap([...slowFastModules('get_feature.'), classifier]);
}

/** SlowOnly. */
export function slowOnly(): NameMap {
  return nameMap([...slowOnlyModules('get_feature.'), classifier]);
}
