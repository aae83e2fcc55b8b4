/** What the data sets of files take, checked before anything is read, and what readings of it are. */
import {checkCount} from '../../util/counts';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import {type PerChannel, type PictureSize, type ShortVideoPolicy, scaledSize} from '../../video/clips';
import {MODEL_INFO} from '../../video/clips/sampling';
import {type Augmentation, checkAugmentation, checkMix, type MixOptions} from '../augment';
import type {DataRecipe} from '../batches/batches';
import type {Reading} from './reading/items';

/** The `info` of `loadModel` may be given as it is, with more beside it. */
export interface DatasetOptions {
  /** Frames in a clip. Of pictures there is one. */
  readonly frames?: number;
  /** Distance between neighbouring frames, or `'uniform'`: spread over the whole video. Default `'uniform'`. */
  readonly interval?: number | 'uniform';
  /** Default `'loop'`, as in mmaction's training. */
  readonly shortVideo?: ShortVideoPolicy;
  /** What frames are scaled to while they are decoded. Default: they keep their size. */
  readonly size?: PictureSize;
  /** Side of the square, or `[height, width]`, that comes out. Default: `size`. */
  readonly crop?: number | readonly [height: number, width: number];
  /** Subtracted from each value of 0 to 255. Default 0. */
  readonly mean?: PerChannel;
  /** Divides each value after the mean is taken off. Default 1. */
  readonly std?: PerChannel;
  /**
   * For training, also as `{}`: the order is random, clips lie anywhere in their video and are augmented (`augment`), and
   * the next clip of the order takes the place of one that cannot be read. Absent, for validation: the order is that of the
   * list, clips and crops lie in the middle, and what cannot be read is left out.
   */
  readonly augmentation?: Augmentation;
  /** Of batches, in training. Default: none. */
  readonly mix?: MixOptions;
  /** In training, how often in a row an item is seen, each time augmented anew. Default 1. */
  readonly repeats?: number;
  /** In training, whether each class is seen as often as the others. Default false. */
  readonly balance?: boolean;
  /** Where short videos are kept decoded between epochs and runs, and how many bytes they may take. Default: nowhere. */
  readonly cache?: {readonly folder: string; readonly bytes: number};
  /** Processes that decode and augment ahead. Default 2; 0: that of the caller. */
  readonly loaders?: number;
  /** How many batches are decoded ahead: the memory that they may take, as bytes. Default 2. */
  readonly ahead?: number;
  /** Names or paths of the programs. Default `ffmpeg` and `ffprobe`. */
  readonly ffmpeg?: string;
  readonly ffprobe?: string;
}

const OPTIONS = optionNames<DatasetOptions>({
  frames: true,
  interval: true,
  shortVideo: true,
  size: true,
  crop: true,
  mean: true,
  std: true,
  augmentation: true,
  mix: true,
  repeats: true,
  balance: true,
  cache: true,
  loaders: true,
  ahead: true,
  ffmpeg: true,
  ffprobe: true,
});

/** Options of a data set with what a recipe asks for, where they do not say it themselves. */
export function withRecipe<Options extends DataRecipe>(options: Options, recipe: DataRecipe): Options {
  const {augmentation, mix, repeats} = recipe;
  const said = Object.entries({augmentation, mix, repeats}).filter(
    ([name, value]) => value !== undefined && options[name as keyof DataRecipe] === undefined,
  );
  return {...options, ...Object.fromEntries(said)};
}

const isSide = (value: unknown) => Number.isInteger(value) && (value as number) >= 1;

/** Height and width of what comes out. */
function targetOf(caller: string, {size, crop, augmentation}: DatasetOptions): Reading['target'] {
  const wanted = crop ?? size;
  // A shorter side alone tells no size of the middle, and of a random crop only if that is square.
  if (
    wanted === undefined ||
    (crop === undefined && typeof size === 'number' && augmentation === undefined)
  ) {
    throw new InvalidArgumentError(
      `${caller}: crop is missing; give the side of the square that comes out, or [height, width]. A model's info has it.`,
    );
  }
  const [height, width] = typeof wanted === 'number' ? [wanted, wanted] : wanted;
  if (!isSide(height) || !isSide(width)) {
    throw new InvalidArgumentError(
      `${caller}: crop is ${JSON.stringify(wanted)}; it must be whole numbers of pixels from 1 on.`,
    );
  }
  return {height, width};
}

function checkChannels(caller: string, name: string, value: PerChannel | undefined): void {
  const list = typeof value === 'number' ? [value] : (value ?? [1]);
  const isSound = (list.length === 1 || list.length === 3) && list.every((number) => Number.isFinite(number));
  if (isSound && !(name === 'std' && list.includes(0))) return;
  throw new InvalidArgumentError(
    `${caller}: ${name} is ${JSON.stringify(value)}; it must be one number or three${name === 'std' ? ', none of them 0' : ''}.`,
  );
}

function checkCache(caller: string, cache: DatasetOptions['cache']): void {
  if (cache === undefined) return;
  checkOptions(`${caller}: cache`, cache, ['folder', 'bytes']);
  if (typeof cache.folder === 'string' && cache.folder !== '' && cache.bytes > 0) return;
  throw new InvalidArgumentError(
    `${caller}: cache is ${JSON.stringify(cache)}; it needs folder, a path, and bytes, how many it may take.`,
  );
}

/**
 * How clips are read.
 *
 * @param others options that the caller takes besides
 * @throws InvalidArgumentError for what makes no sense
 */
export function readingOf(
  caller: string,
  options: DatasetOptions,
  isPictures: boolean,
  others: readonly string[] = [],
): Reading {
  checkOptions(caller, options, [...OPTIONS, ...others], [...MODEL_INFO, 'cropPosition']);
  const {frames, interval = 'uniform', shortVideo = 'loop', size, augmentation, mix = {}, cache} = options;
  if (!isPictures) checkCount(caller, 'frames', frames);
  if (interval !== 'uniform') checkCount(caller, 'interval', interval);
  if (!['error', 'loop', 'repeat-last'].includes(shortVideo)) {
    throw new InvalidArgumentError(
      `${caller}: shortVideo is ${JSON.stringify(shortVideo)}; it must be 'error', 'loop' or 'repeat-last'.`,
    );
  }
  scaledSize(1, 1, size);
  if (augmentation !== undefined) checkAugmentation(`${caller}: augmentation`, augmentation);
  checkMix(`${caller}: mix`, mix);
  checkChannels(caller, 'mean', options.mean);
  checkChannels(caller, 'std', options.std);
  checkCount(caller, 'repeats', options.repeats ?? 1);
  checkCount(caller, 'ahead', options.ahead ?? 1);
  const {loaders = 1} = options;
  if (loaders !== 0) checkCount(caller, 'loaders', loaders);
  checkCache(caller, cache);
  return {
    frames: isPictures ? 1 : frames!,
    interval,
    shortVideo,
    ...(size !== undefined && {decodedSize: size}),
    target: targetOf(caller, options),
    ...(augmentation !== undefined && {augmentation}),
    ...(cache !== undefined && {cache}),
    ffmpeg: options.ffmpeg ?? 'ffmpeg',
    ffprobe: options.ffprobe ?? 'ffprobe',
  };
}
