/** Shots found frame by frame: frames go in as they come, and come out when it is known where they belong. */
import {InvalidArgumentError} from '../../util/errors';
import {type OpenNetwork, openNetwork, type ShotModel} from './network';
import {type FrameAnswer, ShotScan} from './scan';
import {ShotWalk} from './scenes';
import type {Shot} from './shot';
import {checkLengths} from './windows';

/** How shots are found. */
export interface ShotOptions {
  /** Tells where shots end: TransNetV2 of the zoo, or any function of windows of frames. It stays the caller's. */
  readonly model: ShotModel;
  /** A shot ends where the probability exceeds it. More finds fewer shots. Default 0.5. */
  readonly threshold?: number;
  /** Frames that the model sees at once. Default 100, what TransNetV2 was trained and measured with. */
  readonly window?: number;
  /**
   * Frames from one window to the next. Default half a window: each frame is seen in two of them. Windows of 200 with a step of 150
   * are a third less work and give slightly other probabilities.
   */
  readonly step?: number;
}

/** A frame of which it is known where it belongs. */
export interface PlacedFrame {
  /** Seconds, never falling. */
  readonly timestamp: number;
  /** Whether it is part of a shot, and not of a transition between two. */
  readonly isInShot: boolean;
  /** Whether the shot ends with it. */
  readonly isLast: boolean;
}

/** Frames in a window of TransNetV2. */
const WINDOW = 100;

export class ShotFinder {
  private readonly network: OpenNetwork;
  private readonly scan: ShotScan;
  private readonly walk: ShotWalk;
  /** Timestamps of frames without an answer. */
  private readonly times: number[] = [];

  /**
   * @param caller begins the message of errors
   * @throws InvalidArgumentError for options that make no sense, or a model of another kind
   */
  constructor(caller: string, {model, threshold = 0.5, window = WINDOW, step}: ShotOptions) {
    const lengths = {window, step: step ?? window - 2 * Math.floor(window / 4)};
    checkLengths(caller, lengths);
    if (!(typeof threshold === 'number' && threshold >= 0 && threshold < 1)) {
      throw new InvalidArgumentError(
        `${caller}: threshold is ${threshold}; it is a probability, at least 0 and less than 1.`,
      );
    }
    this.network = openNetwork(caller, model);
    this.scan = new ShotScan(caller, this.network, lengths);
    this.walk = new ShotWalk(threshold);
  }

  /** What frames are scaled to. */
  get size(): readonly [number, number] {
    return this.network.size;
  }

  /** Takes the next frame, scaled; gives the frames that are placed with it, often none and then many. */
  async add(frame: Uint8Array, timestamp: number): Promise<PlacedFrame[]> {
    this.times.push(timestamp);
    return this.place(await this.scan.add(frame));
  }

  /** The last frames. */
  async end(): Promise<PlacedFrame[]> {
    return this.place(await this.scan.end());
  }

  private place(answers: readonly FrameAnswer[]): PlacedFrame[] {
    const times = this.times.splice(0, answers.length);
    return answers.map(({single, many}, i) => {
      const timestamp = times[i]!;
      this.walk.add(timestamp, single, many);
      const {isInShot, isAtEnd} = this.walk;
      return {timestamp, isInShot, isLast: isAtEnd};
    });
  }

  /**
   * The shots of the film, which has ended.
   *
   * @param end seconds at which its last frame is no longer shown
   */
  shots(end: number): Shot[] {
    return this.walk.end(end);
  }

  /** Frees what was made of the model. */
  dispose(): void {
    this.network.dispose();
  }
}
