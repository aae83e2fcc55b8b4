/** Answers for each frame of a film, window by window as the frames come. What follows from them is in scenes.ts. */
import * as tf from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../util/errors';
import {turnOfOthers} from '../../util/turns';
import type {OpenNetwork} from './network';
import {FilmWindows, type WindowLengths} from './windows';

/** What a network says of one frame, probabilities from 0 to 1. */
export interface FrameAnswer {
  /** That a shot ends with it. */
  readonly single: number;
  /** That it is part of a transition. */
  readonly many: number;
}

export class ShotScan {
  private readonly windows: FilmWindows;
  private frames = 0;
  private answered = 0;

  /** @param caller begins the message of errors */
  constructor(
    private readonly caller: string,
    private readonly network: OpenNetwork,
    private readonly lengths: WindowLengths,
  ) {
    const [height, width] = network.size;
    this.windows = new FilmWindows(lengths, height * width * 3);
  }

  /** Takes the next frame; gives the answers that are known with it, for the frames after those answered before. */
  async add(frame: Uint8Array): Promise<FrameAnswer[]> {
    this.frames++;
    return this.ask(this.windows.add(frame));
  }

  /** The answers for the last frames. */
  async end(): Promise<FrameAnswer[]> {
    return this.ask(this.windows.end());
  }

  private async ask(windows: Iterable<Uint8Array>): Promise<FrameAnswer[]> {
    const answers: FrameAnswer[] = [];
    for (const window of windows) answers.push(...(await this.askWindow(window)));
    // Behind the last frame there are copies of it.
    const known = answers.slice(0, this.frames - this.answered);
    this.answered += known.length;
    return known;
  }

  private async askWindow(bytes: Uint8Array): Promise<FrameAnswer[]> {
    const {window, step} = this.lengths;
    const [height, width] = this.network.size;
    await turnOfOthers();
    const {single, many} = tf.tidy(() =>
      this.network.run(tf.tensor5d(Float32Array.from(bytes), [1, window, height, width, 3])),
    );
    try {
      const [ends, parts] = await Promise.all([single.data(), many.data()]);
      if (ends.length !== window || parts.length !== window) {
        throw new InvalidArgumentError(
          `${this.caller}: the model gave ${ends.length} and ${parts.length} numbers for ${window} frames; one each for a frame is needed.`,
        );
      }
      const {margin} = this.windows;
      return Array.from({length: step}, (_, i) => ({single: ends[margin + i]!, many: parts[margin + i]!}));
    } finally {
      tf.dispose([single, many]);
    }
  }
}
