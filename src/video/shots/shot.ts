/** What a shot is, as data. */

/** How a shot begins: with the film, at once behind the one before, or out of a dissolve, a fade or the like. */
export type ShotTransition = 'start' | 'cut' | 'gradual';

/** What a model says of the movement of the camera. */
export interface CameraMovement {
  /** The model's word for it, such as `static`, `pan left`, `tilt up`, `zoom in`, `roll` or `hand-held`. */
  readonly label: string;
  /** Probability, 0 to 1. */
  readonly score: number;
}

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
  /** What the camera does, where a model was asked: of `analyze` with `camera`. */
  readonly camera?: CameraMovement;
}
