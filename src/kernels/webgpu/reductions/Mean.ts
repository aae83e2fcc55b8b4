/**
 * `tf.mean` on the webgpu backend, of float32 over neighbouring axes with others after them, such as time, height and width of a clip.
 * The host transposes first; it keeps all other calls.
 */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {Mean, type TensorInfo} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../../registry';
import {meanInfo, sumInfo} from '../../sum_axes';
import {columnSums} from './column_sums';

export const meanConfig: StockReplacement = {
  kernelName: Mean,
  backendName: 'webgpu',
  takes: (args) => meanInfo(args) !== undefined,
  kernelFunc: (args): TensorInfo => {
    const {outer, count, inner, shape} = sumInfo(args)!;
    const rows = {...args.inputs.x!, shape: [outer * count, inner]};
    const options = {factor: 1 / count, matrices: outer};
    const {dataId, dtype} = columnSums(args.backend as WebGPUBackend, 'value', [rows], options);
    return {dataId, dtype, shape};
  },
};
