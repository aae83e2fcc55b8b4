/** `tfjs-sts analyze FILM`: the shots of a film and what a model says of them. Parses, has the film analysed, and prints. */
import {InvalidArgumentError} from '../../util/errors';
import type {Command} from '../command';
import {DEFAULT_MODEL, parseCommand, wholeNumber} from '../input/arguments';
import {COMPUTE_HELP, type FilmTools, type Running, realTools} from '../input/film';
import {isForProgram, OUTPUT_HELP} from '../output/timeline_output';
import {
  analyzeFilm,
  FILM_HELP,
  FILM_OPTIONS,
  type FilmChoice,
  filmChoice,
  filmCommand,
  THRESHOLD_HELP,
} from './film_command';

interface CommandOptions extends FilmChoice {
  readonly model: string;
  readonly every: number | undefined;
  readonly top: number;
  readonly features: boolean;
  readonly camera: boolean;
}

const DEFAULTS = {model: DEFAULT_MODEL, top: 3};

const HELP = `Says what is in a film over its time: its shots, and what a model says of each, or of every few seconds.

usage: tfjs-sts analyze FILM [options]

${FILM_HELP}
options:
${OUTPUT_HELP}  --model NAME|PATH|URL what says the labels: as for tfjs-sts predict (default ${DEFAULTS.model})
  --every 2s            ask about every so many seconds instead of each shot; neighbours of one label become one
  --top N               labels for each segment (default ${DEFAULTS.top})
  --features            keep a feature vector of each segment in the JSON, for tfjs-sts search
  --camera              say what the camera does in each shot, where the model is sure: static, pan left, pan right,
                        tilt up, tilt down, zoom in, zoom out, roll or hand-held
${THRESHOLD_HELP}${COMPUTE_HELP}`;

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
    ...FILM_OPTIONS,
    model: {type: 'string', default: DEFAULTS.model},
    every: {type: 'string'},
    top: {type: 'string'},
    features: {type: 'boolean', default: false},
    camera: {type: 'boolean', default: false},
  });
  if (values.help) return undefined;
  return {
    ...filmChoice('analyze', positionals, values),
    model: values.model,
    every: secondsOf(values.every),
    top: wholeNumber('top', values.top) ?? DEFAULTS.top,
    features: values.features,
    camera: values.camera,
  };
}

function run(
  {model, every, top, features, camera, ...choice}: CommandOptions,
  running: Running,
): Promise<void> {
  const asked = {name: model, top, features, ...(every !== undefined && {every})};
  return analyzeFilm(choice, {doing: `analysing ${choice.film}`, model: asked, hasCamera: camera}, running);
}

/**
 * The command `analyze`.
 *
 * @param tools default: the zoo, ffmpeg and the real backends.
 */
export function analyzeCommand(tools: FilmTools = realTools): Command {
  return filmCommand(
    {
      summary: 'say what is in a film over its time',
      help: HELP,
      parse,
      isForProgram: ({output}) => isForProgram(output),
      run,
    },
    tools,
  );
}
