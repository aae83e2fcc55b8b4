/**
 * What is done with the frames of a film as they come: shots are found, frames wait until it is known where they belong, and each model
 * is asked about clips of them (clip_track.ts). What they say of the shots is put together when the film is over.
 */
import type {SizedFrame} from '../../clips/frames';
import type {FilmClock, PlacedFrame, ShotFinder} from '../../shots';
import type {Shot, Timeline} from '../timeline';
import type {ClipTrack} from './clip_track';

/** What is asked about clips; each is optional. */
export interface Tracks {
  /** What is on. */
  readonly labels?: ClipTrack | undefined;
  /** What the camera does, shot by shot, if that is at least so probable. */
  readonly camera?: {readonly track: ClipTrack; readonly threshold: number} | undefined;
}

export class Analysis {
  private readonly tracks: readonly ClipTrack[];
  private placed = 0;
  private arrived = 0;
  /** Whether the last frame that was placed is the last of its shot: when that ends is known with the next. */
  private isEnding = false;
  private size = {width: 0, height: 0};

  /** @param finder of shots, for which the first picture of each frame is */
  constructor(
    private readonly clock: FilmClock,
    private readonly finder: ShotFinder | undefined,
    private readonly asked: Tracks,
  ) {
    this.tracks = [asked.labels, asked.camera?.track].filter((track) => track !== undefined);
  }

  /** Takes a frame. */
  async add({pictures, timestamp, width, height}: SizedFrame): Promise<void> {
    if (this.arrived === 0) this.size = {width, height};
    const time = this.clock.tick(timestamp);
    for (const track of this.tracks) track.hold(this.arrived, pictures);
    this.arrived++;
    await this.place(
      this.finder === undefined
        ? [{timestamp: time, isInShot: true, isLast: false}]
        : await this.finder.add(pictures[0]!.data, time),
    );
  }

  /** What was found, when no more frames come; undefined when none came. */
  async end(name: string): Promise<Pick<Timeline, 'video' | 'shots' | 'segments'> | undefined> {
    const {clock, finder, size, asked} = this;
    if (clock.count === 0) return undefined;
    if (finder !== undefined) await this.place(await finder.end());
    await this.endShot(clock.end);
    const {count: frames, end: duration, frameRate, isVariableRate, info} = clock;
    const startTimestamp = info.startTimestamp ?? 0;
    return {
      video: {name, ...size, duration, frameRate, isVariableRate, startTimestamp, frames},
      shots: this.withCamera(finder?.shots(clock.end) ?? []),
      segments: asked.labels?.segments ?? [],
    };
  }

  /** Of the camera there is a segment for each shot. */
  private withCamera(shots: readonly Shot[]): readonly Shot[] {
    const {camera} = this.asked;
    if (camera === undefined) return shots;
    return shots.map((shot, i) => {
      const said = camera.track.segments[i]!.labels[0]!;
      // One picture shows no movement; a model whose weights are no numbers says nothing.
      const isSaid = shot.endFrame > shot.startFrame && said.score >= camera.threshold;
      return isSaid ? {...shot, camera: said} : shot;
    });
  }

  private async place(frames: readonly PlacedFrame[]): Promise<void> {
    for (const {timestamp, isInShot, isLast} of frames) {
      if (this.isEnding) await this.endShot(timestamp);
      for (const track of this.tracks) await track.place(this.placed, timestamp, isInShot);
      this.placed++;
      this.isEnding = isLast;
    }
  }

  private async endShot(seconds: number): Promise<void> {
    this.isEnding = false;
    for (const track of this.tracks) await track.endShot(seconds);
  }
}
