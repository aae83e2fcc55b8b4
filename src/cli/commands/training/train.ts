/**
 * `tfjs-sts train DATA --network NAME --recipe NAME -o DIR`: trains a network on labelled clips. Parses, opens the data, builds the
 * network on its start, and has train do it; what comes of it is a file for the other commands.
 */
import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {writeWhole} from '../../../files/write_file';
import {modelFile} from '../../../models/zoo';
import type {TrainProgress} from '../../../train/loop/progress';
import {OtherRunError} from '../../../train/loop/same_run';
import {train} from '../../../train/loop/train';
import {
  finetuneKinetics,
  finetuneSomething,
  imagePretraining,
  type RecipeOverrides,
} from '../../../train/recipes';
import {paperFamily} from '../../../train/recipes/paper';
import type {Recipe} from '../../../train/recipes/recipe';
import {hasRun} from '../../../train/run_files/run_directory';
import {threadsByDefault} from '../../../util/cores';
import {InvalidArgumentError} from '../../../util/errors';
import {oneOf, onePositional, parseCommand, wholeNumber} from '../../input/arguments';
import {measuredNetwork, startBackend} from '../../input/backends';
import {COMPUTE_OPTIONS, type ComputeChoice, computeChoice, computeHelp} from '../../input/film';
import {clipsOf, type NetworkChoice, networkOf, readStart, startedNetwork} from '../../input/start_network';
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
import {Interrupted} from '../../interrupted';
import type {CliIo} from '../../io';
import {counted} from '../../output/counted';
import {clock} from '../../output/film_progress';
import {percent} from '../../output/metrics_text';
import {writeNotes} from '../../output/notes';
import type {Progress} from '../../output/progress';
import {runNotes} from '../../output/run_notes';
import {progressCommand} from '../progress_command';

const RECIPES = ['finetuneKinetics', 'finetuneSomething', 'imagePretraining'] as const;

/** What the model is called in the folder of its run. */
const MODEL_FILE = 'model.safetensors';

const HELP = `Trains a network on labelled clips.

usage: tfjs-sts train DATA --network NAME --recipe NAME -o DIR [options]

${DATA_HELP}                        For a network that sees one frame, pictures in such folders
  --network NAME        what is trained; tfjs-sts list names them
  --recipe NAME         how: ${RECIPES.join(', ')}, the paper's
  -o, --output DIR      the folder of the run: checkpoint, log, also for TensorBoard, report.html, and for
                        predict, eval, export and loadModel best.safetensors and at the end ${MODEL_FILE}

options:
  --start FILE|MODEL    weights to begin with: of an image or video network, as tfjs-sts inflate takes them, or a
                        model that ships. The classifier begins anew, unless the file is of the same network
                        and classes (default: random weights)
  --resume              go on with the run in DIR, or begin one: otherwise the same command
  --validation SHARE|DATA  clips to judge by, which are not learnt from: a share of each class, such as 0.2 (of a class
                        of two clips or more one at least), or other data of the same classes
  --epochs N            instead of the recipe's
  --batch N             clips in an update; the rate goes with it (default 8)
  --micro-batch N       clips in the network at once: less memory
  --recompute           keep less of the network's values and compute them anew: less memory, a little slower, the
                        same result
  --rate R              learning rate instead of the recipe's
  --frames N, --side N  of the clips that the network sees (default: its own)
  --seed N              of all chance (default 0)
  --checkpoint-every N  updates from one checkpoint to the next (default 100)
${DATA_OPTIONS_HELP}${computeHelp('one for each core but one, 8 at most')}
The recipes are for many GPUs and whole data sets. With a batch of 8 the rate is scaled down; epochs are yours to choose.
Networks of other families than the paper's are trained with the values for x3d.
Ctrl-C ends a run between two updates, with a checkpoint.
`;

interface Options {
  readonly data: string;
  readonly folder: string;
  readonly recipe: (typeof RECIPES)[number];
  readonly overrides: RecipeOverrides;
  readonly validation: number | string | undefined;
  readonly resume: boolean;
  readonly checkpointEvery: number | undefined;
  readonly network: NetworkChoice;
  readonly reading: DataChoice;
  readonly compute: ComputeChoice;
}

