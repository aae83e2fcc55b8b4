/**
 * Kernels of the package on the live backend, called past the host's engine. For values that nobody but the run of a
 * frozen model sees the engine does too much: it looks the kernel up by name, makes a tensor and tracks it. What kernels
 * make here are the backend's data alone, as kernels of the host treat theirs; whoever called frees them. One object
 * serves one run, in which the data of a value that was freed go to the next of its size.
 */
import {
  backend,
  Conv3D,
  engine,
  env,
  getBackend,
  getKernel,
  type KernelBackend,
  type KernelConfig,
  type KernelFunc,
  Mean,
  type MeanAttrs,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {
  COMPOSED,
  IndirectConv3D,
  type IndirectConv3DAttrs,
  REPLACED,
  SIBLINGS,
  type SiblingInputs,
  THROUGH_ENGINE,
  WRITES_INTO,
} from '../../../geometry/kernel_names';
import {sizeOf} from '../../../util/shapes';
import type {FilterAndBias} from './host_conv3d';
import {SpareData} from './spare_data';

export class DirectKernels {
  /** Whether `tf.conv3d` runs a kernel of ours. */
  readonly replacesConv3D: boolean;
  private readonly convolution: KernelFunc;
  private readonly averaging: KernelFunc | undefined;
  private readonly siblings: KernelFunc | undefined;
  /** Where kernels write into data that they are given. */
  private readonly spares: SpareData | undefined;

  private constructor(
    private readonly backend: KernelBackend,
    backendName: string,
    convolution: KernelConfig,
  ) {
    this.convolution = convolution.kernelFunc;
    if (WRITES_INTO in convolution) this.spares = new SpareData((dataId) => backend.disposeData(dataId));
    this.replacesConv3D = replacementOf(Conv3D, backendName) !== undefined;
    this.averaging = replacementOf(Mean, backendName);
    this.siblings = (convolution as {[SIBLINGS]?: KernelFunc})[SIBLINGS];
  }

  /**
   * Undefined where the backend has no convolution of ours or one that needs the engine, and where the engine has more to do than to call kernels: it
   * records for a gradient, measures, or checks.
   */
  static ofLiveBackend(): DirectKernels | undefined {
    const {gradientDepth, profiling} = engine().state;
    if (gradientDepth > 0 || profiling || env().getBool('DEBUG') || env().getBool('IS_TEST'))
      return undefined;
    const live = backend();
    const kernel = getKernel(IndirectConv3D, getBackend());
    if (kernel == null || COMPOSED in kernel || THROUGH_ENGINE in kernel) return undefined;
    return new DirectKernels(live, getBackend(), kernel);
  }

  /** Activation(conv(x) + bias + residual), of the shapes in the attributes. */
  convolve(inputs: ConvolutionInputs, attrs: IndirectConv3DAttrs): TensorInfo {
    const {outputShape} = attrs.info;
    // The host types attributes as open maps; ours are plain JSON data behind a closed interface.
    return this.call(this.convolution, inputs, attrs as unknown as NamedAttrMap, outputShape);
  }

  /**
   * Convolutions of one input at once, with the same attributes; none where that gains nothing.
   *
   * @param weights all with a bias or all without
   */
  convolveSiblings(
    x: TensorInfo,
    weights: readonly FilterAndBias[],
    attrs: IndirectConv3DAttrs,
  ): TensorInfo[] {
    const {backend, spares, siblings} = this;
    if (siblings === undefined) return [];
    const size = sizeOf(attrs.info.outputShape);
    const inputs: SiblingInputs = {x};
    const taken: TensorInfo[] = [];
    for (const [i, {filter, bias}] of weights.entries()) {
      inputs[`filter${i}`] = filter;
      if (bias !== undefined) inputs[`bias${i}`] = bias;
      const y = spares?.take(size);
      if (y === undefined) continue;
      inputs[`y${i}`] = y;
      taken.push(y);
    }
    let made: TensorInfo[] = [];
    try {
      made = siblings({inputs, attrs: attrs as unknown as NamedAttrMap, backend}) as TensorInfo[];
      return made;
    } finally {
      if (made.length === 0) {
        for (const _ of weights) spares?.forget(size);
        for (const y of taken) spares?.putBack(y);
      }
    }
  }

  /** `tf.mean`, of `shape`; undefined where that runs a kernel of the host. As of a convolution, attributes are best kept. */
  mean(x: TensorInfo, attrs: MeanAttrs, shape: readonly number[]): TensorInfo | undefined {
    return this.averaging && this.call(this.averaging, {x}, attrs as unknown as NamedAttrMap, shape);
  }

  /** A tensor of the engine, which holds the values from now on. */
  tensorOf(info: TensorInfo): Tensor {
    this.spares?.forget(sizeOf(info.shape));
    return engine().makeTensorFromTensorInfo(info, this.backend);
  }

  free(info: TensorInfo): void {
    if (this.spares === undefined) this.backend.disposeData(info.dataId);
    else this.spares.give(info);
  }

  /** Gives back what was freed: at the end of a run, and before others than these kernels need memory. */
  freeSpares(): void {
    this.spares?.clear();
  }

  private call(
    kernel: KernelFunc,
    inputs: CallInputs,
    attrs: NamedAttrMap,
    shape: readonly number[],
  ): TensorInfo {
    const {backend, spares} = this;
    // Inputs that are left out are undefined, for which the host's type has no word.
    const args = {inputs: inputs as unknown as NamedTensorInfoMap, attrs, backend};
    if (spares === undefined) return kernel(args) as TensorInfo;
    const size = sizeOf(shape);
    const y = spares.take(size);
    inputs.y = y;
    let made: TensorInfo | undefined;
    try {
      made = kernel(args) as TensorInfo;
      return made;
    } finally {
      if (made === undefined) spares.forget(size);
      // Not taken: by a kernel of the host behind ours, or as the call has failed.
      if (y !== undefined && made?.dataId !== y.dataId) spares.putBack(y);
    }
  }
}

interface CallInputs {
  readonly x: TensorInfo;
  /** Where the result goes, if it can. */
  y?: TensorInfo | undefined;
}

interface ConvolutionInputs extends CallInputs {
  readonly filter: TensorInfo;
  readonly bias: TensorInfo | undefined;
  readonly residual: TensorInfo | undefined;
}

/** The kernel of ours in the place of one of the host's. */
function replacementOf(kernelName: string, backendName: string): KernelFunc | undefined {
  const kernel = getKernel(kernelName, backendName);
  return kernel != null && REPLACED in kernel ? kernel.kernelFunc : undefined;
}
