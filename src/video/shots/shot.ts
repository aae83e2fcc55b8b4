/** What a shot is, as data. */

/** How a shot begins: with the film, at once behind the one before, or out of a dissolve, a fade or the like. */
export type ShotTransition = 'start' | 'cut' | 'gradual';

/** Frames that one camera took without a break. */
export interface Shot {
  /** The first frame, counted from 0. */
  readonly startFrame: number;
  /** The last frame, which belongs to the shot. */
  readonly endFrame: number;
  /** Seconds from the start of the video at which the first frame is shown. */
  readonly start: number;
  /** Seconds from the start of the video at which the last frame is no longer shown. */
  readonly end: number;
  /** How it begins. */
  readonly transition: ShotTransition;
  /** Probability, 0 to 1, of the boundary that it begins with; 1 where the film starts. */
  readonly confidence: number;
}
