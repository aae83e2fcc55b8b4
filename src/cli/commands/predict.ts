/**
 * `tfjs-sts predict VIDEO...`: what a video network says of a clip of each. Parses, then calls the zoo for the model, the
 * video part for the frames, the model for the answers, and prints. What it calls can be exchanged for tests.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {type FrozenModel, freeze} from '../../inference/freeze';
import {type LoadedModel, type LoadModelOptions, loadModel, type ModelInput} from '../../models/zoo';
import {modelNamed} from '../../models/zoo/table/models';
import {InvalidArgumentError, StsError} from '../../util/errors';
import type {SeekableVideo, VideoInfo} from '../../video/clips/frames';
import {readClip} from '../../video/clips/read_clip';
import {ffmpegSource} from '../../video/clips/sources/ffmpeg';
import {type Recognition, recognize} from '../../video/recognize';
import type {Command} from '../command';
import {DEFAULT_MODEL, parseCommand, wholeNumber} from '../input/arguments';
import {ALL_CORES, BACKEND_NAMES, BEST, measuredNetwork, startBackend, threadsHelp} from '../input/backends';
import {fileOf} from '../input/standard_input';
import {about} from '../input/user_files';
import type {CliIo} from '../io';
import {counted} from '../output/counted';
import {errorLine} from '../output/error_line';
import {clock, shortfall} from '../output/film_progress';
import {modelNotes} from '../output/model_notes';
import {writeNotes} from '../output/notes';
import {oneLine} from '../output/one_line';
import type {Progress} from '../output/progress';
import {progressCommand} from './progress_command';

/** What the command calls. */
export interface PredictTools {
  /** Returns the name of the backend that runs; `network` is what it is for, where that is known. */
  startBackend(name: string, threads: number | undefined, network?: string): Promise<string>;
  openVideo(path: string, options?: {size?: ModelInput['size']}): Promise<SeekableVideo>;
  loadModel(
    nameOrPath: string,
    options: Pick<LoadModelOptions, 'frames' | 'onProgress'>,
  ): Promise<LoadedModel>;
}

interface PredictOptions {
  readonly videos: readonly string[];
  readonly model: string;
  readonly backend: string;
  readonly threads: number | undefined;
  readonly top: number;
  readonly frames: number | undefined;
  readonly json: boolean;
}

const DEFAULTS = {model: DEFAULT_MODEL, backend: BEST, top: 5};

/** For VIDEO: the standard input. */
const STDIN = '-';

const HELP = `Says what a video shows: the labels that the network finds most likely.

usage: tfjs-sts predict VIDEO... [options]

  VIDEO                 a file that ffmpeg reads, or - for the standard input; a name with a dash in front goes
                        behind --. The model is loaded once for all. One that cannot be read is told on stderr,
                        the others go on, and the exit code is 1

options:
  --model NAME|PATH|URL a model of the zoo, a .safetensors file or its index, or a model.json of TensorFlow.js;
                        what lies at an http address is downloaded once and kept
                        (default ${DEFAULTS.model})
  --top N               how many labels to print (default ${DEFAULTS.top})
  --frames N            how many frames the network looks at, spread over the whole video or, for models
                        that say so, a fixed distance apart (default: what the model was made for)
  --backend NAME        ${BACKEND_NAMES.join(', ')} (default ${DEFAULTS.backend})
${threadsHelp(ALL_CORES)}  --json                print one JSON object for each video, in a line of its own: video, model, backend,
                        frames, predictions, milliseconds (since the last one; the first loads the model)
  -h, --help            this text
`;

/** Options of a command line; undefined when only help is wanted. */
function parse(args: readonly string[]): PredictOptions | undefined {
  const {values, positionals} = parseCommand('predict', args, {
    model: {type: 'string', default: DEFAULTS.model},
    top: {type: 'string'},
    frames: {type: 'string'},
    backend: {type: 'string', default: DEFAULTS.backend},
    threads: {type: 'string'},
    json: {type: 'boolean', default: false},
    help: {type: 'boolean', short: 'h', default: false},
  });
  if (values.help) return undefined;
  if (positionals.length === 0)
    throw new InvalidArgumentError(
      'predict needs a video: tfjs-sts predict VIDEO; see tfjs-sts predict --help',
    );
  if (positionals.filter((video) => video === STDIN).length > 1)
    throw new InvalidArgumentError('predict can read the standard input, -, only once');
  return {
    videos: positionals,
    model: values.model,
    backend: values.backend,
    threads: wholeNumber('threads', values.threads),
    top: wholeNumber('top', values.top) ?? DEFAULTS.top,
    frames: wholeNumber('frames', values.frames),
    json: values.json,
  };
}

/** Labels in a column, probabilities beside them; of several videos each below its name. */
function text(
  {video, predictions}: {video: string; predictions: readonly Recognition[]},
  isOneOfSeveral: boolean,
) {
  const width = Math.max(...predictions.map(({label}) => label.length));
  const lines = predictions.map(
    ({label, probability}) => `${label.padEnd(width)}  ${probability.toFixed(3)}\n`,
  );
  return isOneOfSeveral ? `${oneLine(video)}\n${lines.map((line) => `  ${line}`).join('')}` : lines.join('');
}

/** What is as long, and has no label as likely as this, may be a film of several shots. */
const FILM_SECONDS = 30;
const UNSURE = 0.2;

/** A clip of a video, how much there is of the video, and how much there should be. */
interface Read {
  readonly clip: tf.Tensor5D;
  readonly found: {readonly frames: number; readonly duration: number};
  readonly promised: VideoInfo;
}

