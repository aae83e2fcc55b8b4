/**
 * The one interface between places that frames come from (a file through ffmpeg, an array in memory, later a video
 * element or a camera) and everything that uses frames. Types only: no decoder, no tensor, no resizing lives here.
 */

/** One picture of a video. */
export interface VideoFrame {
  /** Packed 8-bit red, green, blue: `height * width * 3` bytes, rows from top to bottom. The receiver owns it. */
  readonly data: Uint8Array;
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Seconds from the start of the video at which the frame is shown. */
  readonly timestamp: number;
  /** Place of the frame in the video, from 0, in the order of showing. */
  readonly index: number;
}

/** What is known of a video before a frame is read. */
export interface VideoInfo {
  /** Width in pixels of the frames that the source delivers (upright, after its own scaling). */
  readonly width: number;
  /** Height in pixels of the frames that the source delivers. */
  readonly height: number;
  /** Average frames per second, absent where the container does not say. */
  readonly framesPerSecond?: number;
  /** Length in seconds, absent where the container does not say. */
  readonly duration?: number;
  /** Number of frames by the container's own word, absent where it does not say or contradicts itself. */
  readonly frameCount?: number;
}

/**
 * Frames of one video, readable as often as wanted.
 *
 * `for await (const frame of source)` runs through all frames; leaving the loop early frees what the reading held.
 */
export interface FrameSource extends AsyncIterable<VideoFrame> {
  readonly info: VideoInfo;

  /**
   * Reads frames from the first to the last, or only those asked for.
   *
   * @param indices frame numbers in rising order without repeats; frames beyond the end are left out.
   */
  frames(indices?: readonly number[]): AsyncGenerator<VideoFrame, void, void>;

  /**
   * The number of frames.
   *
   * @param exact count by reading the video through instead of trusting the container. Containers can be wrong:
   *   a damaged file says more frames than can be read.
   */
  countFrames(exact?: boolean): Promise<number>;

  /**
   * Seconds from the start of the video at which each frame is shown, one for each frame counted.
   *
   * @param exact as for `countFrames`.
   */
  timestamps(exact?: boolean): Promise<readonly number[]>;

  /** Stops every reading under way and frees what the source holds. May be called more than once. */
  close(): Promise<void>;
}
