/**
 * What the commands on films have in common: how one runs until it is done or told to end, and how `shots` and `analyze` open a
 * film, have it analysed and write the timeline.
 */
import {basename} from 'node:path';
import {type AnalyzeOptions, analyze, type Timeline} from '../../video/timeline';
import type {Command} from '../command';
import {onePositional} from '../input/arguments';
import {
  CAMERA_MODEL,
  COMPUTE_OPTIONS,
  type ComputeChoice,
  computeChoice,
  type FilmTools,
  load,
  type Running,
  SHOT_MODEL,
  thresholdOf,
  untilTold,
} from '../input/film';
import {closingLine, filmProgress, shortfall} from '../output/film_progress';
import {modelNotes} from '../output/model_notes';
import {writeNotes} from '../output/notes';
import {
  checkOutputs,
  OUTPUT_OPTIONS,
  type OutputChoice,
  outputChoice,
  writeResult,
} from '../output/timeline_output';
import {type ProgressCommand, progressCommand} from './progress_command';

interface FilmCommand<Options> extends Omit<ProgressCommand<Options>, 'run'> {
  run(options: Options, running: Running): Promise<void>;
}

export function filmCommand<Options>({run, ...command}: FilmCommand<Options>, tools: FilmTools): Command {
  return progressCommand({
    ...command,
    run: (options, io, progress) => untilTold(io, (signal) => run(options, {io, tools, progress, signal})),
  });
}

/** What is chosen about a film whose shots are found. */
export interface FilmChoice {
  readonly film: string;
  readonly threshold: number | undefined;
  readonly compute: ComputeChoice;
  readonly output: OutputChoice;
}

/** Options of `parseArgs` for that. */
export const FILM_OPTIONS = {...OUTPUT_OPTIONS, ...COMPUTE_OPTIONS, threshold: {type: 'string'}} as const;

export const FILM_HELP = `  FILM                  a file that ffmpeg reads, of any length; a name with a dash in front goes behind --
`;

export const THRESHOLD_HELP = `  --threshold P         a shot ends where the network's probability exceeds it: more finds fewer (default 0.5)
`;

type FilmValues = Parameters<typeof computeChoice>[0] &
  Parameters<typeof outputChoice>[0] & {threshold?: string | undefined};

export function filmChoice(command: string, positionals: string[], values: FilmValues): FilmChoice {
  return {
    film: onePositional(command, 'FILM', positionals),
    threshold: thresholdOf(values.threshold),
    compute: computeChoice(values),
    output: outputChoice(values),
  };
}

/** What is to be said of a film besides its shots, and how. */
export interface FilmWork {
  /** What is done, for who waits. */
  readonly doing: string;
  /** The model that says what is on, as `loadModel` takes it, and what it is asked. */
  readonly model?: {readonly name: string} & Pick<AnalyzeOptions, 'every' | 'top' | 'features'>;
  /** Whether it is said what the camera does. */
  readonly hasCamera?: boolean;
  /** Its JSON, where that is another than the timeline's. */
  json?(timeline: Timeline): string;
}

/** Opens the film, has it analysed and writes what was found. */
export async function analyzeFilm(
  {film, threshold, compute, output}: FilmChoice,
  {doing, model, hasCamera = false, json}: FilmWork,
  running: Running,
): Promise<void> {
  const {io, tools, progress, signal} = running;
  // First, so that a wrong path is said at once.
  const video = await tools.openVideo(film, {signal});
  try {
    await checkOutputs(output, film, video.info);
    const {name, ...asked} = model ?? {};
    const names = [SHOT_MODEL, ...(name === undefined ? [] : [name]), ...(hasCamera ? [CAMERA_MODEL] : [])];
    const loaded = await load(names, compute, running);
    const network = loaded[0]!;
    const clips = name === undefined ? undefined : loaded[1]!;
    writeNotes(clips === undefined ? [] : modelNotes(clips), io, progress);
    progress.stage(doing);
    const started = performance.now();
    const timeline = await analyze(video, {
      ...(clips && {model: clips, ...asked}),
      shots: {model: network, ...(threshold !== undefined && {threshold})},
      ...(hasCamera && {camera: {model: loaded.at(-1)!}}),
      name: basename(film),
      signal,
      onProgress: filmProgress(progress),
    });
    for (const one of loaded) one.model.dispose();
    const ended = performance.now();
    const picture = `${film} is a single picture, which has no shots to find; predict --frames 1 says what it shows`;
    const notes = timeline.video.frames === 1 ? [picture] : shortfall(timeline.video, film, video.info);
    writeNotes(notes, io, progress);
    await writeResult({timeline, film, ...(json && {json: json(timeline)})}, output, running);
    progress.finish(closingLine(timeline, (ended - started) / 1000));
  } finally {
    await video.close();
  }
}
