/** Entry "tfjs-sts/node": what needs Node itself: reading video files through ffmpeg, WebGPU. No effect on import. */
export {startWebGPU, type WebGPUAdapter} from '../kernels/webgpu/start_in_node';
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
