/**
 * Entry "tfjs-sts/video": frames from anywhere, clips of them as tensors, and what a network says of a video. No effect on
 * import. Files are read by ffmpeg, in Node: the entry "tfjs-sts/node".
 */

export type {FrozenModel} from '../freeze';
export type {OutputKind} from '../layers';
export * from '../recognize';
export * from '../video';
