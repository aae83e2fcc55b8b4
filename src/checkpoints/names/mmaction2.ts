/**
 * Names in the authors' video checkpoints (their fork of MMAction: `backbone....`, `cls_head....`). One function per
 * family of networks; timm.ts has the same tables under the names of image mode.
 */
import {type ModuleName, type NameMap, nameMap} from './name_map';
import {slowFastModules, slowOnlyModules} from './resnet3d';

const classifier: ModuleName = {torch: 'cls_head.fc_cls', ours: 'classifier', kind: 'dense'};

/** SlowFast. */
export function slowFast(): NameMap {
  return nameMap([...slowFastModules('backbone.'), classifier]);
}

/** SlowOnly. */
export function slowOnly(): NameMap {
  return nameMap([...slowOnlyModules('backbone.'), classifier]);
}
