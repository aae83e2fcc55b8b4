/**
 * A film cut into overlapping windows of frames as TransNetV2's authors cut it: copies of the first frame before it and of the last
 * behind it, and of each window the middle counts. One window is in memory. Bytes only, no network.
 */
import {InvalidArgumentError} from '../../util/errors';

/** How a film is cut. */
export interface WindowLengths {
  /** Frames in a window. */
  readonly window: number;
  /** Frames from one window to the next, the middle ones of a window that count. */
  readonly step: number;
}

/** @throws InvalidArgumentError for lengths of which no middle can be taken */
export function checkLengths(caller: string, {window, step}: WindowLengths): void {
  const isFit =
    Number.isInteger(window) &&
    Number.isInteger(step) &&
    step >= 1 &&
    step <= window &&
    (window - step) % 2 === 0;
  if (isFit) return;
  throw new InvalidArgumentError(
    `${caller}: window is ${window} and step is ${step} frames; whole numbers are needed, 1 <= step <= window, that differ ` +
      'by an even number, as much before as behind the frames that count.',
  );
}

export class FilmWindows {
  private readonly held: Uint8Array;
  /** Frames in `held`. */
  private filled = 0;
  private frames = 0;
  private windows = 0;

  /** @param frameBytes bytes of a frame */
  constructor(
    private readonly lengths: WindowLengths,
    private readonly frameBytes: number,
  ) {
    this.held = new Uint8Array(lengths.window * frameBytes);
  }

  /** Frames of a window before the first one that counts. */
  get margin(): number {
    return (this.lengths.window - this.lengths.step) / 2;
  }

  /** Takes a frame, and gives the windows that are complete with it; each is to be read before the next is asked for. */
  *add(frame: Uint8Array): Generator<Uint8Array, void, void> {
    if (this.frames++ === 0) for (let i = 0; i < this.margin; i++) yield* this.put(frame);
    yield* this.put(frame);
  }

  /** The windows that are complete with copies of the last frame: one for each `step` frames of the film, the last one begun. */
  *end(): Generator<Uint8Array, void, void> {
    if (this.frames === 0) return;
    const last = this.held.slice((this.filled - 1) * this.frameBytes, this.filled * this.frameBytes);
    const wanted = Math.ceil(this.frames / this.lengths.step);
    while (this.windows < wanted) yield* this.put(last);
  }

  private *put(frame: Uint8Array): Generator<Uint8Array, void, void> {
    const {window, step} = this.lengths;
    this.held.set(frame, this.filled++ * this.frameBytes);
    if (this.filled < window) return;
    this.windows++;
    yield this.held;
    this.held.copyWithin(0, step * this.frameBytes);
    this.filled -= step;
  }
}
