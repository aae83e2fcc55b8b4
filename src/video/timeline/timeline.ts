/**
 * What is known of a film over its time: facts about the video, its shots, and what a model says of its segments. Plain
 * JSON data, so that it can be stored and sent as it is. How one is made is in analyze.ts, what it is written as in export/.
 */
import type {Shot} from '../shots/shot';

export type {CameraMovement, Shot, ShotTransition} from '../shots/shot';

/** A film over its time. */
export interface Timeline {
  /** Of this form of the data; readers refuse others. */
  readonly version: typeof TIMELINE_VERSION;
  readonly video: TimelineVideo;
  /** Rising in time, without overlaps. Frames of a gradual transition lie between two shots and belong to none. */
  readonly shots: readonly Shot[];
  /** What a model says, by spans of time that rise by their start; empty when no model was asked. */
  readonly segments: readonly Segment[];
  /** Name of the model that labels and features of `segments` are from: features of two models are not comparable. */
  readonly model?: string;
}

/** The form of the data that this package reads and writes. */
export const TIMELINE_VERSION = 1;

/** Facts about the video that a timeline is of. */
export interface TimelineVideo {
  /** File name, or whatever else it is known by. */
  readonly name: string;
  /** Pixels in a row of the upright picture. */
  readonly width: number;
  /** Rows of the upright picture. */
  readonly height: number;
  /** Seconds from the start of the video to the end of its last frame. */
  readonly duration: number;
  /** Frames per second by the container's word, or as counted. Of a variable rate a container may say anything near to it. */
  readonly frameRate: number;
  /** Whether frames are shown for times of different length: a frame's number then does not tell its time. */
  readonly isVariableRate: boolean;
  /**
   * Timestamp in seconds that the file itself gives the start of the video. Times of shots and segments count from there;
   * players show them so too.
   */
  readonly startTimestamp: number;
  /** Number of frames. */
  readonly frames: number;
}

/** A span of time of which a model says one thing. */
export interface Segment {
  /** Seconds from the start of the video. */
  readonly start: number;
  /** Seconds from the start of the video; more than `start`. */
  readonly end: number;
  /** Place in `shots` of the shot that it lies in; absent where it may lie in several. */
  readonly shot?: number;
  /** What the model says, the likeliest first. */
  readonly labels: readonly SegmentLabel[];
  /** The model's description of it as numbers: near for what is alike. */
  readonly features?: readonly number[];
}

/** One of a model's classes. */
export interface SegmentLabel {
  readonly label: string;
  /** Probability, 0 to 1. */
  readonly score: number;
}
