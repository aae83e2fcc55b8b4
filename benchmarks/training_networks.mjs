/** The networks of which the benchmarks take training steps. */
import {PROTOCOL} from '../experiments/claims/protocol.mjs';
import {motionNames} from '../experiments/claims/task/motions.mjs';

const KINETICS = {batch: 1, classes: 400, config: {}};
const {forms, task, video} = PROTOCOL;
/** The networks of the experiment on the claims, as it trains them; the movements of each thing are its classes. */
const experiment = {
  clip: `${task.frames}x${task.side}x${task.side}`,
  ...{batch: video.recipe.batchSize, classes: motionNames.length * task.things},
};
const ofExperiment = (title, {network, config}, sts) => ({
  ...experiment,
  ...{
    title: `${title}${sts ? ' with STS' : ''}, ${experiment.batch} clips of ${experiment.clip}`,
    name: network,
  },
  config: sts ? {...config, sts} : config,
});
export const NETWORKS = [
  {...KINETICS, title: 'ResNet3D-18, 8x56x56', name: 'resnet3d18', clip: '8x56x56'},
  {...KINETICS, title: 'X3D-S, 13x160x160', name: 'x3d_s', clip: '13x160x160'},
  {...KINETICS, title: 'SlowFast 8x8, 32x112x112', name: 'slowfast_r50_8x8', clip: '32x112x112'},
  {
    ...KINETICS,
    ...{title: 'EfficientNet-Lite0 with STS, 8x112x112', name: 'efficientnet_lite0_sts', clip: '8x112x112'},
  },
  ...[false, true].map((sts) => ofExperiment('small SlowOnly', forms.slowonly, sts)),
  ...[false, true].map((sts) => ofExperiment('small X3D', forms.x3d, sts)),
];
