/** Data sets as the command line names them: a folder with a folder for each class, or a list of one of the known kinds. */
import {stat} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {ModelInfo} from '../../models/zoo';
import {type DatasetOptions, datasets} from '../../train/data';
import type {Dataset} from '../../train/data/dataset';
import {
  isListOfFrames,
  type Listed,
  listFolder,
  listKineticsCsv,
  listNumbered,
  listRawFrames,
  listSomething,
  PICTURE_FILE,
  VIDEO_FILE,
} from '../../train/data/lists';
import {InvalidArgumentError, UnavailableError} from '../../util/errors';
import type {CliIo} from '../io';
import {writeNotes} from '../output/notes';
import type {Progress} from '../output/progress';
import {wholeNumber} from './arguments';

export const DATA_HELP = `  DATA                  a folder with a folder for each class, which bears its name, with videos in it, or pictures
                        for a network of one frame; or a list: .csv as Kinetics has it, .json as Something-Something
                        has it, .txt of lines PATH NUMBER, or of lines FOLDER FRAMES NUMBER for videos as pictures
`;

/** Options of `parseArgs` that say what a list means. */
export const LIST_OPTIONS = {videos: {type: 'string'}, 'frame-names': {type: 'string'}} as const;

export const LIST_OPTIONS_HELP = `  --videos FOLDER       where the videos of a list are (default: beside it)
  --frame-names NAME    of a list of frames, how their files are called (default img_%05d.jpg, from 1 on)
`;

/** What a list means. */
export interface ListChoice {
  readonly videos: string | undefined;
  readonly frameNames: string | undefined;
}

export function listChoice(values: {
  videos?: string | undefined;
  'frame-names'?: string | undefined;
}): ListChoice {
  return {videos: values.videos, frameNames: values['frame-names']};
}

/** Options of `parseArgs` that say how data are read. */
export const DATA_OPTIONS = {
  ...LIST_OPTIONS,
  loaders: {type: 'string'},
  cache: {type: 'string'},
} as const;

export const DATA_OPTIONS_HELP = `${LIST_OPTIONS_HELP}  --loaders N           processes that decode ahead (default 2)
  --cache FOLDER        keep short videos decoded there, at most 4 GB
`;

/** How data are read. */
export interface DataChoice extends ListChoice {
  readonly loaders: number | undefined;
  readonly cache: string | undefined;
}

export function dataChoice(
  values: Parameters<typeof listChoice>[0] & {loaders?: string | undefined; cache?: string | undefined},
): DataChoice {
  return {
    ...listChoice(values),
    loaders: wholeNumber('loaders', values.loaders, 0),
    cache: values.cache,
  };
}

const CACHE_BYTES = 4e9;

/** What of a model's info says how clips are read. */
export type ClipInfo = Pick<ModelInfo, 'frames' | 'interval' | 'size' | 'crop' | 'mean' | 'std'>;

/** Says early what is no data: before a model is loaded. */
export async function checkData(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new InvalidArgumentError(`no such file or folder: '${path}'`);
  if (found.isDirectory() || /\.(?:csv|txt|json)$/i.test(path)) return;
  throw new InvalidArgumentError(
    `'${path}' is no data set; give a folder with a folder for each class, or a list that ends in .csv, .txt or .json`,
  );
}

type Form = 'folder' | 'kinetics' | 'paths' | 'frames' | 'something';

/** @throws InvalidArgumentError for what is no data set, FormatError for a list whose lines may mean two things */
async function formOf(path: string, {videos, frameNames}: ListChoice): Promise<Form> {
  await checkData(path);
  if (/\.csv$/i.test(path)) return 'kinetics';
  if (/\.json$/i.test(path)) return 'something';
  if (!/\.txt$/i.test(path)) return 'folder';
  const isOfFrames =
    frameNames !== undefined || (await isListOfFrames('datasets.rawframes', path, videos ?? dirname(path)));
  return isOfFrames ? 'frames' : 'paths';
}

/** A data set of clips that a model takes; of pictures where the model sees one frame and the folder holds pictures. */
export async function openData(
  path: string,
  {frames, interval, size, crop, mean, std}: ClipInfo,
  {loaders, cache, ...list}: DataChoice,
): Promise<Dataset> {
  const form = await formOf(path, list);
  const options: DatasetOptions = {
    frames,
    size,
    mean,
    std,
    ...(interval !== undefined && {interval}),
    ...(crop !== undefined && {crop}),
    ...(loaders !== undefined && {loaders}),
    ...(cache !== undefined && {cache: {folder: cache, bytes: CACHE_BYTES}}),
  };
  const {videos, frameNames: pattern} = list;
  const listed = {...options, ...(videos !== undefined && {folder: videos})};
  switch (form) {
    case 'kinetics':
    case 'paths':
      return datasets.kinetics(path, listed);
    case 'frames':
      return datasets.rawframes(path, {...listed, ...(pattern !== undefined && {pattern})});
    case 'something':
      return datasets.somethingSomething(path, listed);
    default:
      return ofFolder(
        path,
        frames,
        () => datasets.images(path, options),
        () => datasets.folder(path, options),
      );
  }
}