/** Options of a command line; undefined when only help is wanted. */
function parse(args: readonly string[]): Options | undefined {
  const {values, positionals} = parseCommand('train', args, {
    network: {type: 'string'},
    start: {type: 'string'},
    recipe: {type: 'string'},
    output: {type: 'string', short: 'o'},
    resume: {type: 'boolean', default: false},
    validation: {type: 'string'},
    epochs: {type: 'string'},
    batch: {type: 'string'},
    'micro-batch': {type: 'string'},
    recompute: {type: 'boolean', default: false},
    rate: {type: 'string'},
    frames: {type: 'string'},
    side: {type: 'string'},
    seed: {type: 'string'},
    'checkpoint-every': {type: 'string'},
    ...DATA_OPTIONS,
    ...COMPUTE_OPTIONS,
  });
  if (values.help) return undefined;
  const data = onePositional('train', 'DATA', positionals);
  const see = 'see tfjs-sts train --help';
  const {recipe, output, network, start} = values;
  if (!recipe)
    throw new InvalidArgumentError(`train needs --recipe NAME, one of ${RECIPES.join(', ')}; ${see}`);
  if (!output) throw new InvalidArgumentError(`train needs -o DIR, the folder of the run; ${see}`);
  const [epochs, microBatchSize] = [
    wholeNumber('epochs', values.epochs),
    wholeNumber('micro-batch', values['micro-batch']),
  ];
  const learningRate = rateOf(values.rate);
  return {
    data,
    folder: output,
    recipe: oneOf('recipe', recipe, RECIPES),
    overrides: {
      batchSize: wholeNumber('batch', values.batch) ?? 8,
      seed: wholeNumber('seed', values.seed, 0) ?? 0,
      ...(epochs !== undefined && {epochs}),
      ...(microBatchSize !== undefined && {microBatchSize}),
      ...(values.recompute && {recompute: true}),
      ...(learningRate !== undefined && {learningRate}),
    },
    validation: validationChoice(values.validation),
    resume: values.resume,
    checkpointEvery: wholeNumber('checkpoint-every', values['checkpoint-every']),
    network: {
      network,
      start,
      frames: wholeNumber('frames', values.frames),
      side: wholeNumber('side', values.side),
    },
    reading: dataChoice(values),
    compute: computeChoice(values),
  };
}

function rateOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const rate = Number(text);
  if (/^[\d.]+(?:e-?\d+)?$/i.test(text) && rate > 0 && Number.isFinite(rate)) return rate;
  throw new InvalidArgumentError(`--rate is '${text}'; it must be a number above 0, such as 0.001`);
}

/** The paper's recipe for the network's family, or for the nearest of its families. */
function recipeOf(network: string, {recipe, overrides}: Options): Recipe {
  const recipes = {finetuneKinetics, finetuneSomething, imagePretraining};
  return recipes[recipe](paperFamily(network) ?? 'x3d', overrides);
}

