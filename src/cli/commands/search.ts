/** `tfjs-sts search FOLDER --like CLIP`: the moments of films that were analysed which are most like a clip. */
import {existsSync} from 'node:fs';
import {basename} from 'node:path';
import type {LoadedModel} from '../../models/zoo';
import {InvalidArgumentError} from '../../util/errors';
import type {Frame, FrameStream, SeekableVideo} from '../../video/clips/frames';
import {analyze, findSimilar} from '../../video/timeline';
import type {Command} from '../command';
import {oneOf, onePositional, parseCommand, wholeNumber} from '../input/arguments';
import {
  COMPUTE_HELP,
  COMPUTE_OPTIONS,
  type ComputeChoice,
  computeChoice,
  type FilmTools,
  load,
  type Running,
  realTools,
} from '../input/film';
import {type StoredSegment, storedSegments} from '../input/stored_timelines';
import {counted} from '../output/counted';
import {oneLine} from '../output/one_line';
import {alignedTable} from '../output/table';
import {time} from '../output/timeline_table';
import {filmCommand} from './film_command';

interface SearchOptions {
  readonly folder: string;
  /** A film, and the second that is meant; without it all of the film. */
  readonly like: {readonly path: string; readonly seconds: number | undefined};
  readonly model: string | undefined;
  readonly top: number;
  readonly format: 'table' | 'json';
  readonly compute: ComputeChoice;
}

const DEFAULT_TOP = 10;

/** Seconds around the moment that is meant. */
const MOMENT = 2;

const HELP = `Finds the moments of analysed films that are most like a clip, by the cosine of their feature vectors.

usage: tfjs-sts search FOLDER --like CLIP[@TIME] [options]

  FOLDER                timelines that tfjs-sts analyze FILM --features -o FOLDER/FILM.json wrote

options:
  --like CLIP[@TIME]    a video; with @TIME the ${MOMENT} seconds around that moment of it: 12.5 or 1:02:03.5
  --top N               how many moments to print (default ${DEFAULT_TOP})
  --model NAME|PATH|URL the model that made the features (default: the one that the timelines name)
  --format NAME         table, json (default table)
${COMPUTE_HELP}`;

/** Options of a command line; undefined when only help is wanted. */
function parse(args: readonly string[]): SearchOptions | undefined {
  const {values, positionals} = parseCommand('search', args, {
    ...COMPUTE_OPTIONS,
    like: {type: 'string'},
    top: {type: 'string'},
    model: {type: 'string'},
    format: {type: 'string', default: 'table'},
  });
  if (values.help) return undefined;
  const folder = onePositional('search', 'FOLDER', positionals);
  if (values.like === undefined) {
    throw new InvalidArgumentError(
      'search needs a clip to compare with: tfjs-sts search FOLDER --like CLIP@TIME; see tfjs-sts search --help',
    );
  }
  return {
    folder,
    like: momentOf(values.like),
    model: values.model,
    top: wholeNumber('top', values.top) ?? DEFAULT_TOP,
    format: oneOf('format', values.format, ['table', 'json']),
    compute: computeChoice(values),
  };
}

/** `clip.mp4@1:02.5`. A file may have such a name too: then it is that. */
function momentOf(text: string): SearchOptions['like'] {
  const [, path, hours = '0', minutes = '0', rest] =
    /^(.+)@(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)s?$/.exec(text) ?? [];
  if (path === undefined || existsSync(text)) return {path: text, seconds: undefined};
  return {path, seconds: Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)};
}

/** The frames around a moment; at either end of the film as many on its other side. */
async function around(path: string, video: SeekableVideo, seconds: number): Promise<FrameStream> {
  const times = await video.timestamps();
  const last = times.at(-1) ?? 0;
  // The last frame lasts a while, too.
  if (seconds > last + MOMENT / 2) {
    throw new InvalidArgumentError(
      `search: --like asks for the moment ${time(seconds)} of '${path}', whose last frame is at ${time(last)}.`,
    );
  }
  const middle = Math.min(Math.max(seconds, (times[0] ?? 0) + MOMENT / 2), last - MOMENT / 2);
  const isNear = (at: number) => at >= middle - MOMENT / 2 && at < middle + MOMENT / 2;
  const near = times.flatMap((at, index) => (isNear(at) ? [index] : []));
  const indices = near.length > 0 ? near : [...times.keys()];
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Frame, void, void> {
      yield* video.frames(indices);
    },
    close: () => video.close(),
  };
}

/** One vector for all of a clip, or for the moment that is meant: the mean of its parts, each by its length. */
async function featuresOf(
  {path, seconds}: SearchOptions['like'],
  model: LoadedModel,
  tools: FilmTools,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const video = await tools.openVideo(path, {size: model.info.size, signal});
  try {
    const stream = seconds === undefined ? video : await around(path, video, seconds);
    // No label's probability exceeds another's by more than 1: all of it is one segment.
    const merge = {hysteresis: 1};
    const {segments} = await analyze(stream, {model, every: MOMENT, merge, features: true, signal});
    return segments[0]?.features ?? [];
  } finally {
    await video.close();
  }
}

type Found = StoredSegment & {readonly similarity: number};

function text(found: readonly Found[], format: SearchOptions['format']): string {
  if (format === 'json') {
    const rows = found.map(({similarity, video, file, start, end, labels}) => ({
      ...{similarity, video, file, start, end, labels},
    }));
    return `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`;
  }
  return alignedTable(
    [
      {title: 'similarity', align: 'right'},
      {title: 'film'},
      {title: 'start', align: 'right'},
      {title: 'end', align: 'right'},
      {title: 'label'},
    ],
    found.map(({similarity, video, start, end, labels}) => [
      similarity.toFixed(3),
      oneLine(video),
      time(start),
      time(end),
      oneLine(labels[0]?.label ?? ''),
    ]),
  );
}

async function run(options: SearchOptions, running: Running): Promise<void> {
  const {io, tools, progress, signal} = running;
  const {folder, like, top, format, compute} = options;
  progress.stage(`reading the timelines of ${folder}`);
  const stored = await storedSegments(folder);
  // So that a wrong path is said before a model is loaded.
  await (await tools.openVideo(like.path, {signal})).close();
  const [model] = await load([options.model ?? stored.model], compute, running);
  progress.stage(`looking at ${basename(like.path)}`);
  const query = await featuresOf(like, model!, tools, signal);
  model!.model.dispose();
  const {segments} = stored;
  const found = findSimilar(
    segments.map(({features}) => features),
    query,
    {top},
  ).map(({index, similarity}) => ({...segments[index]!, similarity}));
  progress.clear();
  io.stdout.write(text(found, format));
  const others = counted(stored.others.length, 'other JSON file');
  const passed = stored.others.length === 0 ? '' : `, ${others} passed over`;
  progress.finish(`the nearest of ${counted(segments.length, 'segment')}${passed}`);
}

/**
 * The command `search`.
 *
 * @param tools default: the zoo, ffmpeg and the real backends.
 */
export function searchCommand(tools: FilmTools = realTools): Command {
  return filmCommand(
    {
      summary: 'find moments like a clip in films that were analysed',
      help: HELP,
      parse,
      isForProgram: ({format}) => format === 'json',
      run,
    },
    tools,
  );
}
