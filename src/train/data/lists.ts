/** The lists in which data sets come: folders, Kinetics, Something-Something, raw frames. Items with their classes; nothing is decoded. */
import {FormatError, InvalidArgumentError, UnavailableError} from '../../util/errors';
import type {FileItem} from './reading/items';

/** The items of a data set. */
export interface Listed {
  readonly items: readonly FileItem[];
  readonly labels: readonly number[];
  readonly classes: readonly string[];
}

const files = () => process.getBuiltinModule('node:fs/promises');
const paths = () => process.getBuiltinModule('node:path');

export const VIDEO_FILE = /\.(?:mp4|m4v|mov|mkv|webm|avi|mpe?g|ts|wmv|flv|ogv|3gp|gif)$/i;
export const PICTURE_FILE = /\.(?:jpe?g|png|webp|bmp|tiff?|ppm)$/i;

const byName = (a: string, b: string) => (a < b ? -1 : Number(a > b));

function unreadable(caller: string, path: string, error: unknown): UnavailableError {
  const {code, message} = error as NodeJS.ErrnoException;
  return new UnavailableError(
    `${caller}: cannot read '${path}': ${code === 'ENOENT' ? 'there is no such file or folder' : message}`,
    {
      cause: error,
    },
  );
}

async function textOf(caller: string, path: string): Promise<string> {
  try {
    return (await files().readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    throw unreadable(caller, path, error);
  }
}

/**
 * One folder for each class, named after it, with files in it or in folders below it. Names that begin with a dot are passed over, and
 * folders with other files alone, such as those of a run or a cache.
 *
 * @param pattern of the names that count
 */
export async function listFolder(
  caller: string,
  folder: string,
  pattern: RegExp,
  kind: 'video' | 'picture',
): Promise<Listed> {
  const {join} = paths();
  let entries: {name: string; isDirectory(): boolean}[];
  try {
    entries = await files().readdir(folder, {withFileTypes: true});
  } catch (error) {
    throw unreadable(caller, folder, error);
  }
  const folders = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({name}) => name)
    .sort(byName);
  const listed = await Promise.all(
    folders.map(async (name) => {
      const names = await files().readdir(join(folder, name), {recursive: true});
      const found = names
        .filter((file) => pattern.test(file) && !file.split(/[\\/]/).some((part) => part.startsWith('.')))
        .sort(byName)
        .map((file) => join(folder, name, file));
      return {name, found, isClass: found.length > 0 || names.length === 0};
    }),
  );
  const kept = listed.filter(({isClass}) => isClass);
  const items = kept.flatMap(({found}) => found.map((path) => ({kind, path})));
  if (items.length === 0) {
    const isLoose = (entry: (typeof entries)[number]) =>
      !entry.isDirectory() && !entry.name.startsWith('.') && pattern.test(entry.name);
    const loose = entries.filter(isLoose).length;
    const lie = loose === 0 ? '' : ` (${loose} lie${loose === 1 ? 's' : ''} directly in it)`;
    throw new InvalidArgumentError(
      `${caller}: no ${kind}s in folders of '${folder}'${lie}; it needs a folder for each class with files of it.`,
    );
  }
  const labels = kept.flatMap(({found}, label) => found.map(() => label));
  return {items, labels, classes: kept.map(({name}) => name)};
}

/** Rows of comma-separated values, with quotes as RFC 4180 has them. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/gy;
  for (let match = cell.exec(text); match !== null; match = cell.exec(text)) {
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] !== ',') {
      if (row.length > 1 || row[0] !== '') rows.push(row);
      row = [];
    }
    if (match[3] === '') break;
  }
  return rows;
}

/** Labels of names; the classes in alphabetical order if they are not given. */
function labelled(
  caller: string,
  list: string,
  names: readonly string[],
  given: readonly string[] | undefined,
) {
  const classes = given ?? [...new Set(names)].sort(byName);
  const places = new Map(classes.map((name, label) => [name, label]));
  const labels = names.map((name) => {
    const label = places.get(name);
    if (label !== undefined) return label;
    throw new FormatError(
      `${caller}: '${list}' has the class '${name}', which is not among the ${classes.length} classes given.`,
    );
  });
  return {classes, labels};
}

/**
 * Kinetics' own lists: columns `label`, `youtube_id`, `time_start`, `time_end` and others. The file of a clip is
 * `ID_SSSSSS_EEEEEE.mp4`, as the usual downloaders name it.
 */
export async function listKineticsCsv(
  caller: string,
  list: string,
  folder: string,
  classes: readonly string[] | undefined,
): Promise<Listed> {
  const [head = [], ...rows] = parseCsv(await textOf(caller, list));
  const columns = ['label', 'youtube_id', 'time_start', 'time_end'].map((name) => {
    const column = head.findIndex((title) => title.trim() === name);
    if (column < 0)
      throw new FormatError(`${caller}: '${list}' has no column ${name}; it has ${head.join(', ')}.`);
    return column;
  });
  const cells = rows.map((row) => columns.map((column) => row[column]?.trim() ?? ''));
  const padded = (seconds: string) => String(Math.trunc(Number(seconds))).padStart(6, '0');
  const items = cells.map(([, id, start, end]) => ({
    kind: 'video' as const,
    path: paths().join(folder, `${id}_${padded(start!)}_${padded(end!)}.mp4`),
  }));
  const names = cells.map(([label]) => label!);
  return {items, ...labelled(caller, list, names, classes)};
}

