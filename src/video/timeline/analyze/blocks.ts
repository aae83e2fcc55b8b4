/**
 * Which frames of a film a model looks at: a film, or each shot of one, is cut into blocks of so many seconds, and of each block a
 * clip around its middle is taken. Numbers only; frames are told as they come, and forgotten when no clip can want them.
 */
import {clipIndices} from '../../clips/sampling';

export interface BlockLengths {
  /** Seconds in a block; the last one of a shot may be shorter. */
  readonly every: number;
  /** Frames in a clip. */
  readonly frames: number;
  /** Distance between them, or `'uniform'`: spread over the block. */
  readonly interval: number | 'uniform';
}

/** A span of time, and the clip that stands for it. */
export interface Block {
  /** Seconds at which its first frame is shown. */
  readonly start: number;
  /** Seconds at which its last frame is no longer shown. */
  readonly end: number;
  /** Numbers of the frames of the clip, all within the shot. */
  readonly clip: readonly number[];
}

/** Times of floating-point sums. */
const ROUNDING = 1e-9;

/** The blocks of one shot, or of a film that is not cut into shots. */
export class ShotBlocks {
  /** Timestamps of the frames from `kept` on. */
  private readonly times: number[] = [];
  private kept: number;
  /** The first frame of the next block. */
  private next: number;
  private readonly startTime: number;
  /** When the shot is over; undefined while it goes on. */
  private endTime: number | undefined;

  constructor(
    private readonly lengths: BlockLengths,
    private readonly first: number,
    startTime: number,
  ) {
    this.kept = first;
    this.next = first;
    this.startTime = startTime;
  }

  /** The first frame that a clip may still want. */
  get needed(): number {
    return this.kept;
  }

  /** Takes the time of the next frame. */
  add(timestamp: number): void {
    this.times.push(timestamp);
  }

  /** Ends the shot: its last frame is no longer shown then. */
  end(seconds: number): void {
    this.endTime = seconds;
  }

  /** The blocks that are complete, each once. */
  *ready(): Generator<Block, void, void> {
    for (let block = this.nextBlock(); block !== undefined; block = this.nextBlock()) yield block;
  }

  private at(frame: number): number {
    return this.times[frame - this.kept]!;
  }

  private nextBlock(): Block | undefined {
    const last = this.kept + this.times.length - 1;
    if (this.next > last) return undefined;
    // Blocks begin at multiples of their length, wherever frames lie.
    const {every} = this.lengths;
    const start = this.at(this.next);
    const limit = this.startTime + (Math.floor((start - this.startTime) / every + ROUNDING) + 1) * every;
    let behind = this.next + 1;
    while (behind <= last && this.at(behind) < limit - ROUNDING) behind++;
    const isLast = behind > last;
    if (isLast && this.endTime === undefined) return undefined;
    const clip = this.clipOf(this.next, behind - 1, last);
    if (clip === undefined) return undefined;
    const end = isLast ? this.endTime! : this.at(behind);
    this.next = behind;
    this.forget();
    return {start, end, clip};
  }

  /** Undefined when frames behind the block are wanted that have not come. */
  private clipOf(from: number, to: number, last: number): number[] | undefined {
    const {frames, interval} = this.lengths;
    let [low, high] = [from, to];
    if (interval !== 'uniform') {
      const span = (frames - 1) * interval + 1;
      low = Math.max(this.first, Math.floor((from + to + 1 - span) / 2));
      high = low + span - 1;
      if (high > last) {
        if (this.endTime === undefined) return undefined;
        high = last;
        low = Math.max(this.first, high - span + 1);
      }
    }
    const total = high - low + 1;
    const isShort = interval === 'uniform' && total < frames;
    // A block with fewer frames than the clip shows some of them for longer, as a spread clip of a short video does.
    if (isShort)
      return Array.from({length: frames}, (_, i) => low + Math.floor(((i + 0.5) * total) / frames));
    return clipIndices('analyze', {total, frames, interval, shortVideo: 'loop'}).map((index) => low + index);
  }

  /** Frames that lie further behind than a clip reaches. */
  private forget(): void {
    const {frames, interval} = this.lengths;
    const reach = interval === 'uniform' ? 0 : (frames - 1) * interval;
    const keep = Math.max(this.kept, this.next - reach);
    this.times.splice(0, keep - this.kept);
    this.kept = keep;
  }
}
