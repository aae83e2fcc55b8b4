/** Global average pooling in a frozen model: the mean of each channel over time, height and width. */
import {type MeanAttrs, mean, reshape, type Tensor, type TensorInfo, tidy} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../../util/errors';
import {sizeOf} from '../../../util/shapes';
import {ByShape} from './by_shape';
import type {DirectKernels} from './direct_kernels';
import {checkKeys, type RunnableStep, type StepOp} from './step';

export const GLOBAL_AVERAGE = 'globalAveragePooling3d';

/** Of an input: as it is reduced, and as the result is seen. */
interface Shapes {
  readonly view: number[];
  readonly pooled: number[];
  readonly attrs: MeanAttrs;
}

export class PoolingStep implements RunnableStep {
  readonly kind = 'pooling';
  private readonly shapes = new ByShape((shape) => this.shapesFor(shape));

  /** @param keepDims whether the result is `[batch, 1, 1, 1, channels]` instead of `[batch, channels]` */
  constructor(private readonly keepDims: boolean) {}

  run([x]: readonly Tensor[]): Tensor {
    const {view, pooled} = this.shapes.get(x!.shape);
    return tidy(() => reshape(mean(reshape(x!, view), 1), pooled));
  }

  runDirectly([x]: readonly TensorInfo[], kernels: DirectKernels): TensorInfo | undefined {
    const {view, pooled, attrs} = this.shapes.get(x!.shape);
    const {dataId, dtype} = x!;
    // The mean of no values is an op of the engine.
    const y =
      dtype === 'float32' && sizeOf(view) > 0 ? kernels.mean({dataId, dtype, shape: view}, attrs) : undefined;
    return y && {dataId: y.dataId, dtype: y.dtype, shape: pooled};
  }

  dispose(): void {}

  /** One axis of a view of rank 3 is reduced, as the layer does it. */
  private shapesFor(shape: readonly number[]): Shapes {
    if (shape.length !== 5)
      throw new InvalidArgumentError(`${GLOBAL_AVERAGE}: got rank ${shape.length}; it must be 5.`);
    const [batch, channels] = [shape[0]!, shape[4]!];
    return {
      view: [batch, sizeOf(shape.slice(1, 4)), channels],
      pooled: this.keepDims ? [batch, 1, 1, 1, channels] : [batch, channels],
      attrs: {axis: 1, keepDims: false},
    };
  }
}

export const globalAverage: StepOp<PoolingStep> = {
  inputs: [1, 1],
  outputs: [1, 1],
  make: (step) => {
    checkKeys(step, ['keepDims'], []);
    const {keepDims} = step.settings;
    if (typeof keepDims !== 'boolean')
      throw new InvalidArgumentError(
        `${step.op}: keepDims is ${JSON.stringify(keepDims)}; it must be true or false.`,
      );
    return new PoolingStep(keepDims);
  },
};
