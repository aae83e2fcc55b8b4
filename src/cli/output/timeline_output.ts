/** Where a timeline goes and as what: options of the command line, pictures for pages, files written whole or not at all. */
import {realpath} from 'node:fs/promises';
import {basename, dirname, relative, resolve} from 'node:path';
import {checkWritable, writeWhole} from '../../files/write_file';
import {InvalidArgumentError} from '../../util/errors';
import type {VideoInfo} from '../../video/clips/frames';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportTimeline,
  shotThumbnails,
  type Timeline,
} from '../../video/timeline';
import {frameClock} from '../../video/timeline/export/timecode';
import {oneOf} from '../input/arguments';
import type {Running} from '../input/film';
import {timelineTable} from './timeline_table';

/** What a timeline can be printed as. */
export type OutputFormat = 'table' | ExportFormat;

const FORMATS: readonly OutputFormat[] = ['table', ...EXPORT_FORMATS];

/** Extensions of file names. */
const EXTENSIONS: Readonly<Record<string, OutputFormat>> = {
  txt: 'table',
  json: 'json',
  csv: 'csv',
  vtt: 'webvtt',
  webvtt: 'webvtt',
  edl: 'edl',
  otio: 'otio',
  html: 'html',
  htm: 'html',
};

/** Pixels of the shorter side of a picture of a shot. */
const PICTURE_SIZE = 120;

/** For FILE: the standard output. */
const STDOUT = '-';

/** Options of `parseArgs` for the result. */
export const OUTPUT_OPTIONS = {
  format: {type: 'string'},
  output: {type: 'string', short: 'o', multiple: true},
  'start-timecode': {type: 'string'},
  'frame-rate': {type: 'string'},
} as const;

export const OUTPUT_HELP = `  --format NAME         ${FORMATS.join(', ')} (default: by the extension of FILE, else table)
  -o, --output FILE     where the result goes, - for the standard output (default). May be given several times
  --start-timecode TC   for edl and otio: the film's own timecode at its start, 01:00:00:00, with a ; before
                        the frames for drop-frame
  --frame-rate RATE     for edl and otio: frames a second to count at (default: the film's)
`;

/** One place that the result goes to. */
export interface Output {
  /** Undefined for the standard output. */
  readonly path: string | undefined;
  readonly format: OutputFormat;
}

/** Where the result goes, and how timecode counts. */
export interface OutputChoice {
  readonly outputs: readonly Output[];
  readonly startTimecode: string | undefined;
  readonly frameRate: number | undefined;
}

interface OutputValues {
  readonly format?: string | undefined;
  readonly output?: string[] | undefined;
  readonly 'start-timecode'?: string | undefined;
  readonly 'frame-rate'?: string | undefined;
}

/** @throws InvalidArgumentError for an unknown format, an extension that says none, a rate that is no number */
export function outputChoice(values: OutputValues): OutputChoice {
  const {format, output = [STDOUT]} = values;
  const named = format === undefined ? undefined : oneOf('format', format, FORMATS);
  const outputs = output.map((path) => ({
    path: path === STDOUT ? undefined : path,
    format: named ?? (path === STDOUT ? 'table' : formatOf(path)),
  }));
  const rate = values['frame-rate'];
  if (rate !== undefined && !/^\d+(\.\d+)?$/.test(rate))
    throw new InvalidArgumentError(`--frame-rate is '${rate}'; it must be a number of frames a second`);
  const frameRate = rate === undefined ? undefined : Number(rate);
  return {outputs, startTimecode: values['start-timecode'], frameRate};
}

function formatOf(path: string): OutputFormat {
  const extension = /\.(\w+)$/.exec(basename(path))?.[1]?.toLowerCase() ?? '';
  if (Object.hasOwn(EXTENSIONS, extension)) return EXTENSIONS[extension]!;
  throw new InvalidArgumentError(
    `--output is '${path}', whose extension says no format; known are ${Object.keys(EXTENSIONS).join(', ')}, or give --format`,
  );
}

