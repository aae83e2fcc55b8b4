/**
 * Entry "tfjs-sts/node": what needs Node itself. Importing it registers the kernels of tfjs-sts for the backend of tfjs-node and
 * tfjs-node-gpu, 'tensorflow', and puts others in the place of the host's own 3D kernels there; neither package need be installed.
 * `restoreStockKernels('tensorflow')` takes the latter back. Besides: reading video files through ffmpeg, data sets of
 * them for training, WebGPU.
 */
import util from 'node:util';
import {registerKernels, replaceStockKernels} from '../kernels/registry';
import {kernelConfigs, stockReplacements} from '../kernels/tensorflow';
import {registerGradients} from '../ops/grads/register';

// tfjs-node 4.22 calls two functions of which Node 22 warns and that Node 23 has removed: with these it runs, and in silence.
const removed = {isNullOrUndefined: (value: unknown) => value == null, isArray: Array.isArray};
for (const [name, value] of Object.entries(removed)) {
  Object.defineProperty(util, name, {value, configurable: true, writable: true});
}

registerKernels(kernelConfigs);
registerGradients();
replaceStockKernels(stockReplacements);

export {startWebGPU, type WebGPUAdapter} from '../kernels/webgpu/start_in_node';
export type {
  Augmentation,
  ByteClip,
  ColourJitter,
  Interpolation,
  MixOptions,
  RandAugmentOptions,
  RandomSource,
  ValueRange,
} from '../train/augment';
export type {Batch, Batches, BatchesOptions, BegunEpoch, DataRecipe, Room} from '../train/batches/batches';
export {
  type Dataset,
  type DatasetOptions,
  type DatasetSummary,
  datasets,
  type GeneratedOptions,
  type ListedOptions,
  type RawFramesOptions,
  type SomethingOptions,
  type SplitOptions,
} from '../train/data';
export type {
  Frame,
  FrameStream,
  PerChannel,
  Picture,
  PictureSize,
  SeekableVideo,
  ShortVideoPolicy,
  SizedFrame,
  VideoInfo,
} from '../video/clips';
export {type FfmpegSourceOptions, ffmpegSource} from '../video/clips/sources/ffmpeg';
