/** The gradient with respect to the input on the tensorflow backend, part by part. */
import * as tf from '@tensorflow/tfjs-core';
import {convInfoOf, IndirectConv3DBackpropInput} from '../../../geometry/kernel_names';
import type {Shape5D} from '../../../util/shapes';
import {addAll, tensorFlowOf} from '../backend';
import {denseInput} from './dense';
import {groupedInput} from './grouped';
import {gridOf, partFilter, unviewInput, viewOutput} from './views';

export const indirectConv3DBackpropInputConfig: tf.KernelConfig = {
  kernelName: IndirectConv3DBackpropInput,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {dy, filter} = inputs as Record<string, tf.Tensor>;
    const info = convInfoOf(attrs);
    const tensorflow = tensorFlowOf(backend);
    return tf.tidy(() => {
      const gradient = tf.reshape(dy!, info.outputShape) as tf.Tensor5D;
      const byChannel = new Map<number, tf.Tensor5D[]>();
      for (const part of info.parts) {
        const grid = gridOf(info, part);
        const inputOf = grid.groups === 1 ? denseInput : groupedInput;
        const dx = inputOf(
          tensorflow,
          viewOutput(gradient, part),
          partFilter(filter!, info, part, grid),
          grid,
        );
        const shape = [...info.inputShape.slice(0, 4), part.inputChannels] as Shape5D;
        const terms = byChannel.get(part.inputChannel) ?? [];
        byChannel.set(part.inputChannel, [...terms, tf.reshape(unviewInput(dx, part, info), shape)]);
      }
      const sums = [...byChannel].sort(([a], [b]) => a - b).map(([, terms]) => addAll(tensorflow, terms));
      return sums.length === 1 ? sums[0]! : tf.concat(sums, 4);
    });
  },
};
