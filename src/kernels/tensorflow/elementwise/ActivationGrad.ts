/**
 * The gradients of activations on the tensorflow backend, an op each: of 13x80x80 positions of 54 channels a ReLU's takes 6 ms of the
 * processor, of stock ops 64, as the host's `step` there is five ops and makes its ones in JavaScript. A NaN has the slope 0 of ReLUs, not NaN.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {
  ActivationGrad,
  type ActivationGradAttrs,
  type ActivationGradInputs,
  type SlopedActivation,
} from '../../../geometry/kernel_names';
import {attributes, tensorFlowOf} from '../backend';

const ops: Record<Extract<SlopedActivation, string>, [op: string, dyFirst: boolean]> = {
  relu: ['ReluGrad', true],
  relu6: ['Relu6Grad', true],
  elu: ['EluGrad', true],
  softplus: ['SoftplusGrad', true],
  sigmoid: ['SigmoidGrad', false],
  tanh: ['TanhGrad', false],
};

export const activationGradConfig: tf.KernelConfig = {
  kernelName: ActivationGrad,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {dy, saved} = inputs as ActivationGradInputs;
    const {activation} = attrs as unknown as ActivationGradAttrs;
    const tensorflow = tensorFlowOf(backend);
    if (typeof activation !== 'string') {
      const how = attributes(tensorflow, {}, {alpha: activation.leakyRelu});
      return tensorflow.executeSingleOutput('LeakyReluGrad', how, [dy, saved]);
    }
    const [op, dyFirst] = ops[activation];
    return tensorflow.executeSingleOutput(
      op,
      attributes(tensorflow, {}),
      dyFirst ? [dy, saved] : [saved, dy],
    );
  },
};
