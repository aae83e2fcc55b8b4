/** Data sets of files on disk, read by ffmpeg in loader processes. Node only. */
import {InvalidArgumentError} from '../../util/errors';
import {runTool} from '../../video/clips/sources/ffmpeg_process';
import {Dataset} from './dataset';
import {generated} from './generated';
import {
  type Listed,
  listFolder,
  listKineticsCsv,
  listNumbered,
  listRawFrames,
  listSomething,
  PICTURE_FILE,
  VIDEO_FILE,
} from './lists';
import {openLoaders} from './loaders/process_pool';
import {type DatasetOptions, readingOf, withRecipe} from './options';

export interface ListedOptions extends DatasetOptions {
  /** Folder that the paths of the list are in. Default: that of the list. */
  readonly folder?: string;
  /** Names of the classes in the order of their numbers. Default: those of the list in alphabetical order, or their numbers. */
  readonly classes?: readonly string[];
}

export interface SomethingOptions extends DatasetOptions {
  /** Folder of the videos. Default: that of the list. */
  readonly folder?: string;
  /** The data set's own list of classes (`labels.json`). Default: the templates of the list in alphabetical order. */
  readonly classList?: string;
  /** Ending of the files. Default `.webm`. */
  readonly ending?: string;
}

export interface RawFramesOptions extends ListedOptions {
  /** Names of the files, with `%05d` or the like for the number. Default `img_%05d.jpg`, as in mmaction. */
  readonly pattern?: string;
  /** Number of the first frame. Default 1. */
  readonly first?: number;
}

/** Of ffmpeg's names those that have started something. */
const working = new Set<string>();

/** Without it every item would be unreadable. @throws UnavailableError */
async function checkTool(ffmpeg: string): Promise<void> {
  if (working.has(ffmpeg)) return;
  await runTool(ffmpeg, ['-version'], '');
  working.add(ffmpeg);
}

/** What `part` needs to make a data set of some items. */
function fromList(
  caller: string,
  listed: Listed,
  options: DatasetOptions,
  isPictures: boolean,
  others: readonly string[] = [],
): Dataset {
  const reading = readingOf(caller, options, isPictures, others);
  const {items, labels, classes} = listed;
  const {
    augmentation,
    mix,
    mean = 0,
    std = 1,
    repeats = 1,
    balance = false,
    loaders = 2,
    ahead = 2,
  } = options;
  const isTraining = augmentation !== undefined;
  return new Dataset({
    caller,
    classes,
    labels,
    nameOf: (item) => items[item]!.path,
    form: {mean, std, isPictures, ...(isTraining && mix !== undefined && {mix})},
    ...(isTraining && {order: {repeats, isBalanced: balance}}),
    ahead,
    async open() {
      await checkTool(reading.ffmpeg);
      return openLoaders(Math.min(loaders, items.length), items, reading);
    },
    part(chosen, isValidation) {
      const some = {items: chosen.map((i) => items[i]!), labels: chosen.map((i) => labels[i]!), classes};
      const {augmentation: _, ...plain} = options;
      // A square may have been meant by its side alone.
      const crop = [reading.target.height, reading.target.width] as const;
      return fromList(caller, some, isValidation ? {...plain, crop} : options, isPictures, others);
    },
    augmented: (recipe) => fromList(caller, listed, withRecipe(options, recipe), isPictures, others),
  });
}

const folderOf = (list: string) => process.getBuiltinModule('node:path').dirname(list);

/**
 * Videos in a folder for each class, which bears its name.
 *
 * @param folder holds the folders of the classes; their order is alphabetical
 * @param options `loadModel`'s `info`, and `augmentation` for training
 * @throws InvalidArgumentError for options that make no sense and for a folder without videos; UnavailableError for one that
 *   is not there, and when batches are read without ffmpeg
 *
 * ```ts
 * const {info} = await loadModel('efficientnet_lite0_sts');
 * const {training, validation} = (await datasets.folder('clips', {...info, augmentation: {}})).split();
 * for await (const {x, y} of training.batches(0, {batchSize: 4, seed: 1})) tf.dispose([x, y]);
 * console.log(training.summary().unreadable);
 * ```
 */
async function folder(folder: string, options: DatasetOptions): Promise<Dataset> {
  const caller = 'datasets.folder';
  readingOf(caller, options, false);
  return fromList(caller, await listFolder(caller, folder, VIDEO_FILE, 'video'), options, false);
}

/**
 * Pictures in a folder for each class. Batches are `[batch, height, width, 3]`.
 *
 * @throws as `datasets.folder` does
 */
async function images(folder: string, options: DatasetOptions): Promise<Dataset> {
  const caller = 'datasets.images';
  readingOf(caller, options, true);
  return fromList(caller, await listFolder(caller, folder, PICTURE_FILE, 'picture'), options, true);
}

/**
 * Kinetics: a `.csv` of its own (videos are `ID_SSSSSS_EEEEEE.mp4` in the folder), or a text of lines `PATH NUMBER`, as mmaction has them.
 *
 * @param list path of the list
 * @throws FormatError for a list of another form; else as `datasets.folder` does. A video that is not there counts as
 *   unreadable.
 */
async function kinetics(list: string, options: ListedOptions): Promise<Dataset> {
  const caller = 'datasets.kinetics';
  const others = ['folder', 'classes'];
  readingOf(caller, options, false, others);
  const make = /\.csv$/i.test(list) ? listKineticsCsv : listNumbered;
  const listed = await make(caller, list, options.folder ?? folderOf(list), options.classes);
  return fromList(caller, listed, options, false, others);
}

/**
 * Something-Something: its own JSON lists. Give `augmentation: {flip: 0}` for training: some classes tell left from right.
 *
 * @param list path of the list of clips with `id` and `template`
 * @throws as `datasets.kinetics` does
 */
async function somethingSomething(list: string, options: SomethingOptions): Promise<Dataset> {
  const caller = 'datasets.somethingSomething';
  const others = ['folder', 'classList', 'ending'];
  readingOf(caller, options, false, others);
  const {folder = folderOf(list), classList, ending = '.webm'} = options;
  return fromList(
    caller,
    await listSomething(caller, list, {folder, classList, ending}),
    options,
    false,
    others,
  );
}

/**
 * Videos as pictures, one a frame: lines `FOLDER FRAMES NUMBER`, as mmaction has them.
 *
 * @param list path of the list
 * @throws as `datasets.kinetics` does
 */
async function rawframes(list: string, options: RawFramesOptions): Promise<Dataset> {
  const caller = 'datasets.rawframes';
  const others = ['folder', 'classes', 'pattern', 'first'];
  readingOf(caller, options, false, others);
  const {folder = folderOf(list), classes, pattern = 'img_%05d.jpg', first = 1} = options;
  if (!/%(?:0\d+)?d/.test(pattern)) {
    throw new InvalidArgumentError(
      `${caller}: pattern is '${pattern}'; it needs a place for the number of the frame, such as %05d.`,
    );
  }
  const listed = await listRawFrames(caller, list, {folder, classes, pattern, first});
  return fromList(caller, listed, options, false, others);
}

/** Data sets of files, and of clips that a function makes. */
export const datasets = {folder, images, kinetics, somethingSomething, rawframes, generated};
