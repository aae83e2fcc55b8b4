/**
 * Squeeze-excite's product in a frozen model: each channel of a clip times a number of its own, and the activation behind
 * it, in one pass. It is a convolution of one tap, each channel a group, whose filter is the other factor as it lies there.
 */
import {
  concat,
  mul,
  reshape,
  slice,
  type Tensor,
  type Tensor5D,
  type TensorInfo,
  tidy,
} from '@tensorflow/tfjs-core';
import type {Activation, IndirectConv3DAttrs} from '../../../geometry/kernel_names';
import {conv3dInfo} from '../../../geometry/ordinary_info';
import {activate, checkActivation} from '../../../ops/activations';
import {runFused} from '../../../ops/run_convolution';
import {sizeOf} from '../../../util/shapes';
import {ByShape} from './by_shape';
import type {DirectKernels} from './direct_kernels';
import {checkKeys, type RunnableStep, type StepOp} from './step';

export const SCALE_CHANNELS = 'scaleChannels';

/** Clip `[batch, time, height, width, channels]` and factors `[batch, 1, 1, 1, channels]`. */
export class ScalingStep implements RunnableStep {
  readonly kind = 'scaling';
  /** Of one clip. */
  private readonly attributes = new ByShape<IndirectConv3DAttrs>((shape) => {
    const [channels] = shape.slice(4) as [number];
    return {
      info: conv3dInfo([1, ...shape.slice(1)], [1, 1, 1, 1, channels], {groups: channels}),
      activation: this.activation,
    };
  });

  constructor(readonly activation: Activation) {}

  /** A filter is the same for a whole batch, so that clips of a batch go one by one. */
  run([x, factors]: readonly Tensor[]): Tensor {
    const [batch, ...clip] = x!.shape as [number, ...number[]];
    // In a larger clip than the model was made for, a pooled value may have several positions.
    const isOfFloats = x!.dtype === 'float32' && factors!.dtype === 'float32';
    // A batch of none has no parts to be put together.
    if (!isOfFloats || batch === 0 || factors!.size !== batch * clip.at(-1)!)
      return tidy(() => activate(mul(x!, factors!), this.activation));
    const attrs = this.attributes.get(x!.shape);
    if (batch === 1) return scale(x!, factors!, attrs);
    return tidy(() =>
      concat(
        Array.from({length: batch}, (_, i) =>
          scale(slice(x!, i, [1, ...clip]), slice(factors!, i, 1), attrs),
        ),
      ),
    );
  }

  runDirectly([x, factors]: readonly TensorInfo[], kernels: DirectKernels): TensorInfo | undefined {
    const {shape, dtype} = x!;
    if (
      shape[0] !== 1 ||
      dtype !== 'float32' ||
      factors!.dtype !== 'float32' ||
      sizeOf(factors!.shape) !== shape.at(-1)
    )
      return undefined;
    const attrs = this.attributes.get(shape);
    const filter = {dataId: factors!.dataId, dtype: factors!.dtype, shape: attrs.info.filterShape};
    return kernels.convolve({x: x!, filter, bias: undefined, residual: undefined}, attrs);
  }

  dispose(): void {}
}

function scale(x: Tensor, factors: Tensor, attrs: IndirectConv3DAttrs): Tensor {
  const filter = reshape(factors, attrs.info.filterShape) as Tensor5D;
  const y = runFused({x, filter}, attrs);
  filter.dispose();
  return y;
}

export const scaleChannels: StepOp<ScalingStep> = {
  inputs: [2, 2],
  outputs: [1, 1],
  make: (step) => {
    checkKeys(step, ['activation'], []);
    return new ScalingStep(checkActivation(step.op, step.settings.activation));
  },
};
