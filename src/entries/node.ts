/** Entry "tfjs-sts/node": what needs Node itself: reading video files through ffmpeg, data sets of them, WebGPU. No effect on import. */
export {startWebGPU, type WebGPUAdapter} from '../kernels/webgpu/start_in_node';
export type {
  Augmentation,
  ByteClip,
  ColourJitter,
  MixOptions,
  RandAugmentOptions,
  RandomSource,
} from '../train/augment';
export type {Batch, Batches, BatchesOptions} from '../train/batches';
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
  Picture,
  PictureSize,
  SeekableVideo,
  SizedFrame,
  VideoInfo,
} from '../video/clips';
export {type FfmpegSourceOptions, ffmpegSource} from '../video/clips/sources/ffmpeg';
