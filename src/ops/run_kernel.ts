/**
 * Runs a kernel of the family on the live backend. Where an entry such as tfjs-sts/cpu has registered one it runs;
 * elsewhere the composed form is registered under the same name on first use, marked so that a later entry replaces
 * it and kernelCoverage() can tell. Gradients are registered once for both.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../geometry/conv_info';
import {
  ACTIVATES,
  type Activation,
  activationOf,
  BatchNormTrain,
  BatchNormTrainGrad,
  COMPOSED,
  convInfoOf,
  epsilonOf,
  type GeneralKernelName,
  IndirectConv3D,
  type IndirectConv3DAttrs,
  IndirectConv3DBackpropFilter,
  IndirectConv3DBackpropInput,
} from '../geometry/kernel_names';
import {composeBatchNormTrain, composeBatchNormTrainGrad} from './compose/batch_norm';
import {composeBackpropFilter, composeBackpropInput, composeForward} from './compose/indirect_conv3d';

type Inputs = Record<string, tf.Tensor>;

/** The host hands a kernel the tensors that its op was called with, though it types them as TensorInfo. */
const tensor = (info: tf.TensorInfo | undefined) => info as tf.Tensor;

const composedKernels: Record<GeneralKernelName, tf.KernelFunc> = {
  [IndirectConv3D]: ({inputs, attrs}) =>
    composeForward(tensor(inputs.x), tensor(inputs.filter), convInfoOf(attrs), {
      bias: inputs.bias as tf.Tensor | undefined,
      residual: inputs.residual as tf.Tensor | undefined,
      activation: activationOf(attrs),
    }),
  [IndirectConv3DBackpropInput]: ({inputs, attrs}) =>
    composeBackpropInput(tensor(inputs.dy), tensor(inputs.filter), convInfoOf(attrs)),
  [IndirectConv3DBackpropFilter]: ({inputs, attrs}) =>
    composeBackpropFilter(tensor(inputs.x), tensor(inputs.dy), convInfoOf(attrs)),
  [BatchNormTrain]: ({inputs, attrs}) =>
    composeBatchNormTrain(inputs as Record<'x' | 'gamma' | 'beta', tf.Tensor>, epsilonOf(attrs)),
  [BatchNormTrainGrad]: ({inputs, attrs}) =>
    composeBatchNormTrainGrad(
      inputs as Record<'dy' | 'x' | 'gamma' | 'mean' | 'variance', tf.Tensor>,
      epsilonOf(attrs),
    ),
};

/** A convolution or a gradient of it. */
export function runKernel(
  kernelName: GeneralKernelName,
  inputs: Inputs,
  info: ConvInfo,
  activation: Activation = 'linear',
): tf.Tensor {
  return runWith(kernelName, inputs, {info, activation});
}

/** A convolution or a gradient of it, with attributes that the caller keeps. */
export function runWith(
  kernelName: GeneralKernelName,
  inputs: Inputs,
  attrs: IndirectConv3DAttrs,
): tf.Tensor {
  // The host types attributes as open maps; ours are plain JSON data behind a closed interface.
  return runRegistered(kernelName, inputs, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
}

/** Whether a kernel of batch normalization of the live backend applies activations. */
export function activates(kernelName: GeneralKernelName): boolean {
  return ACTIVATES in (tf.getKernel(kernelName, tf.getBackend()) ?? {});
}

/** Any kernel of the package, its composed form if the backend has no other. */
export function runRegistered(
  kernelName: GeneralKernelName,
  inputs: Inputs,
  attrs: tf.NamedAttrMap,
): tf.Tensor | tf.Tensor[] {
  const backendName = tf.getBackend();
  if (tf.getKernel(kernelName, backendName) == null) {
    const config = {kernelName, backendName, kernelFunc: composedKernels[kernelName], [COMPOSED]: true};
    tf.registerKernel(config);
  }
  return tf.engine().runKernel(kernelName, inputs, attrs);
}
