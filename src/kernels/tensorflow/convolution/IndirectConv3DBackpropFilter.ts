/** The gradient with respect to the filter on the tensorflow backend: each part's block of it, put in its place. */
import * as tf from '@tensorflow/tfjs-core';
import {IndirectConv3DBackpropFilter} from '../../../geometry/kernel_names';
import {tapCount} from '../../../geometry/taps';
import {addAll, isEmpty, reshape, tensorFlowOf} from '../backend';
import {checkedInfo} from './checked_info';
import {denseFilter} from './dense';
import {groupedFilter} from './grouped';
import {gridOf, viewInput, viewOutput} from './views';

export const indirectConv3DBackpropFilterConfig: tf.KernelConfig = {
  kernelName: IndirectConv3DBackpropFilter,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {x, dy} = inputs as Record<string, tf.Tensor>;
    const info = checkedInfo(IndirectConv3DBackpropFilter, attrs);
    if (isEmpty(dy!)) return tf.zeros(info.filterShape);
    const tensorflow = tensorFlowOf(backend);
    return tf.tidy(() => {
      const input = reshape(x!, info.inputShape) as tf.Tensor5D;
      const gradient = reshape(dy!, info.outputShape) as tf.Tensor5D;
      const [taps, inputs, outputs] = info.filterView;
      const blocks = info.parts.map((part) => {
        const grid = gridOf(info, part);
        const filterOf = grid.groups === 1 ? denseFilter : groupedFilter;
        const given = viewInput(input, part, info.outputShape[1]);
        const count = tapCount(part.rule);
        const block = reshape(filterOf(tensorflow, given, viewOutput(gradient, part), grid), [
          count,
          inputs,
          part.outputChannels,
        ]) as tf.Tensor3D;
        return tf.pad(block, [
          [part.firstTap, taps - part.firstTap - count],
          [0, 0],
          [part.outputChannel, outputs - part.outputChannel - part.outputChannels],
        ]);
      });
      return reshape(addAll(tensorflow, blocks), info.filterShape);
    });
  },
};
