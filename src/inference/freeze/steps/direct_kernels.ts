/**
 * Kernels of the package on the live backend, called past the host's engine. For values that nobody but the run of a
 * frozen model sees the engine does too much: it looks the kernel up by name, makes a tensor and tracks it. What kernels
 * make here are the backend's data alone, as kernels of the host treat theirs; whoever called frees them.
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
  type BeginRecycling,
  COMPOSED,
  IndirectConv3D,
  type IndirectConv3DAttrs,
  RECYCLER,
  REPLACED,
  type Recycler,
  SIBLINGS,
  type SiblingInputs,
  THROUGH_ENGINE,
} from '../../../geometry/kernel_names';
import {type BeginTape, RECORDER, type Tape} from '../../../geometry/recording';
import type {FilterAndBias} from './host_conv3d';

/** The config of the convolution, and what may be on it. */
type ConvolutionConfig = KernelConfig & {
  readonly [RECORDER]?: BeginTape;
  readonly [RECYCLER]?: BeginRecycling;
  readonly [SIBLINGS]?: KernelFunc;
};

export class DirectKernels {
  /** Whether `tf.conv3d` runs a kernel of ours. */
  readonly replacesConv3D: boolean;
  private readonly convolution: KernelFunc;
  private readonly averaging: KernelFunc | undefined;
  private readonly begin: BeginTape | undefined;
  private readonly siblings: KernelFunc | undefined;
  private readonly recycler: Recycler | undefined;

  private constructor(
    private readonly backend: KernelBackend,
    backendName: string,
    convolution: ConvolutionConfig,
  ) {
    this.convolution = convolution.kernelFunc;
    this.begin = convolution[RECORDER];
    this.replacesConv3D = replacementOf(Conv3D, backendName) !== undefined;
    this.averaging = replacementOf(Mean, backendName);
    this.siblings = convolution[SIBLINGS];
    this.recycler = convolution[RECYCLER]?.(backend);
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

  /** Whether others are the same kernels on the same backend. */
  areThose(others: DirectKernels): boolean {
    return (
      this.backend === others.backend &&
      this.convolution === others.convolution &&
      this.replacesConv3D === others.replacesConv3D &&
      this.averaging === others.averaging &&
      this.siblings === others.siblings
    );
  }

  /** A tape for these kernels; undefined where they are not recorded. */
  beginTape(): Tape | undefined {
    return this.begin?.(this.backend);
  }

  /** Activation(conv(x) + bias + residual), of the shapes in the attributes. */
  convolve(inputs: ConvolutionInputs, attrs: IndirectConv3DAttrs): TensorInfo {
    return this.call(this.convolution, inputs, attrs) as TensorInfo;
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
    if (this.siblings === undefined) return [];
    const inputs: SiblingInputs = {x};
    for (const [i, {filter, bias}] of weights.entries()) {
      inputs[`filter${i}`] = filter;
      if (bias !== undefined) inputs[`bias${i}`] = bias;
    }
    return this.call(this.siblings, inputs, attrs) as TensorInfo[];
  }

  /** `tf.mean`; undefined where that runs a kernel of the host. As of a convolution, attributes are best kept. */
  mean(x: TensorInfo, attrs: MeanAttrs): TensorInfo | undefined {
    return this.averaging && (this.call(this.averaging, {x}, attrs) as TensorInfo);
  }

  /** A tensor of the engine, which holds the values from now on. */
  tensorOf(info: TensorInfo): Tensor {
    return engine().makeTensorFromTensorInfo(info, this.backend);
  }

  /** Frees a value that a kernel made here and of which there is no tensor. */
  free(info: TensorInfo): void {
    if (this.recycler === undefined) this.backend.disposeData(info.dataId);
    else this.recycler.recycle(info);
  }

  /** After the last call. */
  end(): void {
    this.recycler?.end();
  }

  private call(kernel: KernelFunc, inputs: object, attrs: object): TensorInfo | TensorInfo[] {
    return kernel({
      // Inputs that are left out are undefined, for which the host's type has no word.
      inputs: inputs as NamedTensorInfoMap,
      // The host types attributes as open maps; ours are plain JSON data behind a closed interface.
      attrs: attrs as NamedAttrMap,
      backend: this.backend,
    });
  }
}

interface ConvolutionInputs {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly bias: TensorInfo | undefined;
  readonly residual: TensorInfo | undefined;
  readonly y?: TensorInfo | undefined;
}

/** The kernel of ours in the place of one of the host's. */
function replacementOf(kernelName: string, backendName: string): KernelFunc | undefined {
  const kernel = getKernel(kernelName, backendName);
  return kernel != null && REPLACED in kernel ? kernel.kernelFunc : undefined;
}
