/** Data sets of clips that a function makes, for tests, synthetic tasks and data that lies elsewhere. Runs in pages too. */
import {checkCount} from '../../util/counts';
import {FormatError, InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import type {PerChannel} from '../../video/clips';
import {
  type Augmentation,
  augment,
  type ByteClip,
  checkAugmentation,
  checkMix,
  type MixOptions,
  type RandomSource,
  randomAt,
} from '../augment';
import {Dataset} from './dataset';
import {withRecipe} from './options';
import type {Place} from './reading/items';

export interface GeneratedOptions {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** The class of each clip: as many numbers as the data set has clips. */
  readonly labels: readonly number[];
  /**
   * Makes a clip.
   *
   * @param index its place in `labels`
   * @param random the same numbers for the same clip in the same epoch and run; in validation in every epoch
   * @returns `[frames, height, width, 3]` bytes, of one size for the whole data set
   */
  make(index: number, random: RandomSource): ByteClip | Promise<ByteClip>;
  /** Subtracted from each value of 0 to 255. Default 0. */
  readonly mean?: PerChannel;
  /** Divides each value after the mean is taken off. Default 1. */
  readonly std?: PerChannel;
  /** Whether clips are pictures, which come without a time axis. Default false. */
  readonly pictures?: boolean;
  /** Whether the order is random, and another one in each epoch. Default true; false for validation. */
  readonly training?: boolean;
  /** What becomes of each clip, in training. Default: nothing. */
  readonly augmentation?: Augmentation;
  /** Of batches, in training. Default: none. */
  readonly mix?: MixOptions;
  /** As for files. */
  readonly repeats?: number;
  /** As for files. */
  readonly balance?: boolean;
}

const OPTIONS = optionNames<GeneratedOptions>({
  classes: true,
  labels: true,
  make: true,
  mean: true,
  std: true,
  pictures: true,
  training: true,
  augmentation: true,
  mix: true,
  repeats: true,
  balance: true,
});

/** Refuses what is no clip. */
function checkClip(index: number, clip: ByteClip): void {
  const {data, frames, height, width} = clip ?? {};
  if (data instanceof Uint8Array && frames >= 1 && data.length === frames * height * width * 3) return;
  throw new InvalidArgumentError(
    `generated: make(${index}) must give {data, frames, height, width} with frames x height x width x 3 bytes of data; got ${data?.length} bytes for ${frames} x ${height} x ${width} x 3.`,
  );
}

/**
 * A data set of clips that a function makes.
 *
 * @throws InvalidArgumentError for options that make no sense or are unknown; what `make` throws ends the epoch, but a
 *   FormatError, which says that this clip cannot be had
 *
 * ```ts
 * const data = generated({
 *   classes: ['dark', 'bright'],
 *   labels: [0, 1, 0, 1],
 *   make: (index) => ({data: new Uint8Array(8 * 32 * 32 * 3).fill(index % 2 ? 200 : 50), frames: 8, height: 32, width: 32}),
 * });
 * ```
 */
export function generated(options: GeneratedOptions): Dataset {
  checkOptions('generated', options, OPTIONS);
  const {classes, labels, make, pictures = false, training = true, augmentation, mix, repeats = 1} = options;
  checkCount('generated', 'repeats', repeats);
  if (augmentation !== undefined) checkAugmentation('generated: augmentation', augmentation);
  if (mix !== undefined) checkMix('generated: mix', mix);
  const read = async (index: number, {seed, epoch, index: place}: Place) => {
    try {
      const clip = await make(
        index,
        training ? randomAt(seed, 'generate', epoch, place) : randomAt(0, 'generate', 0, index),
      );
      checkClip(index, clip);
      if (!training || augmentation === undefined) return clip;
      return augment(clip, clip, augmentation, randomAt(seed, 'augment', epoch, place));
    } catch (error) {
      if (error instanceof FormatError) return {unreadable: error.message};
      throw error;
    }
  };
  return new Dataset({
    caller: 'generated',
    classes,
    labels,
    nameOf: (index) => `clip ${index}`,
    form: {
      mean: options.mean ?? 0,
      std: options.std ?? 1,
      isPictures: pictures,
      ...(training && mix !== undefined && {mix}),
    },
    ...(training && {order: {repeats, isBalanced: options.balance ?? false}}),
    // Made when it is asked for: there is no other thread that could do it meanwhile.
    ahead: 1,
    open: () => ({read, close: async () => {}}),
    part: (items, isValidation) =>
      generated({
        ...options,
        labels: items.map((item) => labels[item]!),
        make: (index, random) => make(items[index]!, random),
        training: training && !isValidation,
      }),
    augmented: (recipe) => generated({...withRecipe(options, recipe), training: true}),
  });
}
