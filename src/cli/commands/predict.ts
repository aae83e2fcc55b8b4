/**
 * `tfjs-sts predict VIDEO`: what a video network says of a clip. Parses, then calls the zoo for the model, the video
 * part for the frames, the model for the answer, and prints. What it calls can be exchanged for tests.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {freeze} from '../../freeze';
import {registerLayers} from '../../layers';
import {type Recognition, recognize} from '../../recognize';
import {InvalidArgumentError} from '../../util/errors';
import type {FrameSource} from '../../video/frame_source';
import {readClip} from '../../video/read_clip';
import {ffmpegSource} from '../../video/sources/ffmpeg';
import {DEFAULT_MODEL, type LoadedModel, type LoadModelOptions, loadModel} from '../../zoo';
import {parseCommand, wholeNumber} from '../arguments';
import {BACKEND_NAMES, startBackend} from '../backends';
import type {Command} from '../command';
import type {CliIo} from '../io';
import {createProgress, type Progress} from '../progress';

/** What the command calls. */
export interface PredictTools {
  startBackend(name: string, threads: number): Promise<void>;
  openVideo(path: string, options?: {size?: number}): Promise<FrameSource>;
  loadModel(
    nameOrPath: string,
    options: Pick<LoadModelOptions, 'frames' | 'onProgress'>,
  ): Promise<LoadedModel>;
}

interface PredictOptions {
  readonly video: string;
  readonly model: string;
  readonly backend: string;
  readonly threads: number;
  readonly top: number;
  readonly frames: number | undefined;
  readonly json: boolean;
}

const DEFAULTS = {model: DEFAULT_MODEL, backend: 'wasm', threads: 1, top: 5};

const HELP = `Says what a video shows: the labels that the network finds most likely.

usage: tfjs-sts predict VIDEO [options]

  VIDEO                 a file that ffmpeg reads; a name with a dash in front goes behind --

options:
  --model NAME|PATH|URL a model of the zoo, a .safetensors file or its index, or a model.json of TensorFlow.js;
                        what lies at an http address is downloaded once and kept
                        (default ${DEFAULTS.model})
  --top N               how many labels to print (default ${DEFAULTS.top})
  --frames N            how many frames the network looks at, spread over the whole video or, for models
                        that say so, a fixed distance apart (default: what the model was made for)
  --backend NAME        ${BACKEND_NAMES.join(', ')} (default ${DEFAULTS.backend})
  --threads N           how many threads the wasm backend's convolutions run on (default ${DEFAULTS.threads})
  --json                print one JSON object: video, model, backend, frames, predictions, milliseconds
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
  const [video, ...others] = positionals;
  if (video === undefined)
    throw new InvalidArgumentError(
      'predict needs a video: tfjs-sts predict VIDEO; see tfjs-sts predict --help',
    );
  if (others.length > 0)
    throw new InvalidArgumentError(
      `predict takes one video, got ${positionals.length}; call it once for each`,
    );
  return {
    video,
    model: values.model,
    backend: values.backend,
    threads: wholeNumber('threads', values.threads) ?? DEFAULTS.threads,
    top: wholeNumber('top', values.top) ?? DEFAULTS.top,
    frames: wholeNumber('frames', values.frames),
    json: values.json,
  };
}

const counted = (frames: number) => `${frames} ${frames === 1 ? 'frame' : 'frames'}`;

/** Labels in a column, probabilities beside them. */
function table(predictions: readonly Recognition[]): string {
  const width = Math.max(...predictions.map(({label}) => label.length));
  return predictions
    .map(({label, probability}) => `${label.padEnd(width)}  ${probability.toFixed(3)}\n`)
    .join('');
}

async function readVideo(
  options: PredictOptions,
  loaded: LoadedModel,
  tools: PredictTools,
  progress: Progress,
): Promise<tf.Tensor5D> {
  const {frames, interval = 'uniform', size, cropSize, mean, std} = loaded.info;
  const source = await tools.openVideo(options.video, {size});
  try {
    const total = await source.countFrames();
    // A clip of fixed distances begins anew where the video ends, as the authors test; a spread one has nothing to spread.
    const shortVideo = interval === 'uniform' ? 'error' : 'loop';
    if (shortVideo === 'error' && total > 0 && total < frames) {
      throw new InvalidArgumentError(
        `'${options.video}' has ${counted(total)} but ${loaded.info.name} looks at ${frames}; use --frames ${total} or a longer video`,
      );
    }
    const onFrame = (done: number, total: number) => progress.advance(done, total);
    return await readClip(source, {frames, interval, size, crop: cropSize, mean, std, shortVideo, onFrame});
  } finally {
    await source.close();
  }
}

async function run(
  options: PredictOptions,
  io: CliIo,
  tools: PredictTools,
  progress: Progress,
): Promise<void> {
  const started = performance.now();
  // A first look at the video, so that a wrong path is said at once and not after the model is loaded.
  await (await tools.openVideo(options.video)).close();
  progress.stage(`loading ${options.model} on ${options.backend}`);
  await tools.startBackend(options.backend, options.threads);
  const loaded = await tools.loadModel(options.model, {
    ...(options.frames !== undefined && {frames: options.frames}),
    onProgress: (fraction) => progress.advance(Math.round(fraction * 100), 100),
  });
  const {name, frames, labels, output} = loaded.info;
  const model = freeze(loaded.model);
  loaded.model.dispose();
  progress.stage(`reading ${counted(frames)} of ${options.video}`);
  const clip = await readVideo(options, loaded, tools, progress);
  progress.stage(`asking ${name}`);
  const predictions = await recognize(model, clip, {labels, top: options.top, output});
  clip.dispose();
  model.dispose();
  const milliseconds = Math.round(performance.now() - started);
  progress.finish(`${name}, ${counted(frames)}, ${options.backend}, ${(milliseconds / 1000).toFixed(1)} s`);
  const {video, backend} = options;
  const json = () => `${JSON.stringify({video, model: name, backend, frames, predictions, milliseconds})}\n`;
  io.stdout.write(options.json ? json() : table(predictions));
}

const realTools: PredictTools = {
  startBackend,
  openVideo: ffmpegSource,
  loadModel(nameOrPath, options) {
    // A model.json may hold layers of ours.
    registerLayers();
    return loadModel(nameOrPath, options);
  },
};

/**
 * The command `predict`.
 *
 * @param tools default: the zoo, ffmpeg and the real backends.
 */
export function predictCommand(tools: PredictTools = realTools): Command {
  return {
    summary: 'say what a video shows',
    async run(args, io) {
      const options = parse(args);
      if (options === undefined) return void io.stdout.write(HELP);
      const progress = createProgress(io.stderr, options.json);
      try {
        await run(options, io, tools, progress);
      } catch (error) {
        progress.clear();
        throw error;
      }
    },
  };
}
