/**
 * Which clips a network takes, axis by axis: one rule that both refuses a size when a network is built and tells people
 * what is taken (`NetworkDefinition.sizes`, `tfjs-sts info`). Pure numbers; what follows from a family's strides is said
 * in its file.
 */
import {InvalidArgumentError} from '../util/errors';

/** The lengths that one axis of a clip may have. */
export interface LengthRule {
  /** Whether a length is one of them; asked for whole numbers from 1 up. */
  takes(length: number): boolean;
  /** What is taken, as in '... must be ...'. */
  readonly text: string;
  /** Why, in a sentence. */
  readonly reason: string;
}

/** The clips that a network takes. */
export interface SizeRules {
  readonly frames: LengthRule;
  readonly height: LengthRule;
  readonly width: LengthRule;
}

/** Every length. */
export function anyLength(reason: string): LengthRule {
  return {takes: () => true, text: 'a whole number of at least 1', reason};
}

/** What holds for frames and sides of networks whose layers pad and whose head takes means. */
export const ANY_FRAMES = anyLength('Convolutions pad the clip, and the classifier sees means over it.');
export const ANY_SIDE = anyLength('Every stride rounds up, and the classifier sees means over the frame.');

/** Every clip. */
export const ANY_CLIP: SizeRules = {frames: ANY_FRAMES, height: ANY_SIDE, width: ANY_SIDE};

/** The clip lengths of a network with a path over every n-th frame, SlowFast's. */
export function everyNthFrame(n: number): LengthRule {
  return {
    takes: (frames) => frames === 1 || frames % n === 0,
    text: `a multiple of ${n}, or 1 for images`,
    reason: `The slow path takes every frame ${n} apart, and each of its frames goes with ${n} of the fast path.`,
  };
}

/**
 * The heights and widths of a network with depthwise STS, whose form with stride s reads lines of a frame whose height and
 * width s divides. A network that halves a frame `before` times in other layers (rounding up) and then in STS layers
 * takes a size only if `multiple` divides it when the STS layers begin. The layers here would take others, but no
 * weights were made for what they compute then.
 */
export function depthwiseStsSide({before, multiple}: {before: number; multiple: number}): LengthRule {
  const step = 2 ** before;
  const largest = multiple * step;
  return {
    takes: (length) => Math.ceil(length / step) % multiple === 0,
    text: `in ${largest - step + 1}..${largest}, or that and a multiple of ${largest}`,
    reason:
      "STS reads lines of a frame, which in the authors' code have a meaning where each stride divides its frame; without " +
      'sts every size is taken.',
  };
}

/**
 * @throws InvalidArgumentError for a length that is not taken, with those that are
 */
export function checkSizes(
  clip: {readonly name: string; readonly frames: number; readonly height: number; readonly width: number},
  rules: SizeRules,
): void {
  for (const axis of ['frames', 'height', 'width'] as const) {
    const {takes, text, reason} = rules[axis];
    if (!takes(clip[axis]))
      throw new InvalidArgumentError(`${clip.name}: ${axis} must be ${text}; got ${clip[axis]}. ${reason}`);
  }
}
