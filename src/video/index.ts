/** The portable video part as one namespace: frames in memory, the choice of frames, clips as tensors. Files: sources/ffmpeg, in the entry tfjs-sts/node. */
export type {FrameSource, VideoFrame, VideoInfo} from './frame_source';
export {type ReadClipOptions, readClip} from './read_clip';
export {type ClipSampling, type ShortVideoPolicy, sampleClip, sampleClips} from './sampling';
export {type FramesSourceOptions, framesSource, tensorSource} from './sources/frames';
export {
  type CropPosition,
  type FrameTransform,
  type PerChannel,
  type RgbImage,
  scaledSize,
  transformedSize,
  writeFrame,
} from './transforms';
