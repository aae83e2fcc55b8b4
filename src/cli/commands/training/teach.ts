/**
 * `tfjs-sts teach FOLDER -o FILE`: a model for classes of one's own from few clips. Parses, opens the clips, has teach do it and saves
 * what comes of it.
 */
import {basename, dirname} from 'node:path';
import {checkWritable, writeWhole} from '../../../files/write_file';
import {STORAGE_TYPES, type StorageType} from '../../../models/checkpoints';
import {loadModel, modelFile} from '../../../models/zoo';
import {evaluate} from '../../../train/evaluation/evaluate';
import {type TeachOptions, teach} from '../../../train/teach/teach';
import {InvalidArgumentError} from '../../../util/errors';
import {DEFAULT_MODEL, onePositional, parseCommand, storageType, wholeNumber} from '../../input/arguments';
import {measuredNetwork, startBackend} from '../../input/backends';
import {COMPUTE_HELP, COMPUTE_OPTIONS, type ComputeChoice, computeChoice} from '../../input/film';
import {
  checkClasses,
  checkData,
  DATA_HELP,
  DATA_OPTIONS,
  DATA_OPTIONS_HELP,
  type DataChoice,
  dataChoice,
  openData,
  remarkUnreadable,
  validationChoice,
  withValidation,
} from '../../input/training_data';
import {about} from '../../input/user_files';
import type {CliIo} from '../../io';
import {counted} from '../../output/counted';
import {metricsText, percent} from '../../output/metrics_text';
import type {Progress} from '../../output/progress';
import {progressCommand} from '../progress_command';

const HELP = `Makes a model for classes of your own from few clips: a new classifier on what a trained network sees in them.

usage: tfjs-sts teach DATA -o FILE [options]

${DATA_HELP}  -o, --output FILE     the model, a .safetensors file for predict, eval, export and loadModel. An older file is
                        replaced

options:
  --model NAME|PATH     whose knowledge is used, as predict takes it (default ${DEFAULT_MODEL})
  --validation SHARE|DATA  clips to judge by, which are not learnt from: a share of each class, such as 0.2 (of a class
                        of two clips or more one at least), or other data of the same classes.
                        What comes of it is printed
  --views N             look at each clip N times, each time at another part of it, the half of its picture or
                        more, flipped or not. Slower, and better where clips are few (default 1: the middle)
  --no-flip             views are not flipped: for classes that tell left from right
  --last-stage          let the last stage of the network learn, too; see the guide on training
  --seed N              of all chance (default 0)
  --dtype TYPE          how kernels are stored: ${STORAGE_TYPES.join(', ')} (default float32)
${DATA_OPTIONS_HELP}  --json                print one JSON object: file, classes, validation
${COMPUTE_HELP}
Takes about as long as predict takes for the clips, and a few seconds.
`;

interface Options {
  readonly data: string;
  readonly path: string;
  readonly model: string;
  readonly validation: number | string | undefined;
  readonly views: number;
  readonly flips: boolean;
  readonly lastStage: boolean;
  readonly seed: number;
  readonly dtype: StorageType;
  readonly reading: DataChoice;
  readonly compute: ComputeChoice;
  readonly json: boolean;
}

/** Options of a command line; undefined when only help is wanted. */
function parse(args: readonly string[]): Options | undefined {
  const {values, positionals} = parseCommand('teach', args, {
    output: {type: 'string', short: 'o'},
    model: {type: 'string', default: DEFAULT_MODEL},
    validation: {type: 'string'},
    views: {type: 'string'},
    'no-flip': {type: 'boolean', default: false},
    'last-stage': {type: 'boolean', default: false},
    seed: {type: 'string'},
    dtype: {type: 'string', default: 'float32'},
    json: {type: 'boolean', default: false},
    ...DATA_OPTIONS,
    ...COMPUTE_OPTIONS,
  });
  if (values.help) return undefined;
  const data = onePositional('teach', 'DATA', positionals);
  const see = 'see tfjs-sts teach --help';
  const {output} = values;
  if (!output) throw new InvalidArgumentError(`teach needs -o FILE, where the model goes; ${see}`);
  if (!output.endsWith('.safetensors'))
    throw new InvalidArgumentError(
      `-o is '${output}'; the model is a file that ends in .safetensors; ${see}`,
    );
  return {
    data,
    path: output,
    model: values.model,
    validation: validationChoice(values.validation),
    views: wholeNumber('views', values.views) ?? 1,
    flips: !values['no-flip'],
    lastStage: values['last-stage'],
    seed: wholeNumber('seed', values.seed, 0) ?? 0,
    dtype: storageType(values.dtype),
    reading: dataChoice(values),
    compute: computeChoice(values),
    json: values.json,
  };
}

const STAGES = {
  features: 'looking at the clips',
  classifier: 'teaching the classifier',
  'last stage': 'teaching the last stage',
} as const;

async function run(options: Options, io: CliIo, progress: Progress): Promise<void> {
  const {data: path, model: name, validation, views, seed, compute, reading, dtype, json} = options;
  const signal = io.interruption();
  await checkData(path);
  await checkWritable(options.path);
  const backend = await startBackend(compute.backend, compute.threads, measuredNetwork(name));
  progress.stage(`loading ${name} on ${backend}`);
  const {model, info} = await about(name, () => loadModel(name));
  const started = performance.now();
  const open = (from: string) => about(from, () => openData(from, info, reading));
  const all = await open(path);
  checkClasses('teach', path, all);
  const {training, validation: kept} = await withValidation(all, validation, seed, open);
  const augmentation = {area: [0.5, 1], ...(!options.flips && {flip: 0})} as const;
  const data = views === 1 ? training : training.augmented({augmentation});
  let stage: keyof typeof STAGES | undefined;
  const onProgress: TeachOptions['onProgress'] = (now, done, total) => {
    if (now !== stage) progress.stage(STAGES[now]);
    stage = now;
    progress.advance(done, total, `${done} of ${total}`);
  };
  const {lastStage} = options;
  const taught = await teach(model, {classes: data, views, lastStage, seed, signal, onProgress});
  model.dispose();
  if (kept !== undefined) progress.stage('judging by clips that were kept apart');
  const metrics = kept && (await evaluate(taught.model, kept, {batchSize: 4, signal}));
  const bytes = await modelFile(taught.model, {...info, labels: taught.labels}, {dtype});
  taught.model.dispose();
  signal.throwIfAborted();
  const written = await writeWhole(dirname(options.path), basename(options.path), [bytes]);
  remarkUnreadable(kept === undefined ? [training] : [training, kept], io, progress);
  progress.finish(`${name}, ${backend}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const {labels} = taught;
  if (json) {
    const answer = {file: written, classes: labels, ...(metrics && {validation: metrics})};
    io.stdout.write(`${JSON.stringify(answer)}\n`);
    return;
  }
  const read = training.size - training.summary().unreadable.length;
  const judged = metrics === undefined ? '' : `, top-1 ${percent(metrics.top1)} of clips kept apart`;
  io.stdout.write(
    `${written}: ${counted(labels.length, 'class', 'classes')} from ${counted(read, 'clip')}${judged}\n`,
  );
  if (metrics !== undefined) io.stdout.write(`\n${metricsText(metrics)}`);
}

/** The command `teach`. */
export const teachCommand = () =>
  progressCommand({
    summary: 'make a model for classes of your own from few clips',
    help: HELP,
    parse,
    isForProgram: ({json}) => json,
    run,
  });
