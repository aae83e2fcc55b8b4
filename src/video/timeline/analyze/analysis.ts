/**
 * What is done with the frames of a film as they come: shots are found, frames wait until it is known where they belong, the model is
 * asked about clips of them, and its answers become segments when a shot is over.
 */

import type {Picture, SizedFrame} from '../../clips/frames';
import {likeliest} from '../../recognize';
import type {FilmClock, PlacedFrame, ShotFinder} from '../../shots';
import type {Segment, Timeline} from '../timeline';
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
  readonly lengths: BlockLengths;
  readonly grouping: Grouping;
  /** Labels for each segment. */
  readonly top: number;
}

export class Analysis {
  /** Pictures for the model by the number of their frame, which a clip may still want. */
  private readonly pictures = new Map<number, Picture>();
  private readonly segments: Segment[] = [];
  /** Of the shot that goes on. */
  private runs: Run[] = [];
  private blocks: ShotBlocks | undefined;
  private shots = 0;
  private placed = 0;
  private arrived = 0;
  /** Whether the last frame that was placed is the last of its shot: when that ends is known with the next. */
  private isEnding = false;
  private size = {width: 0, height: 0};

  constructor(
    private readonly clock: FilmClock,
    private readonly finder: ShotFinder | undefined,
    private readonly work: ClipWork | undefined,
  ) {}

  /** Takes a frame: its picture for the shots, if they are looked for, then that for the model, if there is one. */
  async add({pictures, timestamp, width, height}: SizedFrame): Promise<void> {
    if (this.arrived === 0) this.size = {width, height};
    const time = this.clock.tick(timestamp);
    if (this.work !== undefined) this.pictures.set(this.arrived, pictures.at(-1)!);
    this.arrived++;
    await this.place(
      this.finder === undefined
        ? [{timestamp: time, isInShot: true, isLast: false}]
        : await this.finder.add(pictures[0]!.data, time),
    );
  }

  /** What was found, when no more frames come; undefined when none came. */
  async end(name: string): Promise<Pick<Timeline, 'video' | 'shots' | 'segments'> | undefined> {
    const {clock, finder, size} = this;
    if (clock.count === 0) return undefined;
    if (finder !== undefined) await this.place(await finder.end());
    await this.endShot(clock.end);
    const {count: frames, end: duration, frameRate, isVariableRate, info} = clock;
    const startTimestamp = info.startTimestamp ?? 0;
    return {
      video: {name, ...size, duration, frameRate, isVariableRate, startTimestamp, frames},
      shots: finder?.shots(clock.end) ?? [],
      segments: this.segments,
    };
  }

  private async place(frames: readonly PlacedFrame[]): Promise<void> {
    if (this.work === undefined) return;
    for (const {timestamp, isInShot, isLast} of frames) {
      if (this.isEnding) await this.endShot(timestamp);
      const frame = this.placed++;
      if (isInShot) {
        this.blocks ??= new ShotBlocks(this.work.lengths, frame, timestamp);
        this.blocks.add(timestamp);
        await this.askAboutReady();
      }
      this.isEnding = isLast;
      this.forget(this.blocks?.needed ?? this.placed);
    }
  }

  private async endShot(seconds: number): Promise<void> {
    this.isEnding = false;
    if (this.blocks === undefined) return;
    this.blocks.end(seconds);
    await this.askAboutReady();
    this.blocks = undefined;
    const {grouping} = this.work!;
    const runs =
      typeof grouping === 'string'
        ? this.runs
        : dropShort(closeGaps(this.runs, grouping.maxGap), grouping.minLength);
    for (const run of runs) this.segments.push(this.segmentOf(run));
    this.runs = [];
    this.shots++;
  }

  private async askAboutReady(): Promise<void> {
    for (const block of this.blocks!.ready()) await this.ask(block);
  }

  private async ask({start, end, clip}: Block): Promise<void> {
    const {model, grouping} = this.work!;
    const answer = {start, end, ...(await model.ask(clip.map((frame) => this.pictures.get(frame)!)))};
    if (grouping === 'shot') addToOne(this.runs, answer);
    else if (grouping === 'span') addAlone(this.runs, answer);
    else addByLabel(this.runs, answer, grouping.hysteresis);
  }

  private segmentOf(run: Run): Segment {
    const {start, end, probabilities, features} = meanOf(run);
    const {model, top} = this.work!;
    const labels = likeliest(probabilities, model.labels, top).map(({label, probability}) => ({
      label,
      score: probability,
    }));
    return {
      ...{start, end, labels},
      ...(this.finder !== undefined && {shot: this.shots}),
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
