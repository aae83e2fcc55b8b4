/**
 * Inflation of one image kernel into a video kernel: pure array rules, no tensors, no layers.
 * Which weight of which layer is inflated is the business of plan.ts and inflate.ts.
 */
import type {ConvInfo} from '../../geometry/conv_info';
import {stsConv3dInfo, stsDepthwiseConv3dInfo} from '../../geometry/sts_info';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import {sizeOf} from '../../util/shapes';

/** How a 2D kernel is spread over the slices in time: see `inflateKernel`. */
export type InflationRule = 'center' | 'mean' | 'sts' | 'taper';

export const INFLATION_RULES: readonly InflationRule[] = ['center', 'mean', 'sts', 'taper'];

/** A kernel as plain numbers, row-major in tfjs order. */
export interface KernelArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface InflateKernelOptions {
  rule: InflationRule;
  /** 'conv' (default): `[kh, kw, in / groups, out]`; 'depthwise': `[kh, kw, channels, multiplier]`. */
  layout?: 'conv' | 'depthwise';
  /** Input channels (of one group) of the video kernel. More than the image kernel has: zeros at the end. */
  inputChannels?: number;
  /** Channel groups of an STS convolution with a 'conv' kernel; read by rule 'sts' only. Default 1. */
  groups?: number;
}

const KNOWN = optionNames<InflateKernelOptions>({
  rule: true,
  layout: true,
  inputChannels: true,
  groups: true,
});

/**
 * Inflates a 2D kernel into `kt` slices in time.
 *
 * What each rule promises, for a convolution with stride 1 and TensorFlow's 'same' padding in time. "Image result"
 * is the 2D convolution of the same frame with the 2D kernel; equal means equal up to the order of summation, and
 * exactly equal where an implementation adds the products with zero in any order.
 *
 * | rule | slices | equality |
 * |---|---|---|
 * | `'center'` | the kernel in slice floor((kt - 1) / 2), zeros elsewhere | every frame of any clip equals its image result, also at the borders in time. In STS convolution it holds for the dense temporal form and for the depthwise form with kt = 3; with kt = 5 and more the static channels of the depthwise form read slice 1 and it does not hold |
 * | `'mean'` | kernel / kt in every slice (I3D; the authors' `_inflate_conv_params`) | on a still clip a frame with all its kt taps inside the clip equals the image result, the first and last (kt - 1) / 2 frames are smaller by (taps inside) / kt. On a moving clip: the mean of the image results of the kt frames. In a network every such layer takes (kt - 1) / 2 more frames from each end. Static STS channels: no equality |
 * | `'sts'` | output by output the slice that reads the frame itself as its 2D kernel: slice 1 for the static outputs of the depthwise form, the middle slice for all others | every frame of any clip equals its image result, for STS convolution of any odd kt |
 * | `'taper'` | kt = 3 only: kernel / 9, / 3, / 9 (the authors' `inflate_3d_state_dict`) | on a still clip 5/9 of the image result, 4/9 in the first and last frame. A start for training, not a copy |
 *
 * With `kt` 1 every rule is a copy. Additional input channels (lateral connections; the authors' pathway padding) get
 * zeros: the equality is then that of the first channels alone, whatever the additional ones hold. The authors'
 * `inflate_motion_state_dict` is not offered: nothing in their code calls it, and its division in place makes the
 * outcome depend on the order of the slices.
 *
 * @param kernel `[kh, kw, in, out]`, or `[kh, kw, channels, multiplier]` with layout 'depthwise'; a pointwise 1 x 1
 *   kernel gives a temporal one, `[kt, 1, 1, in, out]`
 * @param kt number of slices in time, at least 1
 * @returns the video kernel `[kt, kh, kw, in, out]` (depthwise: `[kt, kh, kw, channels, multiplier]`), a new array
 * @throws InvalidArgumentError for a kernel that is not rank 4 or whose values do not fill its shape, a `kt` that the
 *   rule cannot take, or fewer input channels than the image kernel has
 *
 * Source: Carreira and Zisserman, CVPR 2017 ('mean'); Li et al., ECCV 2022 and their code ('mean', 'taper', STS).
 *
 * ```ts
 * const video = inflateKernel({shape: [3, 3, 16, 1], values}, 3, {rule: 'sts', layout: 'depthwise'});
 * ```
 */
