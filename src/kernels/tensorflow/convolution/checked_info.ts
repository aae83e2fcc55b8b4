/** What a kernel was asked for, within what TensorFlow's convolutions can count: beyond it they end the process. */
import type {NamedAttrMap} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../../geometry/conv_info';
import {convInfoOf} from '../../../geometry/kernel_names';
import {InvalidArgumentError} from '../../../util/errors';
import {sizeOf} from '../../../util/shapes';

/** They count in 32 bits. */
const MOST = 2 ** 31 - 1;

/** @throws InvalidArgumentError where the result, or what goes in, has more values than that */
export function checkedInfo(kernelName: string, attrs: NamedAttrMap | undefined): ConvInfo {
  const info = convInfoOf(attrs);
  const {inputShape, outputShape} = info;
  for (const shape of [inputShape, outputShape]) {
    if (sizeOf(shape) > MOST) {
      throw new InvalidArgumentError(
        `${kernelName}: a tensor of [${shape.join(', ')}] has ${sizeOf(shape)} values; the tensorflow backend convolves ${MOST} ` +
          'at most. Take a smaller batch, or let predictInSlabs take the model through a part at a time.',
      );
    }
  }
  return info;
}
