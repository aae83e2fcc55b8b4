/**
 * Entry "tfjs-sts/video": frames from anywhere, clips of them as tensors, and what a network says of a video. No effect on
 * import. Files are read by ffmpeg, in Node: the entry "tfjs-sts/node".
 */

export type * from '../inference/freeze/frozen_data';
export type * from '../inference/freeze/frozen_model';
export type {WarmUpOptions} from '../inference/freeze/warm_up';
export type {OutputKind} from '../layers';
export type {PartialShape} from '../util/shapes';
export * from '../video/clips';
export * from '../video/recognize';
