/**
 * Gradients of the three kernels. The form g(dy, x, w) = sum(dy * conv(x, w)) is linear in each of its three
 * arguments, and each kernel is its derivative by one of them: so the three are closed under differentiation, and
 * gradients of gradients work too.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  activationOf,
  convInfoOf,
  IndirectConv3D,
  IndirectConv3DBackpropFilter,
  IndirectConv3DBackpropInput,
} from '../../geometry/kernel_names';
import {InvalidArgumentError} from '../../util/errors';
import {runKernel} from '../run_kernel';

const forwardGradient: tf.GradConfig = {
  kernelName: IndirectConv3D,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dyOrMany, saved, attrs) => {
    if (activationOf(attrs) !== 'linear') {
      throw new InvalidArgumentError(
        `${IndirectConv3D}: there is no gradient through the activation ${JSON.stringify(activationOf(attrs))}; ` +
          "run the kernel with 'linear' and the activation after it, as the ops do while a gradient is recorded.",
      );
    }
    const info = convInfoOf(attrs);
    const dy = dyOrMany as tf.Tensor;
    const [x, filter] = saved as [tf.Tensor, tf.Tensor];
    return {
      x: () => runKernel(IndirectConv3DBackpropInput, {dy, filter}, info),
      filter: () => runKernel(IndirectConv3DBackpropFilter, {x, dy}, info),
      bias: () => tf.sum(tf.reshape(dy, [-1, info.outputShape[4]]), 0),
      residual: () => dy,
    };
  },
};

const backpropInputGradient: tf.GradConfig = {
  kernelName: IndirectConv3DBackpropInput,
  inputsToSave: ['dy', 'filter'],
  gradFunc: (gradient, saved, attrs) => {
    const info = convInfoOf(attrs);
    const x = gradient as tf.Tensor;
    const [dy, filter] = saved as [tf.Tensor, tf.Tensor];
    return {
      dy: () => runKernel(IndirectConv3D, {x, filter}, info),
      filter: () => runKernel(IndirectConv3DBackpropFilter, {x, dy}, info),
    };
  },
};

const backpropFilterGradient: tf.GradConfig = {
  kernelName: IndirectConv3DBackpropFilter,
  inputsToSave: ['x', 'dy'],
  gradFunc: (gradient, saved, attrs) => {
    const info = convInfoOf(attrs);
    const filter = gradient as tf.Tensor;
    const [x, dy] = saved as [tf.Tensor, tf.Tensor];
    return {
      x: () => runKernel(IndirectConv3DBackpropInput, {dy, filter}, info),
      dy: () => runKernel(IndirectConv3D, {x, filter}, info),
    };
  },
};

export const convolutionGradients: readonly tf.GradConfig[] = [
  forwardGradient,
  backpropInputGradient,
  backpropFilterGradient,
];
