/** Gradients of batch normalization by the statistics of the batch, on the webgpu backend: two sums a channel, then dx. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {BatchNormTrainGrad, type BatchNormTrainGradInputs, epsilonOf} from '../../../geometry/kernel_names';
import {columnSums} from './column_sums';
import {normalize} from './normalize';

export const batchNormTrainGradConfig: KernelConfig = {
  kernelName: BatchNormTrainGrad,
  backendName: 'webgpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo[] => {
    const {dy, x, gamma, mean, variance} = inputs as BatchNormTrainGradInputs;
    const webgpu = backend as WebGPUBackend;
    const epsilon = epsilonOf(attrs);
    const dbeta = columnSums(webgpu, 'value', [dy]);
    const dgamma = columnSums(webgpu, 'product', [x, mean, variance, dy], {epsilon});
    const dx = normalize(webgpu, 'backward', [x, mean, variance, gamma, dy, dgamma, dbeta], epsilon);
    return [dx, dgamma, dbeta];
  },
};
