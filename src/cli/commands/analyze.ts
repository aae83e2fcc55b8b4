/** `tfjs-sts analyze FILM`: the shots of a film and what a model says of them. Parses, has the film analysed, and prints. */
import {basename} from 'node:path';
import {analyze} from '../../timeline';
import {InvalidArgumentError} from '../../util/errors';
import type {Command} from '../command';
import {DEFAULT_MODEL, onePositional, parseCommand, wholeNumber} from '../input/arguments';
import {
  COMPUTE_HELP,
  COMPUTE_OPTIONS,
  type ComputeChoice,
  computeChoice,
  type FilmTools,
  load,
  type Running,
  realTools,
  SHOT_MODEL,
  thresholdOf,
  untilTold,
} from '../input/film';
import {closingLine, filmProgress} from '../output/film_progress';
import {modelNotes} from '../output/model_notes';
import {oneLine} from '../output/one_line';
import {createProgress} from '../output/progress';
import {
  checkOutputs,
  isForProgram,
  OUTPUT_HELP,
  OUTPUT_OPTIONS,
  type OutputChoice,
  outputChoice,
  writeResult,
} from '../output/timeline_output';

interface CommandOptions {
  readonly film: string;
  readonly model: string;
  readonly every: number | undefined;
  readonly top: number;
  readonly features: boolean;
  readonly threshold: number | undefined;
  readonly compute: ComputeChoice;
  readonly output: OutputChoice;
}

const DEFAULTS = {model: DEFAULT_MODEL, top: 3};

const HELP = `Says what is in a film over its time: its shots, and what a model says of each, or of every few seconds.

usage: tfjs-sts analyze FILM [options]

  FILM                  a file that ffmpeg reads, of any length; a name with a dash in front goes behind --

options:
${OUTPUT_HELP}  --model NAME|PATH|URL what says the labels: as for tfjs-sts predict (default ${DEFAULTS.model})
  --every 2s            ask about every so many seconds instead of each shot; neighbours of one label become one
  --top N               labels for each segment (default ${DEFAULTS.top})
  --features            keep a feature vector of each segment in the JSON, for tfjs-sts search
  --threshold P         a shot ends where the network's probability exceeds it: more finds fewer (default 0.5)
${COMPUTE_HELP}`;

/**
 * The value of --every.
 *
 * @throws InvalidArgumentError for what is no length of time above 0
 */
function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits = '', unit = 's'] = /^(\d*\.?\d+)\s*(ms|s|m)?$/.exec(text) ?? [];
  const seconds = Number(digits) * {ms: 0.001, s: 1, m: 60}[unit as 'ms' | 's' | 'm'];
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError(
    `--every is '${text}'; it must be a length of time, such as 2s, 500ms or 1m`,
  );
}

/** Options of a command line; undefined when only help is wanted. */
function parse(args: readonly string[]): CommandOptions | undefined {
  const {values, positionals} = parseCommand('analyze', args, {
    ...OUTPUT_OPTIONS,
    ...COMPUTE_OPTIONS,
    model: {type: 'string', default: DEFAULTS.model},
    every: {type: 'string'},
    top: {type: 'string'},
    features: {type: 'boolean', default: false},
    threshold: {type: 'string'},
  });
  if (values.help) return undefined;
  return {
    film: onePositional('analyze', 'FILM', positionals),
    model: values.model,
    every: secondsOf(values.every),
    top: wholeNumber('top', values.top) ?? DEFAULTS.top,
    features: values.features,
    threshold: thresholdOf(values.threshold),
    compute: computeChoice(values),
    output: outputChoice(values),
  };
}

async function run(options: CommandOptions, running: Running): Promise<void> {
  const {io, tools, progress, signal} = running;
  const {film, every, top, features, threshold, compute, output} = options;
  // First, so that a wrong path is said at once.
  const video = await tools.openVideo(film, {signal});
  try {
    await checkOutputs(output, film, video.info);
    const [network, model] = await load([SHOT_MODEL, options.model], compute, running);
    const notes = modelNotes(model!);
    if (notes.length > 0) progress.clear();
    for (const note of notes) io.stderr.write(`tfjs-sts: note: ${oneLine(note)}\n`);
    progress.stage(`analysing ${film}`);
    const started = performance.now();
    const timeline = await analyze(video, {
      model: model!,
      shots: {model: network!.model, ...(threshold !== undefined && {threshold})},
      ...(every !== undefined && {every}),
      ...{top, features, name: basename(film), signal},
      onProgress: filmProgress(progress),
    });
    for (const loaded of [network, model]) loaded!.model.dispose();
    const ended = performance.now();
    await writeResult({timeline, film}, output, running);
    progress.finish(closingLine(timeline, (ended - started) / 1000));
  } finally {
    await video.close();
  }
}

/**
 * The command `analyze`.
 *
 * @param tools default: the zoo, ffmpeg and the real backends.
 */
export function analyzeCommand(tools: FilmTools = realTools): Command {
  return {
    summary: 'say what is in a film over its time',
    async run(args, io) {
      const options = parse(args);
      if (options === undefined) return void io.stdout.write(HELP);
      const progress = createProgress(io.stderr, isForProgram(options.output));
      await untilTold(io, progress, (signal) => run(options, {io, tools, progress, signal}));
    },
  };
}