export function inflateKernel(kernel: KernelArray, kt: number, options: InflateKernelOptions): KernelArray {
  checkOptions('inflateKernel', options, KNOWN);
  checkArguments(kernel, kt, options);
  const frame = padInputs(kernel, options);
  const slice = sizeOf(frame.shape);
  const values = new Float32Array(kt * slice);
  const center = Math.floor((kt - 1) / 2);
  if (kt === 1 || options.rule === 'center') {
    values.set(frame.values, center * slice);
  } else if (options.rule === 'sts') {
    spreadByOutput(frame, ownFrameSlices(frame.shape, kt, options), values);
  } else {
    for (let j = 0; j < kt; j++) {
      const divisor = options.rule === 'mean' ? kt : j === center ? 3 : 9;
      for (let i = 0; i < slice; i++) values[j * slice + i] = frame.values[i]! / divisor;
    }
  }
  return {shape: [kt, ...frame.shape], values};
}

/** A run of output channels and the filter slice in which their 2D kernel stands. */
interface OutputRun {
  first: number;
  count: number;
  slice: number;
}

/**
 * Asks the tap rules of the STS convolution where the 2D kernel of each output channel stands, instead of knowing the
 * channel split a second time: a grid part holds it in the slice that its padding in time puts on the own frame.
 */
function ownFrameSlices(
  frameShape: readonly number[],
  kt: number,
  options: InflateKernelOptions,
): OutputRun[] {
  const [kh, kw, inputs] = frameShape as [number, number, number, number];
  const filter = [kt, ...frameShape];
  const groups = options.groups ?? 1;
  const plane = kh * kw;
  // Without groups: an ordinary convolution, or the dense temporal form, whose lines read the own pixel in the middle.
  if (options.layout !== 'depthwise' && groups === 1) {
    return [{first: 0, count: frameShape[3]!, slice: Math.floor((kt - 1) / 2)}];
  }
  const info: ConvInfo =
    options.layout === 'depthwise'
      ? stsDepthwiseConv3dInfo([1, kt, kh, kw, inputs], filter)
      : stsConv3dInfo([1, kt, kh, kw, inputs * groups], filter, {groups});
  return info.parts.flatMap(({rule, firstTap, outputChannel, outputChannels}) =>
    rule.kind === 'grid'
      ? [{first: outputChannel, count: outputChannels, slice: firstTap / plane + rule.padding[0]}]
      : [],
  );
}

/** Puts each run of outputs into its slice; a row is everything with the same tap and input channel. */
function spreadByOutput(frame: KernelArray, runs: OutputRun[], values: Float32Array): void {
  const outputs = runs.reduce((sum, {count}) => sum + count, 0);
  const size = frame.values.length;
  for (let row = 0; row < size; row += outputs) {
    for (const {first, count, slice} of runs) {
      values.set(frame.values.subarray(row + first, row + first + count), slice * size + row + first);
    }
  }
}

function padInputs(kernel: KernelArray, options: InflateKernelOptions): KernelArray {
  const [kh, kw, inputs, outputs] = kernel.shape as [number, number, number, number];
  const wanted = options.inputChannels ?? inputs;
  if (wanted === inputs) return kernel;
  if (options.layout === 'depthwise' || wanted < inputs) {
    throw new InvalidArgumentError(
      `inflateKernel: the image kernel [${kernel.shape.join(', ')}] has ${inputs} input channels and the video kernel ` +
        `is to have ${wanted}; ${options.layout === 'depthwise' ? 'a depthwise kernel must keep its channels' : 'it can only have more'}.`,
    );
  }
  const values = new Float32Array(kh * kw * wanted * outputs);
  const row = inputs * outputs;
  for (let tap = 0; tap < kh * kw; tap++) {
    values.set(kernel.values.subarray(tap * row, (tap + 1) * row), tap * wanted * outputs);
  }
  return {shape: [kh, kw, wanted, outputs], values};
}

function checkArguments(kernel: KernelArray, kt: number, {rule}: InflateKernelOptions): void {
  const refuse = (message: string): never => {
    throw new InvalidArgumentError(`inflateKernel: ${message}.`);
  };
  if (!INFLATION_RULES.includes(rule)) {
    refuse(`unknown rule ${JSON.stringify(rule)}; give one of ${INFLATION_RULES.join(', ')}`);
  }
  if (kernel.shape.length !== 4) {
    refuse(`the image kernel must have rank 4, [kh, kw, in, out]; got shape [${kernel.shape.join(', ')}]`);
  }
  if (kernel.values.length !== sizeOf(kernel.shape)) {
    refuse(`${kernel.values.length} values do not fill a kernel of shape [${kernel.shape.join(', ')}]`);
  }
  if (!Number.isInteger(kt) || kt < 1) refuse(`kt must be a whole number of at least 1; got ${kt}`);
  if (rule === 'taper' && kt !== 1 && kt !== 3)
    refuse(`rule 'taper' is defined for kt 3 (and 1) only; got ${kt}`);
}
