/** The Euclidean norm of many tensors as one vector, on the tensorflow backend: an op for each of them and three more. */
import * as tf from '@tensorflow/tfjs-core';
import {GlobalNorm} from '../../../geometry/update_kernels';
import {addAll, tensorFlowOf} from '../backend';
import {Arithmetic} from './arithmetic';

export const globalNormConfig: tf.KernelConfig = {
  kernelName: GlobalNorm,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, backend}) =>
    tf.tidy(() => {
      const tensorflow = tensorFlowOf(backend);
      const {halfSquares, mul, sqrt} = new Arithmetic(tensorflow);
      const halves = Object.values(inputs).map((tensor) => halfSquares(tensor!));
      return sqrt(mul(addAll(tensorflow, halves), 2));
    }),
};
