/** The clock of a film while its frames pass: times that never fall, how long frames are shown, whether all for as long. */
import type {FrameStream, SeekableVideo, VideoInfo} from '../clips/frames';

/** Containers round times to milliseconds: frames of a constant rate seem to differ by one to either side. */
const ROUNDING = 0.0025;

/** Of a film of which nobody knows. */
const USUAL_RATE = 25;

/** How far a film is read. */
export interface FilmProgress {
  /** Frames that were read. */
  readonly frames: number;
  /** Seconds of the film up to the last of them. */
  readonly seconds: number;
  /** Seconds of the whole film by its container's word; absent where nobody knows. */
  readonly duration?: number;
}

export class FilmClock {
  private frames = 0;
  private first = 0;
  private last = Number.NEGATIVE_INFINITY;
  private shortest = Number.POSITIVE_INFINITY;
  private longest = 0;
  private lastLength: number;
  /** What is known of the film beforehand. */
  readonly info: Partial<VideoInfo>;

  constructor(video: FrameStream | SeekableVideo) {
    this.info = 'info' in video ? video.info : {};
    this.lastLength = 1 / (this.info.framesPerSecond ?? USUAL_RATE);
  }

  /**
   * Takes the next frame.
   *
   * @returns its time; a clock that falls back, where streams were joined, stands still
   */
  tick(timestamp: number): number {
    const time = Math.max(timestamp, this.last);
    if (this.frames === 0) this.first = time;
    else {
      this.lastLength = time - this.last;
      this.shortest = Math.min(this.shortest, this.lastLength);
      this.longest = Math.max(this.longest, this.lastLength);
    }
    this.last = time;
    this.frames++;
    return time;
  }

  /**
   * Seconds at which the last frame is no longer shown, to a microsecond: it is shown as long as the one before. Of a variable rate that
   * says little, and if the container's duration ends sooner, it counts.
   */
  get end(): number {
    const {duration = 0} = this.info;
    const asBefore = this.last + this.lastLength;
    const end = this.isVariableRate && duration > this.last ? Math.min(duration, asBefore) : asBefore;
    return Math.round(end * 1e6) / 1e6;
  }

  get count(): number {
    return this.frames;
  }

  /** Frames per second by the container's word, or as counted. */
  get frameRate(): number {
    const counted = this.last > this.first ? (this.frames - 1) / (this.last - this.first) : USUAL_RATE;
    return this.info.framesPerSecond ?? counted;
  }

  /** Whether frames are shown for times of different length. */
  get isVariableRate(): boolean {
    return this.longest - this.shortest > ROUNDING;
  }

  get progress(): FilmProgress {
    const {duration} = this.info;
    return {frames: this.frames, seconds: this.last, ...(duration !== undefined && {duration})};
  }
}
