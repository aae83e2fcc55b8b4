/** Data sets as the command line names them: a folder with a folder for each class, or a list of one of the known kinds. */
import {stat} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {ModelInfo} from '../../models/zoo';
import {type DatasetOptions, datasets} from '../../train/data';
import type {Dataset} from '../../train/data/dataset';
import {
  type Listed,
  listFolder,
  listKineticsCsv,
  listNumbered,
  listSomething,
  VIDEO_FILE,
} from '../../train/data/lists';
import {InvalidArgumentError, UnavailableError} from '../../util/errors';
import type {CliIo} from '../io';
import {writeNotes} from '../output/notes';
import type {Progress} from '../output/progress';
import {wholeNumber} from './arguments';

export const DATA_HELP = `  DATA                  a folder with a folder for each class, which bears its name, with videos in it; or a list:
                        .csv as Kinetics has it, .txt of lines PATH NUMBER, .json as Something-Something has it
`;

/** Options of `parseArgs` that say how data are read. */
export const DATA_OPTIONS = {
  videos: {type: 'string'},
  loaders: {type: 'string'},
  cache: {type: 'string'},
} as const;

export const DATA_OPTIONS_HELP = `  --videos FOLDER       where the videos of a list are (default: beside it)
  --loaders N           processes that decode ahead (default 2)
  --cache FOLDER        keep short videos decoded there, at most 4 GB
`;

/** How data are read. */
export interface DataChoice {
  readonly videos: string | undefined;
  readonly loaders: number | undefined;
  readonly cache: string | undefined;
}

export function dataChoice(values: {
  videos?: string | undefined;
  loaders?: string | undefined;
  cache?: string | undefined;
}): DataChoice {
  const {videos, cache} = values;
  return {videos, loaders: wholeNumber('loaders', values.loaders, 0), cache};
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

/** A data set of clips that a model takes; of pictures where the model sees one frame and the folder holds pictures. */
export async function openData(
  path: string,
  {frames, interval, size, crop, mean, std}: ClipInfo,
  {videos, loaders, cache}: DataChoice,
): Promise<Dataset> {
  await checkData(path);
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
  const listed = {...options, ...(videos !== undefined && {folder: videos})};
  if (/\.(?:csv|txt)$/i.test(path)) return datasets.kinetics(path, listed);
  if (/\.json$/i.test(path)) return datasets.somethingSomething(path, listed);
  if (frames !== 1) return datasets.folder(path, options);
  return datasets.images(path, options).catch((error) => {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return datasets.folder(path, options);
  });
}

/** The videos of a data set and their classes. */
export async function listData(caller: string, path: string, videos: string | undefined): Promise<Listed> {
  await checkData(path);
  const folder = videos ?? dirname(path);
  if (/\.csv$/i.test(path)) return listKineticsCsv(caller, path, folder, undefined);
  if (/\.txt$/i.test(path)) return listNumbered(caller, path, folder, undefined);
  if (/\.json$/i.test(path)) return listSomething(caller, path, {folder, ending: '.webm'});
  return listFolder(caller, path, VIDEO_FILE, 'video');
}

/** Says which items could not be read; the work went on without them. */
export function remarkUnreadable(sets: readonly Dataset[], io: CliIo, progress: Progress): void {
  const unreadable = new Map(
    sets.flatMap((set) => set.summary().unreadable).map(({path, reason}) => [path, reason]),
  );
  const notes = [...unreadable].map(([path, reason]) => unreadableNote({path, reason}));
  if (notes.length > 1) notes.push(`${notes.length} items could not be read`);
  writeNotes(notes, io, progress);
}

/** What is said of an item that could not be read. */
export const unreadableNote = ({path, reason}: {readonly path: string; readonly reason: string}) =>
  `passed over, cannot be read: ${path}: ${reason}`;

/** The value of --validation: a share of the data, or other data. */
export function validationChoice(text: string | undefined): number | string | undefined {
  if (text === undefined || !/^\d*\.?\d+$/.test(text)) return text;
  const share = Number(text);
  if (share > 0 && share < 1) return share;
  throw new InvalidArgumentError(
    `--validation is '${text}'; it must be a share of the data above 0 and below 1, or other data of the same classes`,
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
