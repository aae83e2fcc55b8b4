/**
 * The two interfaces between places that frames come from (a file through ffmpeg, an array in memory, a camera) and
 * everything that uses frames: a stream, which passes once, and a seekable video, whose frames can be asked for. Types only: no
 * decoder, no tensor, no resizing lives here.
 */
import type {PictureSize, RgbImage} from './transforms';

/** A picture as bytes that its receiver owns. */
export interface Picture extends RgbImage {
  /** Packed 8-bit red, green, blue: `height * width * 3` bytes, rows from top to bottom. */
  readonly data: Uint8Array;
}

/** One picture of a video. */
export interface Frame extends Picture {
  /** Seconds from the start of the video, or of the stream, at which the frame is shown. */
  readonly timestamp: number;
  /** Place of the frame, from 0, in the order of showing. */
  readonly index: number;
}

/** A frame at several sizes. */
export interface SizedFrame {
  /** One for each size asked for. */
  readonly pictures: readonly Picture[];
  /** Pixels in a row of the frame as it is shown, before any scaling. */
  readonly width: number;
  /** Its rows. */
  readonly height: number;
  /** As in `Frame`. */
  readonly timestamp: number;
  /** As in `Frame`. */
  readonly index: number;
}

/**
 * Frames as they come: of a camera, of a pipe, of anything that passes once.
 *
 * `for await (const frame of stream)` runs through the frames, which may change size; leaving the loop early frees what the
 * reading held.
 *
 * ```ts
 * const camera: FrameStream = {
 *   async *[Symbol.asyncIterator]() {
 *     for (let index = 0; ; index++) yield {data: await pixels(), width: 640, height: 480, timestamp: index / 30, index};
 *   },
 *   close: async () => {},
 * };
 * ```
 */
export interface FrameStream extends AsyncIterable<Frame> {
  /** Ends every reading under way and frees what the stream holds. May be called more than once. */
  close(): Promise<void>;

  /**
   * All frames, each at several sizes, from one reading. Streams whose decoder scales have it; `sizedFrames` works on any.
   *
   * @param sizes at least one; undefined: as it is shown
   */
  sized?(sizes: readonly (PictureSize | undefined)[]): AsyncGenerator<SizedFrame, void, void>;
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
  /**
   * Timestamp in seconds that the file itself gives its start, which timestamps of frames count from. Their sum is the
   * presentation timestamp in the file. Absent: 0.
   */
  readonly startTimestamp?: number;
}

/** One video whose frames can be counted and asked for by number, as often as wanted. It is a stream of all of them too. */
export interface SeekableVideo extends FrameStream {
  readonly info: VideoInfo;

  /**
   * Reads frames from the first to the last, or only those asked for. `framesAt` finds them by time.
   *
   * @param indices frame numbers in rising order without repeats; frames beyond the end are left out.
   */
  frames(indices?: readonly number[]): AsyncGenerator<Frame, void, void>;

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
}
