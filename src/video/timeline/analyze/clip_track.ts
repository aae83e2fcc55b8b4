/**
 * One model on its way through a film: pictures wait until it is known where they belong, the model is asked about clips of them, and
 * its answers become segments when a shot is over.
 */

import type {Picture} from '../../clips/frames';
import {likeliest} from '../../recognize';
import type {Segment} from '../timeline';
import {type Block, type BlockLengths, ShotBlocks} from './blocks';
import type {OpenClipModel} from './clip_model';
import {
  addAlone,
  addByLabel,
  addToOne,
  closeGaps,
  dropShort,
  type MergeOptions,
  meanOf,
  type Run,
} from './segments';

/** What makes a segment: a shot, one span of time, or spans of one label. */
export type Grouping = 'shot' | 'span' | Required<MergeOptions>;

export interface ClipWork {
  readonly model: OpenClipModel;
  /** Which of the pictures of a frame is the model's. */
  readonly picture: number;
  readonly lengths: BlockLengths;
  readonly grouping: Grouping;
  /** Labels for each segment. */
  readonly top: number;
  /** Whether the film is cut into shots: segments then say which is theirs. */
  readonly hasShots: boolean;
}

export class ClipTrack {
  /** What was said, so far. */
  readonly segments: Segment[] = [];
  /** Pictures by the number of their frame, which a clip may still want. */
  private readonly pictures = new Map<number, Picture>();
  /** Of the shot that goes on. */
  private runs: Run[] = [];
  private blocks: ShotBlocks | undefined;
  private shots = 0;

  constructor(private readonly work: ClipWork) {}

  /** Takes the pictures of a frame, of which it is not yet known where it belongs. */
  hold(frame: number, pictures: readonly Picture[]): void {
    this.pictures.set(frame, pictures[this.work.picture]!);
  }

  /** Takes the next frame of which that is known. */
  async place(frame: number, timestamp: number, isInShot: boolean): Promise<void> {
    if (isInShot) {
      this.blocks ??= new ShotBlocks(this.work.lengths, frame, timestamp);
      this.blocks.add(timestamp);
      await this.askAboutReady(this.blocks);
    }
    this.forget(this.blocks?.needed ?? frame + 1);
  }

  /** Ends a shot, if one goes on: its last frame is no longer shown then. */
  async endShot(seconds: number): Promise<void> {
    if (this.blocks === undefined) return;
    this.blocks.end(seconds);
    await this.askAboutReady(this.blocks);
    this.blocks = undefined;
    const {grouping} = this.work;
    const runs =
      typeof grouping === 'string'
        ? this.runs
        : dropShort(closeGaps(this.runs, grouping.maxGap), grouping.minLength);
    for (const run of runs) this.segments.push(this.segmentOf(run));
    this.runs = [];
    this.shots++;
  }

  private async askAboutReady(blocks: ShotBlocks): Promise<void> {
    for (const block of blocks.ready()) await this.ask(block);
  }

  private async ask({start, end, clip}: Block): Promise<void> {
    const {model, grouping} = this.work;
    const answer = {start, end, ...(await model.ask(clip.map((frame) => this.pictures.get(frame)!)))};
    if (grouping === 'shot') addToOne(this.runs, answer);
    else if (grouping === 'span') addAlone(this.runs, answer);
    else addByLabel(this.runs, answer, grouping.hysteresis);
  }

  private segmentOf(run: Run): Segment {
    const {start, end, probabilities, features} = meanOf(run);
    const {model, top, hasShots} = this.work;
    const labels = likeliest(probabilities, model.labels, top).map(({label, probability}) => ({
      label,
      score: probability,
    }));
    return {
      ...{start, end, labels},
      ...(hasShots && {shot: this.shots}),
      ...(features !== undefined && {features: Array.from(features)}),
    };
  }

  private forget(needed: number): void {
    for (const frame of this.pictures.keys()) {
      if (frame >= needed) return;
      this.pictures.delete(frame);
    }
  }
}
