/**
 * The gradient of `tf.maxPool3d` on the webgl backend: all of it to the largest input, of equal ones the last. Which one that is
 * is found first, once for each output.
 */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {
  env,
  type KernelConfig,
  MaxPool3DGrad,
  type MaxPool3DGradInputs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../../util/errors';
import {sizeOf} from '../../../util/shapes';
import {poolInfo} from '../../pool_info';
import {checkShape, type Given, poolAttrsOf} from '../../stock_kernels';
import {runPooling} from './pool_programs';

/** As far as half precision counts. */
const MOST_OF_HALF = 2048;

export const maxPool3DGradConfig: KernelConfig = {
  kernelName: MaxPool3DGrad,
  backendName: 'webgl',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {dy, input} = inputs as Given<MaxPool3DGradInputs>;
    const info = poolInfo(input.shape, poolAttrsOf(attrs));
    checkShape(MaxPool3DGrad, 'dy', dy, info.outputShape);
    if (sizeOf(info.window) > MOST_OF_HALF && !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) {
      throw new InvalidArgumentError(
        `${MaxPool3DGrad}: a window of ${info.window.join(' x ')} has more positions than the ${MOST_OF_HALF} that a device of half ` +
          'precision counts; pool in two steps, or train on another backend.',
      );
    }
    const webgl = backend as MathBackendWebGL;
    const which = runPooling(webgl, 'which', info, [input]);
    const dx = runPooling(webgl, 'maxGradient', info, [dy, which]);
    webgl.disposeIntermediateTensorInfo(which);
    return dx;
  },
};
