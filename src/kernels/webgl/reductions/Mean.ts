/**
 * `tf.mean` on the webgl backend, of float32 over neighbouring axes of which the last but one is the last, such as time, height and width
 * of a clip. The host transposes first; it keeps all other calls.
 */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {Mean, type TensorInfo} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../../registry';
import {meanInfo, sumInfo} from '../../sum_axes';
import {meanOfRows} from './mean_program';

export const meanConfig: StockReplacement = {
  kernelName: Mean,
  backendName: 'webgl',
  // Texels of the result hold pairs of its last two axes.
  takes: (args) => {
    const info = meanInfo(args);
    return info !== undefined && info.inner === args.inputs.x!.shape.at(-1);
  },
  kernelFunc: (args): TensorInfo =>
    meanOfRows(args.backend as MathBackendWebGL, args.inputs.x!, sumInfo(args)!),
};
