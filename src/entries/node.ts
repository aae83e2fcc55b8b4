/** Entry "tfjs-sts/node": what needs Node itself, reading video files through ffmpeg. No effect on import. */
export {type FfmpegSourceOptions, ffmpegSource} from '../video/sources/ffmpeg';