/** Whether a program is to read the standard output. */
export const isForProgram = ({outputs}: OutputChoice): boolean =>
  outputs.some(({path, format}) => path === undefined && format !== 'table');

/** `frameClock` refuses what options say by the names that they have in a program. */
function checkTimecode(...choice: Parameters<typeof frameClock>): void {
  try {
    frameClock(...choice);
  } catch (error) {
    const message = (error as Error).message
      .replace('startTimecode is', '--start-timecode is')
      .replace('frameRate is', '--frame-rate is');
    throw new InvalidArgumentError(message, {cause: error});
  }
}

/**
 * Says before a film is analysed, which may take hours, what would keep the result from being written.
 *
 * @throws InvalidArgumentError for a timecode or a rate that there cannot be, and for a file that would replace the film;
 *   UnavailableError for a place that cannot be written to
 */
export async function checkOutputs(
  {outputs, startTimecode, frameRate}: OutputChoice,
  film: string,
  info: VideoInfo,
): Promise<void> {
  const isTimecoded = outputs.some(({format}) => format === 'edl' || format === 'otio');
  const rate = info.framesPerSecond ?? frameRate;
  if (isTimecoded && rate !== undefined) checkTimecode(rate, frameRate, startTimecode);
  for (const {path} of outputs) {
    if (path === undefined) continue;
    await checkWritable(path);
    const present = await realpath(path).catch(() => undefined);
    if (present !== undefined && present === (await realpath(film).catch(() => undefined)))
      throw new InvalidArgumentError(`--output is '${path}', which is the film; give another name`);
  }
}

/** What the result is made from. */
export interface Result {
  readonly timeline: Timeline;
  /** Path of the film. */
  readonly film: string;
  /** Its JSON, where that is another than the timeline's. */
  readonly json?: string;
}

/**
 * Writes a result to all places that it goes to. Texts are made before the first is written.
 *
 * @throws UnavailableError when a file cannot be written, what `exportTimeline` throws, the reason of the signal
 */
export async function writeResult(result: Result, choice: OutputChoice, running: Running): Promise<void> {
  const {io, progress, signal} = running;
  const isPage = choice.outputs.some(({format}) => format === 'html');
  const thumbnails = isPage ? await picturesOf(result, running) : [];
  const texts = choice.outputs.map((output) => textOf(result, output, choice, thumbnails));
  signal.throwIfAborted();
  progress.clear();
  for (const [i, {path}] of choice.outputs.entries()) {
    if (path !== undefined)
      await writeWhole(dirname(path), basename(path), [new TextEncoder().encode(texts[i]!)]);
  }
  // Last: when its reader has seen enough, the process ends.
  for (const [i, {path}] of choice.outputs.entries()) if (path === undefined) io.stdout.write(texts[i]!);
}

function textOf(
  {timeline, film, json}: Result,
  {path, format}: Output,
  {startTimecode, frameRate}: OutputChoice,
  thumbnails: readonly string[],
): string {
  if (format === 'table') return timelineTable(timeline);
  if (format === 'json' && json !== undefined) return json;
  return exportTimeline(timeline, format, {
    ...(startTimecode !== undefined && {startTimecode}),
    ...(frameRate !== undefined && {frameRate}),
    videoPath: path === undefined ? film : relative(dirname(resolve(path)), resolve(film)),
    thumbnails: format === 'html' ? thumbnails : [],
  });
}

async function picturesOf({timeline, film}: Result, {tools, progress, signal}: Running): Promise<string[]> {
  progress.stage('taking a picture of each shot');
  const video = await tools.openVideo(film, {size: PICTURE_SIZE, signal});
  try {
    const onThumbnail = (done: number, total: number) =>
      progress.advance(done, total, `${done} of ${total} pictures`);
    return await shotThumbnails(video, timeline.shots, {onThumbnail});
  } finally {
    await video.close();
  }
}
