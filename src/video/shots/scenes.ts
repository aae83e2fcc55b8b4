/**
 * From answers for frames to shots, frame by frame as TransNetV2's authors walk through them: a frame is above where its
 * probability exceeds the threshold; the first of a run of such frames ends a shot and the first behind the run begins the next.
 * Whether a boundary is a cut or gradual tells the second answer, which holds for every frame of a transition.
 */
import type {Shot} from './shot';

/**
 * From so many frames on a transition is gradual. Cuts of the films that this was tried on have 1, dissolves and fades 7 and more;
 * conversion of the frame rate may spread a cut over 3.
 */
const GRADUAL_FRAMES = 4;

/** Where one shot ends and another begins. */
interface Boundary {
  /** The largest probability that a shot ends here. */
  confidence: number;
  /** The frames around it of which either answer says that they belong to a transition. */
  readonly transition: {frames: number};
}

/** A shot, and the boundary that it comes out of; none where the film starts. */
interface FoundShot {
  readonly startFrame: number;
  readonly start: number;
  endFrame: number;
  end: number;
  readonly boundary: Boundary | undefined;
}

export class ShotWalk {
  private readonly found: FoundShot[] = [];
  /** The shot that goes on. */
  private open: FoundShot | undefined;
  /** The boundary that was met last. */
  private boundary: Boundary | undefined;
  /** The transition that goes on. */
  private transition: {frames: number} | undefined;
  private isAbove = false;
  private frames = 0;
  private firstTime = 0;

  constructor(private readonly threshold: number) {}

  /** Whether the frame that was added last is the last one of a shot. */
  get isAtEnd(): boolean {
    return this.found.at(-1)?.endFrame === this.frames - 1;
  }

  /** Whether the frame that was added last belongs to a shot. */
  get isInShot(): boolean {
    return this.open !== undefined || this.isAtEnd;
  }

  /** Takes the answers for the next frame. */
  add(timestamp: number, single: number, many: number): void {
    const frame = this.frames++;
    if (frame === 0) this.firstTime = timestamp;
    const previous = this.found.at(-1);
    if (previous?.endFrame === frame - 1) previous.end = timestamp;

    const wasAbove = this.isAbove;
    this.isAbove = single > this.threshold;
    if (this.isAbove || many > this.threshold) {
      this.transition ??= {frames: 0};
      this.transition.frames++;
    } else this.transition = undefined;

    if (!this.isAbove) {
      const {boundary} = this;
      this.open ??= {startFrame: frame, start: timestamp, endFrame: frame, end: timestamp, boundary};
    } else if (wasAbove) {
      if (this.boundary !== undefined) this.boundary.confidence = Math.max(this.boundary.confidence, single);
    } else if (this.open !== undefined) {
      this.close(frame);
      this.boundary = {confidence: single, transition: this.transition!};
    }
  }

  private close(endFrame: number): void {
    this.found.push({...this.open!, endFrame});
    this.open = undefined;
  }

  /**
   * The shots of the film, which ends here.
   *
   * @param end seconds at which the last frame is no longer shown
   */
  end(end: number): Shot[] {
    const endFrame = this.frames - 1;
    if (this.open !== undefined) this.close(endFrame);
    // Every frame is above: nothing tells shots apart.
    if (this.found.length === 0 && this.frames > 0)
      this.found.push({startFrame: 0, start: this.firstTime, endFrame, end, boundary: undefined});
    const last = this.found.at(-1);
    if (last?.endFrame === endFrame) last.end = end;
    return this.found.map(({startFrame, endFrame, start, end, boundary}) => ({
      ...{startFrame, endFrame, start, end},
      transition: kindOf(boundary),
      confidence: boundary?.confidence ?? 1,
    }));
  }
}

function kindOf(boundary: Boundary | undefined): Shot['transition'] {
  if (boundary === undefined) return 'start';
  return boundary.transition.frames >= GRADUAL_FRAMES ? 'gradual' : 'cut';
}
