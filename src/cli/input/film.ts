/**
 * What the commands on films have in common: options for the result and for how it is computed, the tools that they call, and the
 * network that finds shots. What is written is in output/timeline_output.ts.
 */
import {type LoadedModel, type LoadModelOptions, loadModel} from '../../models/zoo';
import {InvalidArgumentError} from '../../util/errors';
import type {SeekableVideo} from '../../video/clips/frames';
import {type FfmpegSourceOptions, ffmpegSource} from '../../video/clips/sources/ffmpeg';
import type {CliIo} from '../io';
import type {Progress} from '../output/progress';
import {wholeNumber} from './arguments';
import {ALL_CORES, BACKEND_NAMES, BEST, measuredNetwork, startBackend, threadsHelp} from './backends';

/** What the commands call; can be exchanged for tests. */
export interface FilmTools {
  /** Returns the name of the backend that runs; `network` is what it is for, where that is known. */
  startBackend(name: string, threads: number | undefined, network?: string): Promise<string>;
  openVideo(path: string, options: Pick<FfmpegSourceOptions, 'size' | 'signal'>): Promise<SeekableVideo>;
  loadModel(nameOrPath: string, options: Pick<LoadModelOptions, 'onProgress'>): Promise<LoadedModel>;
}

export const realTools: FilmTools = {
  startBackend,
  openVideo: ffmpegSource,
  loadModel,
};

/** What one run of a command goes by. */
export interface Running {
  readonly io: CliIo;
  readonly tools: FilmTools;
  readonly progress: Progress;
  /** Aborts when the process is told to end. */
  readonly signal: AbortSignal;
}

/** The network of the zoo that finds shots. */
export const SHOT_MODEL = 'transnet_v2';

/** The model of the zoo that says what the camera does. */
export const CAMERA_MODEL = 'camera_movement';

/** Options of `parseArgs` that say how it is computed. */
export const COMPUTE_OPTIONS = {
  backend: {type: 'string', default: BEST},
  threads: {type: 'string'},
  help: {type: 'boolean', short: 'h', default: false},
} as const;

export const computeHelp = (
  threads: string,
) => `  --backend NAME        ${BACKEND_NAMES.join(', ')} (default ${BEST})
${threadsHelp(threads)}  -h, --help            this text
`;

export const COMPUTE_HELP = computeHelp(ALL_CORES);

/** How it is computed. */
export interface ComputeChoice {
  readonly backend: string;
  /** Undefined for one for each core. */
  readonly threads: number | undefined;
}

export function computeChoice(values: {backend: string; threads?: string | undefined}): ComputeChoice {
  return {backend: values.backend, threads: wholeNumber('threads', values.threads)};
}

/**
 * The value of --threshold.
 *
 * @throws InvalidArgumentError for what is no number from 0 on below 1
 */
export function thresholdOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value < 1) return value;
  throw new InvalidArgumentError(`--threshold is '${text}'; it must be a number from 0 on, less than 1`);
}

/**
 * Does the work of a command until it is done or the process is told to end: then it fails with that, whatever failed first. A
 * decoder may have heard the same signal.
 */
export async function untilTold(io: CliIo, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const signal = io.interruption();
  try {
    await work(signal);
  } catch (error) {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    throw error;
  }
}

/** Starts the backend and loads models, telling so. */
export async function load(
  names: readonly string[],
  {backend, threads}: ComputeChoice,
  {tools, progress, signal}: Running,
): Promise<LoadedModel[]> {
  // The first one has most to do.
  const started = await tools.startBackend(backend, threads, measuredNetwork(names[0]!));
  progress.stage(`loading ${names.join(' and ')} on ${started}`);
  const models: LoadedModel[] = [];
  for (const name of names) {
    signal.throwIfAborted();
    models.push(
      await tools.loadModel(name, {
        onProgress: (fraction) => progress.advance(Math.round(fraction * 100), 100),
      }),
    );
  }
  return models;
}