/** The items of a data set and their classes, as `openData` would have them. */
export async function listData(
  caller: string,
  path: string,
  frames: number,
  choice: ListChoice,
): Promise<Listed> {
  const form = await formOf(path, choice);
  const {videos, frameNames} = choice;
  const folder = videos ?? dirname(path);
  switch (form) {
    case 'kinetics':
      return listKineticsCsv(caller, path, folder, undefined);
    case 'paths':
      return listNumbered(caller, path, folder, undefined);
    case 'frames':
      return listRawFrames(caller, path, {folder, pattern: frameNames ?? 'img_%05d.jpg', first: 1});
    case 'something':
      return listSomething(caller, path, {folder, ending: '.webm'});
    default:
      return ofFolder(
        path,
        frames,
        () => listFolder(caller, path, PICTURE_FILE, 'picture'),
        () => listFolder(caller, path, VIDEO_FILE, 'video'),
      );
  }
}

/** A network of one frame takes pictures where there are some, others take videos alone. */
async function ofFolder<T>(
  path: string,
  frames: number,
  pictures: () => Promise<T>,
  videos: () => Promise<T>,
): Promise<T> {
  const unlessNone = (error: unknown) => {
    if (error instanceof InvalidArgumentError) return undefined;
    throw error;
  };
  if (frames === 1) return (await pictures().catch(unlessNone)) ?? videos();
  return videos().catch(async (error) => {
    if (!(error instanceof InvalidArgumentError) || (await pictures().catch(unlessNone)) === undefined)
      throw error;
    throw new InvalidArgumentError(
      `'${path}' has pictures and no videos, and the network sees clips of ${frames} frames; give videos, or pictures to a network of one frame (train --frames 1)`,
    );
  });
}

/** Says which items could not be read; the work went on without them. */
export function remarkUnreadable(sets: readonly Dataset[], io: CliIo, progress: Progress): void {
  const unreadable = new Map(
    sets.flatMap((set) => set.summary().unreadable).map(({path, reason}) => [path, reason]),
  );
  writeNotes(unreadableNotes([...unreadable].map(([path, reason]) => ({path, reason}))), io, progress);
}

/** A note for each item that could not be read, and of several how many. */
export function unreadableNotes(
  items: readonly {readonly path: string; readonly reason: string}[],
): string[] {
  // Most reasons have the path in them.
  const notes = items.map(({path, reason}) =>
    reason.includes(path) ? `passed over: ${reason}` : `passed over: ${path}: ${reason}`,
  );
  return notes.length > 1 ? [...notes, `${notes.length} items could not be read`] : notes;
}

/** The value of --validation: a share of the data, or other data. */
export function validationChoice(text: string | undefined): number | string | undefined {
  if (text === undefined || !/^\d*\.?\d+%?$/.test(text)) return text;
  const share = Number(text);
  if (share > 0 && share < 1) return share;
  throw new InvalidArgumentError(
    `--validation is '${text}'; it must be a share of the data above 0 and below 1, such as 0.2, or other data of the same classes`,
  );
}

/** What is learnt from, and what is kept apart or brought to judge by. */
export async function withValidation(
  data: Dataset,
  validation: number | string | undefined,
  seed: number,
  open: (path: string) => Promise<Dataset>,
): Promise<{training: Dataset; validation?: Dataset}> {
  if (validation === undefined) return {training: data};
  if (typeof validation === 'number') return data.split({share: validation, seed});
  const other = await open(validation);
  if (JSON.stringify(other.classes) === JSON.stringify(data.classes))
    return {training: data, validation: other};
  throw new UnavailableError(
    `the data of --validation have other classes: ${other.classes.join(', ')}; needed are ${data.classes.join(', ')}`,
  );
}

/** @throws InvalidArgumentError for data in which there is nothing to tell apart, or a class that nothing shows */
export function checkClasses(command: string, path: string, data: Dataset): void {
  const {classes} = data;
  if (classes.length < 2)
    throw new InvalidArgumentError(
      `'${path}' has one class, '${classes[0]}'; ${command} needs two or more to tell apart`,
    );
  const empty = data.summary().perClass.indexOf(0);
  if (empty >= 0)
    throw new InvalidArgumentError(
      `the class '${classes[empty]}' of '${path}' has nothing to learn from; give it some, or take it out`,
    );
}
