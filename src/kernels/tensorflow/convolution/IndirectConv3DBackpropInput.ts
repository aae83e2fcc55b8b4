/** The gradient with respect to the input on the tensorflow backend, part by part. */
import * as tf from '@tensorflow/tfjs-core';
import {IndirectConv3DBackpropInput} from '../../../geometry/kernel_names';
import type {Shape5D} from '../../../util/shapes';
import {isEmpty, reshape, sumByChannel, tensorFlowOf} from '../backend';
import {checkedInfo} from './checked_info';
import {denseInput} from './dense';
import {groupedInput} from './grouped';
import {gridOf, partFilter, unviewInput, viewOutput} from './views';

export const indirectConv3DBackpropInputConfig: tf.KernelConfig = {
  kernelName: IndirectConv3DBackpropInput,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {dy, filter} = inputs as Record<string, tf.Tensor>;
    const info = checkedInfo(IndirectConv3DBackpropInput, attrs);
    if (isEmpty(dy!)) return tf.zeros(info.inputShape);
    const tensorflow = tensorFlowOf(backend);
    return tf.tidy(() => {
      const gradient = reshape(dy!, info.outputShape) as tf.Tensor5D;
      const terms = info.parts.map((part) => {
        const grid = gridOf(info, part);
        const inputOf = grid.groups === 1 ? denseInput : groupedInput;
        const dx = inputOf(
          tensorflow,
          viewOutput(gradient, part),
          partFilter(filter!, info, part, grid),
          grid,
        );
        const shape = [...info.inputShape.slice(0, 4), part.inputChannels] as Shape5D;
        return [part.inputChannel, reshape(unviewInput(dx, part, info), shape)] as const;
      });
      return sumByChannel(tensorflow, terms);
    });
  },
};
