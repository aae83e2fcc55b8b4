/** The video part as one namespace: sources of frames, the choice of frames, and clips as tensors. */
export type {FrameSource, VideoFrame, VideoInfo} from './frame_source';
export {type ReadClipOptions, readClip} from './read_clip';
export {type ClipSampling, type ShortVideoPolicy, sampleClip, sampleClips} from './sampling';
export {type FfmpegSourceOptions, ffmpegSource} from './sources/ffmpeg';
export {type FramesSourceOptions, framesSource, tensorSource} from './sources/frames';
export {
  type FrameTransform,
  type PerChannel,
  type RgbImage,
  scaledSize,
  transformedSize,
  writeFrame,
} from './transforms';