/** Says before long work that there is a run already. */
async function checkFolder(folder: string, resume: boolean): Promise<void> {
  if (resume || !(await hasRun(folder))) return;
  throw new InvalidArgumentError(
    `there is a run in '${folder}' already; go on with it by --resume, or give another -o DIR`,
  );
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Of a run that cannot be made longer, what can be done instead. */
async function lengthened(error: unknown, network: string, options: Options): Promise<unknown> {
  const isOfLength = error instanceof OtherRunError && error.differs.includes('epochs');
  const model = join(options.folder, MODEL_FILE);
  if (!isOfLength || !(await isThere(model))) return error;
  const {data, folder, recipe, overrides} = options;
  const [from, to] = [model, `${folder}-longer`].map(shellWord);
  const command = `tfjs-sts train ${shellWord(data)} --network ${network} --recipe ${recipe} --start ${from} --epochs ${overrides.epochs} -o ${to}`;
  return new InvalidArgumentError(
    `${error.message} A new run on what this one has learnt: ${command}, and the other options as they were`,
    {cause: error},
  );
}

const shellWord = (text: string) =>
  /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** A line of how far a run is. */
function progressLine(now: TrainProgress): string {
  const {epoch, epochs, loss, accuracy, learningRate, samplesPerSecond, secondsLeft} = now;
  const figures = [
    `loss ${loss.toFixed(3)}`,
    percent(accuracy),
    `rate ${Number(learningRate.toPrecision(2))}`,
  ];
  const speed = `${samplesPerSecond.toFixed(1)} clips/s`;
  // Terminals cut off what does not fit.
  return [`epoch ${epoch + 1}/${epochs}`, ...figures, `${clock(secondsLeft)} left`, speed].join(', ');
}

async function run(options: Options, io: CliIo, progress: Progress): Promise<void> {
  const {data: path, folder, validation, resume, checkpointEvery, compute, reading} = options;
  const signal = io.interruption();
  await checkData(path);
  await checkFolder(folder, resume);
  const named = options.network.start;
  const measured = measuredNetwork(options.network.network ?? named ?? '');
  // Loaders decode beside it.
  const threads = compute.threads ?? threadsByDefault(1);
  const backend = await startBackend(compute.backend, compute.threads, measured, {threads});
  const place = backend === 'wasm' ? `wasm, ${counted(threads, 'thread')}` : backend;
  const start = named === undefined ? undefined : await readStart(named);
  const network = networkOf(options.network, start);
  const recipe = recipeOf(network, options);
  const seed = recipe.seed ?? 0;
  const clips = clipsOf(network, options.network, start);
  const open = (from: string) => about(from, () => openData(from, clips, reading));
  const all = await open(path);
  checkClasses('train', path, all);
  const {training, validation: kept} = await withValidation(all, validation, seed, open);
  const {model, info} = await startedNetwork(network, options.network, start, {
    labels: training.classes,
    seed,
    io,
  });
  const classes = counted(training.classes.length, 'class', 'classes');
  writeNotes(runNotes(recipe, training), io, progress);
  const asFile = (trained: LayersModel) => modelFile(trained, {...info, labels: training.classes});
  const samples = counted(training.size, clips.frames === 1 ? 'picture' : 'clip');
  progress.stage(`training ${network} on ${samples} of ${classes} on ${place}`);
  let length = recipe.epochs;
  let left = '';
  try {
    const {updates, best, epochs} = await train(model, training, {
      ...{recipe, directory: folder, resume, signal, modelFile: asFile},
      ...(kept && {validation: kept}),
      ...(checkpointEvery !== undefined && {checkpointEvery}),
      onProgress: (now) => {
        length = now.epochs;
        left = now.secondsLeft > 0 ? `, ${clock(now.secondsLeft)} left` : '';
        progress.advance(now.epoch * now.steps + now.step, now.epochs * now.steps, progressLine(now));
      },
      onEpoch: ({epoch, loss, accuracy, validation: judged}) => {
        progress.clear();
        const on = judged === undefined ? '' : `, validation top-1 ${percent(judged.top1)}`;
        io.stderr.write(
          `epoch ${epoch + 1}/${length}: loss ${loss.toFixed(3)}, ${percent(accuracy)}${on}${left}\n`,
        );
      },
    });
    const written = await writeWhole(folder, MODEL_FILE, [await asFile(model)]);
    remarkUnreadable(kept === undefined ? [training] : [training, kept], io, progress);
    progress.finish();
    const judged = epochs.at(-1)?.validation;
    const figures = [
      ...(judged === undefined ? [] : [`top-1 ${percent(judged.top1)}`]),
      ...(best === null ? [] : [`best ${percent(best.top1)} after epoch ${best.epoch + 1}`]),
    ];
    io.stdout.write(`${[`${written}: ${classes}, ${counted(updates, 'update')}`, ...figures].join(', ')}\n`);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw await lengthened(error, network, options);
    const hasRun = await isThere(join(folder, 'checkpoint.safetensors'));
    throw error.with(hasRun ? 'go on with the same command and --resume' : 'no update was done yet');
  } finally {
    model.dispose();
  }
}

/** The command `train`. */
export const trainCommand = () =>
  progressCommand({
    summary: 'train a network on labelled clips',
    help: HELP,
    parse,
    isForProgram: () => false,
    run,
  });
