/** The portable video part: frames in memory, the choice of frames, clips as tensors. Files: sources/ffmpeg, in the entry tfjs-sts/node. */
export type {Frame, FrameStream, Picture, SeekableVideo, SizedFrame, VideoInfo} from './frames';
export {framesAt} from './frames_at';
export {type ReadClipOptions, type ReadClipsOptions, readClip, readClips} from './read_clip';
export {type ClipSampling, type ShortVideoPolicy, sampleClip, sampleClips} from './sampling';
export {sizedFrames} from './sized_frames';
export {type FramesSourceOptions, framesSource, tensorSource} from './sources/frames';
export {
  type CropPosition,
  type FrameTransform,
  type PerChannel,
  type PictureSize,
  type RgbImage,
  scaledSize,
  transformedSize,
  writeFrame,
} from './transforms';
export {readViews, TEST_VIEWS, type ViewOptions, viewIndices} from './views';
