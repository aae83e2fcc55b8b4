/** What a data set of files is made of, and how a clip is read of it: plain data, which a loader process can be sent. */
import type {PictureSize, ShortVideoPolicy} from '../../../video/clips';
import type {Augmentation} from '../../augment';

/** A video file, or the part of one between two times in seconds. */
export interface VideoItem {
  readonly kind: 'video';
  readonly path: string;
  readonly start?: number;
  readonly end?: number;
}

/** The frames of a video as picture files, `first` to `first + count - 1` put into the pattern. */
export interface RawFramesItem {
  readonly kind: 'frames';
  /** The folder. */
  readonly path: string;
  /** Name of a frame's file, `%05d` or the like where its number goes. */
  readonly pattern: string;
  readonly first: number;
  readonly count: number;
}

/** A picture file. */
export interface PictureItem {
  readonly kind: 'picture';
  readonly path: string;
}

export type FileItem = VideoItem | RawFramesItem | PictureItem;

/** How clips are read: the same for all items of a data set. */
export interface Reading {
  /** Frames in a clip. */
  readonly frames: number;
  readonly interval: number | 'uniform';
  readonly shortVideo: ShortVideoPolicy;
  /** What frames are scaled to while they are decoded; absent: they keep their size. */
  readonly decodedSize?: PictureSize;
  /** Of the frames that come out. */
  readonly target: {readonly width: number; readonly height: number};
  /** Absent: the middle of the video and of the picture. */
  readonly augmentation?: Augmentation;
  readonly cache?: {readonly folder: string; readonly bytes: number};
  readonly ffmpeg: string;
  readonly ffprobe: string;
}

/** Where in training a clip stands; what is drawn for it depends on this alone. */
export interface Place {
  readonly seed: number;
  readonly epoch: number;
  /** Number of the clip in the epoch. */
  readonly index: number;
}

/** Why nothing can be read of an item. */
export interface Unreadable {
  readonly unreadable: string;
}
