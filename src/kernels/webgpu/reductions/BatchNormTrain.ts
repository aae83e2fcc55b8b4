/** Batch normalization by the statistics of the batch, on the webgpu backend; the variance by distances from the mean. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {BatchNormTrain, type BatchNormTrainInputs, epsilonOf} from '../../../geometry/kernel_names';
import {sizeOf} from '../../../util/shapes';
import {columnSums} from './column_sums';
import {normalize} from './normalize';

export const batchNormTrainConfig: KernelConfig = {
  kernelName: BatchNormTrain,
  backendName: 'webgpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo[] => {
    const {x, gamma, beta} = inputs as BatchNormTrainInputs;
    const webgpu = backend as WebGPUBackend;
    const factor = 1 / sizeOf(x.shape.slice(0, -1));
    const mean = columnSums(webgpu, 'value', [x], {factor});
    const variance = columnSums(webgpu, 'square', [x, mean], {factor});
    return [normalize(webgpu, 'forward', [x, mean, variance, gamma, beta], epsilonOf(attrs)), mean, variance];
  },
};