/** Lines of words of which the last is the number of the class, as mmaction has them. Paths may have spaces. */
async function numberedLines(caller: string, list: string, pattern: RegExp, needed: string) {
  const lines = (await textOf(caller, list)).split(/\r?\n/);
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const match = pattern.exec(line.trim());
    if (match !== null) return [match.slice(1) as string[]];
    throw new FormatError(`${caller}: line ${i + 1} of '${list}' is '${line}'; it must be ${needed}.`);
  });
}

function numberedClasses(labels: readonly number[], given: readonly string[] | undefined): readonly string[] {
  return (
    given ??
    Array.from({length: labels.reduce((most, label) => Math.max(most, label), -1) + 1}, (_, i) => String(i))
  );
}

/** Lines `PATH NUMBER`, paths relative to the folder. */
export async function listNumbered(
  caller: string,
  list: string,
  folder: string,
  classes: readonly string[] | undefined,
): Promise<Listed> {
  const lines = await numberedLines(caller, list, /^(.+?)[\s,]+(\d+)$/, 'a path and the number of a class');
  const labels = lines.map(([, label]) => Number(label));
  const items = lines.map(([path]) => ({kind: 'video' as const, path: paths().resolve(folder, path!)}));
  return {items, labels, classes: numberedClasses(labels, classes)};
}

const FRAMES_LINE = /^(.+?)\s+([1-9]\d*)\s+(\d+)$/;

/**
 * Whether the lines of a list are `FOLDER FRAMES NUMBER`, and not `PATH NUMBER`.
 *
 * @throws FormatError where some are and some are not, or where the first may be either
 */
export async function isListOfFrames(caller: string, list: string, folder: string): Promise<boolean> {
  const lines = (await textOf(caller, list)).split(/\r?\n/).map((line) => line.trim());
  const [framed, plain] = [true, false].map((wanted) =>
    lines.findIndex((line) => line !== '' && FRAMES_LINE.test(line) === wanted),
  ) as [number, number];
  if (framed < 0) return false;
  const [, path, count] = FRAMES_LINE.exec(lines[framed]!)!;
  if (plain >= 0) {
    throw new FormatError(
      `${caller}: line ${framed + 1} of '${list}' has two numbers behind its path (FOLDER FRAMES NUMBER), line ${plain + 1} has not (PATH NUMBER); all must be alike. A path that ends in a number has a comma behind it: '${path} ${count},0'.`,
    );
  }
  const video = paths().resolve(folder, `${path} ${count}`);
  const found = await files()
    .stat(video)
    .catch(() => undefined);
  if (!found?.isFile()) return true;
  throw new FormatError(
    `${caller}: line ${framed + 1} of '${list}' may be a video, '${path} ${count}', or ${count} frames in '${path}'. With a comma behind the path, '${path} ${count},0', it is the video; frames are told by the names of their files.`,
  );
}

/** Lines `FOLDER FRAMES NUMBER`, as mmaction has them. */
export async function listRawFrames(
  caller: string,
  list: string,
  {
    folder,
    classes,
    pattern,
    first,
  }: {folder: string; classes?: readonly string[] | undefined; pattern: string; first: number},
): Promise<Listed> {
  const needed = 'a folder, how many frames it has and the number of a class';
  const lines = await numberedLines(caller, list, FRAMES_LINE, needed);
  const labels = lines.map(([, , label]) => Number(label));
  const items = lines.map(([path, count]) => ({
    kind: 'frames' as const,
    path: paths().resolve(folder, path!),
    pattern,
    first,
    count: Number(count),
  }));
  return {items, labels, classes: numberedClasses(labels, classes)};
}

/** @throws FormatError for what is no JSON */
async function jsonOf(caller: string, path: string): Promise<unknown> {
  const text = await textOf(caller, path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(`${caller}: '${path}' is no JSON: ${(error as Error).message}`, {cause: error});
  }
}

/** Something-Something writes templates with brackets round what is filled in; its list of classes has none. */
const plain = (template: string) => template.replaceAll('[', '').replaceAll(']', '');

/**
 * Something-Something's own lists: objects with `id` and `template`.
 *
 * @param classList the dataset's list of classes, an object of names and numbers; absent: the names in alphabetical order
 * @param ending of the files
 */
export async function listSomething(
  caller: string,
  list: string,
  {folder, classList, ending}: {folder: string; classList?: string | undefined; ending: string},
): Promise<Listed> {
  const entries = await jsonOf(caller, list);
  const isEntry = (entry: unknown): entry is {id: string | number; template: string} => {
    const {id, template} = Object(entry) as Record<string, unknown>;
    return (typeof id === 'string' || typeof id === 'number') && typeof template === 'string';
  };
  if (!Array.isArray(entries) || !entries.every(isEntry))
    throw new FormatError(`${caller}: '${list}' must be a list of objects with id and template.`);
  let classes: string[] | undefined;
  if (classList !== undefined) {
    const numbers = Object.entries(Object(await jsonOf(caller, classList)) as Record<string, unknown>);
    classes = [];
    for (const [name, number] of numbers) classes[Number(number)] = plain(name);
    if (
      numbers.length === 0 ||
      Object.keys(classes).length !== numbers.length ||
      classes.length !== numbers.length
    )
      throw new FormatError(`${caller}: '${classList}' must give the classes the numbers from 0 on.`);
  }
  const items = entries.map(({id}) => ({
    kind: 'video' as const,
    path: paths().join(folder, `${id}${ending}`),
  }));
  return {
    items,
    ...labelled(
      caller,
      list,
      entries.map(({template}) => plain(template)),
      classes,
    ),
  };
}
