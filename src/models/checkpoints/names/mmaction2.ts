/**
 * Names in the authors' video checkpoints (their fork of MMAction: `backbone....`, `cls_head....`). One function per
 * family of networks; timm.ts has the same tables under the names of image mode.
 */
import {csnModules} from './csn';
import {type ModuleName, type NameMap, nameMap} from './name_map';
import {r2plus1dModules} from './r2plus1d';
import {slowFastModules, slowOnlyModules} from './resnet3d';
import {x3dModules} from './x3d';

const classifier: ModuleName = {torch: 'cls_head.fc_cls', ours: 'classifier', kind: 'dense'};

/** SlowFast. */
export function slowFast(): NameMap {
  return nameMap([...slowFastModules('backbone.'), classifier]);
}

/** SlowOnly. */
export function slowOnly(): NameMap {
  return nameMap([...slowOnlyModules('backbone.'), classifier]);
}

/** R(2+1)D. */
export function r2plus1d(): NameMap {
  return nameMap([...r2plus1dModules('backbone.'), classifier]);
}

/** ir-CSN. */
export function csn(): NameMap {
  return nameMap([...csnModules('backbone.'), classifier]);
}

/** X3D. */
export function x3d(): NameMap {
  return nameMap([
    ...x3dModules('backbone.'),
    {torch: 'cls_head.fc1', ours: 'fc1', kind: 'dense'},
    {torch: 'cls_head.fc2', ours: 'classifier', kind: 'dense'},
  ]);
}