async function readVideo(
  video: string,
  {info}: LoadedModel,
  tools: PredictTools,
  progress: Progress,
): Promise<Read> {
  const {frames, interval = 'uniform', size} = info;
  const source = await tools.openVideo(video, {size});
  try {
    const total = await source.countFrames();
    // A clip of fixed distances begins anew where the video ends, as the authors test; a spread one has nothing to spread.
    const shortVideo = interval === 'uniform' ? 'error' : 'loop';
    if (shortVideo === 'error' && total > 0 && total < frames) {
      throw new InvalidArgumentError(
        `'${video}' has ${counted(total, 'frame')} but ${info.name} looks at ${frames}; use --frames ${total} or a longer video`,
      );
    }
    const onFrame = (done: number, total: number) => progress.advance(done, total);
    const clip = await readClip(source, {...info, shortVideo, onFrame});
    const {framesPerSecond} = source.info;
    const last = (await source.timestamps()).at(-1) ?? 0;
    const duration = last + (framesPerSecond === undefined ? 0 : 1 / framesPerSecond);
    return {clip, found: {frames: total, duration}, promised: source.info};
  } finally {
    await source.close();
  }
}

/** What one run of the command goes by. */
interface Running {
  readonly options: PredictOptions;
  readonly io: CliIo;
  readonly tools: PredictTools;
  readonly progress: Progress;
}

/** A video's answers. */
async function ask(
  video: string,
  loaded: LoadedModel,
  frozen: FrozenModel,
  {options, io, tools, progress}: Running,
): Promise<Recognition[]> {
  const {name, frames, labels, output} = loaded.info;
  const input = video === STDIN ? await fileOf(io.stdin) : undefined;
  try {
    progress.stage(`reading ${counted(frames, 'frame')} of ${video}`);
    const {clip, found, promised} = await readVideo(input?.path ?? video, loaded, tools, progress);
    progress.stage(`asking ${name}`);
    const predictions = await recognize(frozen, clip, {labels, top: options.top, output});
    clip.dispose();
    const spoken = video === STDIN ? 'the standard input' : video;
    const isFilm = found.duration >= FILM_SECONDS && predictions[0]!.probability < UNSURE;
    const advice = `no label fits ${spoken} well, which takes ${clock(found.duration)}: of a film with several shots, tfjs-sts analyze says what is in each`;
    writeNotes([...shortfall(found, spoken, promised), ...(isFilm ? [advice] : [])], io, progress);
    return predictions;
  } finally {
    await input?.remove();
  }
}

/** The model, and the backend that is started. */
async function load({options, tools, progress}: Running): Promise<LoadedModel & {backend: string}> {
  if (modelNamed(options.model)?.task === 'shots') {
    throw new InvalidArgumentError(
      `${options.model} finds where the shots of a film end and names no classes, so predict can say nothing of it`,
    );
  }
  const start = (network?: string) => tools.startBackend(options.backend, options.threads, network);
  const network = measuredNetwork(options.model);
  const backend = await start(network);
  // Of a file it is not known yet where it will run.
  const isSettled = network !== undefined || options.backend !== BEST;
  progress.stage(`loading ${options.model}${isSettled ? ` on ${backend}` : ''}`);
  const loaded = await tools.loadModel(options.model, {
    ...(options.frames !== undefined && {frames: options.frames}),
    onProgress: (fraction) => progress.advance(Math.round(fraction * 100), 100),
  });
  // Of a file the network is known now, and with it what is best; the weights move along.
  const inFile = network ?? measuredNetwork(loaded.info.network ?? '');
  return {...loaded, backend: inFile === network ? backend : await start(inFile)};
}

async function run(running: Running): Promise<void> {
  const {options, io, tools, progress} = running;
  const {videos} = options;
  const started = performance.now();
  // A first look at the video, so that a wrong path is said at once and not after the model is loaded.
  const [first] = videos;
  if (videos.length === 1 && first !== STDIN) await (await tools.openVideo(first!)).close();
  const loaded = await load(running);
  const {backend} = loaded;
  const {name, frames} = loaded.info;
  const notes = modelNotes(loaded);
  const frozen = await about(options.model, () => freeze(loaded.model));
  loaded.model.dispose();
  writeNotes(notes, io, progress);
  let since = started;
  const failed: string[] = [];
  for (const video of videos) {
    try {
      const predictions = await ask(video, loaded, frozen, running);
      const now = performance.now();
      const milliseconds = Math.round(now - since);
      since = now;
      progress.clear();
      const answer = {video, model: name, backend, frames, predictions, milliseconds};
      io.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : text(answer, videos.length > 1));
    } catch (error) {
      if (videos.length === 1 || !(error instanceof StsError)) throw error;
      failed.push(video);
      progress.clear();
      io.stderr.write(errorLine(error));
    }
  }
  frozen.dispose();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const several = videos.length > 1 ? `${videos.length} videos, ` : '';
  progress.finish(`${name}, ${counted(frames, 'frame')}, ${backend}, ${several}${seconds} s`);
  if (failed.length > 0) {
    throw new InvalidArgumentError(
      `${failed.length} of ${videos.length} videos have no answer: ${failed.join(', ')}`,
    );
  }
}

const realTools: PredictTools = {
  startBackend,
  openVideo: ffmpegSource,
  loadModel,
};

/**
 * The command `predict`.
 *
 * @param tools default: the zoo, ffmpeg and the real backends.
 */
export function predictCommand(tools: PredictTools = realTools): Command {
  return progressCommand({
    summary: 'say what a video shows',
    help: HELP,
    parse,
    isForProgram: ({json}) => json,
    run: (options, io, progress) => run({options, io, tools, progress}),
  });
}
