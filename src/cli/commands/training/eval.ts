/**
 * `tfjs-sts eval MODEL DATA`: how good a model is on labelled videos or pictures, each seen in one or several views whose probabilities are
 * averaged, as the published figures were measured.
 */
import {basename, dirname} from 'node:path';
import {checkWritable, writeWhole} from '../../../files/write_file';
import {freeze} from '../../../inference/freeze';
import {type LoadedModel, loadModel, type ModelInfo} from '../../../models/zoo';
import type {Listed} from '../../../train/data/lists';
import {pictureSource} from '../../../train/data/reading/picture_source';
import {highest, MetricsCounter} from '../../../train/evaluation/metrics';
import {chosenFrames, thumbnail} from '../../../train/evaluation/sample_pictures';
import {WorstSamples} from '../../../train/evaluation/worst';
import {evaluationReport} from '../../../train/report/page';
import {FormatError, InvalidArgumentError, UnavailableError} from '../../../util/errors';
import type {SeekableVideo} from '../../../video/clips';
import {ffmpegSource} from '../../../video/clips/sources/ffmpeg';
import type {RgbImage} from '../../../video/clips/transforms';
import {readViews, type ViewOptions} from '../../../video/clips/views';
import {recognize} from '../../../video/recognize';
import {parseCommand} from '../../input/arguments';
import {measuredNetwork, startBackend} from '../../input/backends';
import {COMPUTE_HELP, COMPUTE_OPTIONS, type ComputeChoice, computeChoice} from '../../input/film';
import {
  checkData,
  DATA_HELP,
  LIST_OPTIONS,
  LIST_OPTIONS_HELP,
  type ListChoice,
  listChoice,
  listData,
  unreadableNotes,
} from '../../input/training_data';
import {about} from '../../input/user_files';
import type {CliIo} from '../../io';
import {counted} from '../../output/counted';
import {metricsText} from '../../output/metrics_text';
import {writeNotes} from '../../output/notes';
import type {Progress} from '../../output/progress';
import {progressCommand} from '../progress_command';

const HELP = `Says how good a model is on labelled videos, or pictures.

usage: tfjs-sts eval MODEL DATA [options]

  MODEL                 what predict takes: the name of a model that ships, a .safetensors file, a model.json
${DATA_HELP}                        Classes are found among the model's by their names, in a list without names by number

options:
  --views CLIPSxCROPS   how many clips, spread over each video, and of each the middle (1) or three crops side by
                        side (3); probabilities are averaged over all of them. Kinetics' figures are 10x3,
                        Something-Something's 1x3 (default 1x1)
${LIST_OPTIONS_HELP}  --report FILE         write a page of HTML: confusion matrix, classes, the videos that the model knows worst
  --json                print one JSON object: model, views, samples, top1, top5, meanClass, confusion (row: the
                        class, column: the answer), classes, unreadable
${COMPUTE_HELP}`;

interface Options {
  readonly model: string;
  readonly data: string;
  readonly views: {readonly clips: number; readonly crops: 1 | 3};
  readonly list: ListChoice;
  readonly report: string | undefined;
  readonly compute: ComputeChoice;
  readonly json: boolean;
}

/** Options of a command line; undefined when only help is wanted. */
function parse(args: readonly string[]): Options | undefined {
  const {values, positionals} = parseCommand('eval', args, {
    views: {type: 'string', default: '1x1'},
    ...LIST_OPTIONS,
    report: {type: 'string'},
    json: {type: 'boolean', default: false},
    ...COMPUTE_OPTIONS,
  });
  if (values.help) return undefined;
  const [model, data, ...others] = positionals;
  if (model === undefined || data === undefined || others.length > 0) {
    throw new InvalidArgumentError(
      `eval takes a MODEL and DATA, got ${positionals.length}: tfjs-sts eval MODEL DATA; see tfjs-sts eval --help`,
    );
  }
  const [, clips, crops] = /^([1-9]\d{0,2})x([13])$/.exec(values.views) ?? [];
  if (clips === undefined) {
    throw new InvalidArgumentError(
      `--views is '${values.views}'; it must be clips x crops, such as 10x3; of crops there are 1 or 3`,
    );
  }
  const {report, json} = values;
  return {
    model,
    data,
    views: {clips: Number(clips), crops: crops === '3' ? 3 : 1},
    list: listChoice(values),
    report,
    compute: computeChoice(values),
    json,
  };
}

/** What is judged. @throws InvalidArgumentError for several clips of a picture */
function nounOf({items}: Listed, data: string, {clips}: Options['views']): 'picture' | 'video' {
  if (items[0]!.kind !== 'picture') return 'video';
  if (clips === 1) return 'picture';
  throw new InvalidArgumentError(
    `--views asks for ${clips} clips, and '${data}' has pictures, of which there is one each: 1x1 or 1x3`,
  );
}

/** The model's class of each class of the data. */
function classesOf(model: LoadedModel, {classes}: Listed, data: string): number[] {
  const {labels, name} = model.info;
  const count = model.model.outputs[0]!.shape.at(-1)!;
  const isNumbered = classes.every((one, i) => one === String(i));
  if (labels.length === 0 || (isNumbered && !classes.every((one) => labels.includes(one)))) {
    if (classes.length <= count) return classes.map((_, i) => i);
    throw new InvalidArgumentError(
      `'${data}' has ${counted(classes.length, 'class', 'classes')}, ${name} ${count}`,
    );
  }
  const strangers = classes.filter((one) => !labels.includes(one));
  if (strangers.length === 0) return classes.map((one) => labels.indexOf(one));
  throw new InvalidArgumentError(
    `${name} does not know ${strangers.length} of the ${classes.length} classes of '${data}', such as '${strangers[0]}'; it knows ${labels.slice(0, 5).join(', ')}${labels.length > 5 ? ', ...' : ''}`,
  );
}

/** With three crops the frames are scaled to the crop, which as mmaction's test pipelines is as long as the shorter side. */
function viewOptions(info: ModelInfo, views: Options['views']): ViewOptions & Pick<ModelInfo, 'size'> {
  const {frames, interval, size, crop, mean, std} = info;
  return {
    ...{frames, mean, std, ...views},
    ...(interval !== undefined && {interval}),
    size: views.crops === 3 && crop !== undefined ? crop : size,
    ...(crop !== undefined && {crop}),
  };
}

/** So little is given to no class that its loss would be infinite. */
const LEAST_PROBABILITY = 1e-38;

/** Videos that a report shows. */
const WORST = 12;

/** What is gathered of the videos. */
interface Gathered {
  readonly labels: readonly string[];
  readonly counter: MetricsCounter;
  readonly worst: WorstSamples;
}

/** Adds the answer for a video, the mean of its views. */
async function judge(
  path: string,
  label: number,
  {labels, counter, worst}: Gathered,
  ask: (source: SeekableVideo) => Promise<Float64Array>,
  open: () => Promise<SeekableVideo>,
): Promise<void> {
  const source = await open();
  try {
    const scores = await ask(source);
    const loss = -Math.log(Math.max(scores[label]!, LEAST_PROBABILITY));
    if (worst.wants(loss)) {
      const pictures: RgbImage[] = [];
      for await (const frame of source.frames(chosenFrames(await source.countFrames())))
        pictures.push(thumbnail(frame));
      const answer = highest(scores);
      worst.add({
        ...{name: path, label: labels[label]!, answer: labels[answer]!, score: scores[answer]!},
        ...{loss, pictures},
      });
    }
    counter.add(scores, label);
  } finally {
    await source.close();
  }
}

async function run(options: Options, io: CliIo, progress: Progress): Promise<void> {
  const {model: name, data, views, compute, list, report, json} = options;
  const signal = io.interruption();
  await checkData(data);
  if (report !== undefined) await checkWritable(report);
  const backend = await startBackend(compute.backend, compute.threads, measuredNetwork(name));
  progress.stage(`loading ${name} on ${backend}`);
  const loaded = await about(name, () => loadModel(name));
  const {model, info} = loaded;
  const listed = await about(data, () => listData('eval', data, info.frames, list));
  const what = nounOf(listed, data, views);
  const places = await about(data, () => classesOf(loaded, listed, data));
  const classes = model.outputs[0]!.shape.at(-1)!;
  const labels = Array.from({length: classes}, (_, i) => info.labels[i] ?? `class ${i}`);
  const counter = new MetricsCounter(labels);
  const gathered = {labels, counter, worst: new WorstSamples(report === undefined ? 0 : WORST)};
  const frozen = await about(name, () => freeze(model));
  model.dispose();
  const unreadable: {path: string; reason: string}[] = [];
  const wanted = viewOptions(info, views);
  const ask = async (source: SeekableVideo) => {
    const reading = readViews(source, wanted);
    const answers = await recognize(frozen, reading, {top: classes, output: info.output, signal});
    const scores = new Float64Array(classes);
    for (const {index, probability} of answers) scores[index] = probability;
    return scores;
  };
  progress.stage(`asking ${info.name}`);
  try {
    for (const [i, item] of listed.items.entries()) {
      signal.throwIfAborted();
      try {
        const reading = {...(wanted.size !== undefined && {size: wanted.size}), signal};
        const open = () =>
          item.kind === 'video' ? ffmpegSource(item.path, reading) : pictureSource(item, reading);
        await judge(item.path, places[listed.labels[i]!]!, gathered, ask, open);
      } catch (error) {
        signal.throwIfAborted();
        const isOfVideo = [FormatError, InvalidArgumentError, UnavailableError].some(
          (kind) => error instanceof kind,
        );
        if (!isOfVideo) throw error;
        unreadable.push({path: item.path, reason: (error as Error).message});
      }
      progress.advance(i + 1, listed.items.length, `${i + 1} of ${listed.items.length} ${what}s`);
    }
  } finally {
    frozen.dispose();
  }
  progress.clear();
  writeNotes(unreadableNotes(unreadable), io, progress);
  const metrics = counter.result();
  if (metrics.samples === 0)
    throw new InvalidArgumentError(`none of the ${listed.items.length} ${what}s of '${data}' can be read`);
  const seen = {model: info.name, views: `${views.clips}x${views.crops}`};
  if (report !== undefined) {
    const notes = [`${data} · views ${seen.views} · ${counted(unreadable.length, what)} could not be read`];
    const page = evaluationReport({...metrics, worst: gathered.worst.result()}, {title: seen.model, notes});
    await writeWhole(dirname(report), basename(report), [new TextEncoder().encode(page)]);
  }
  io.stdout.write(json ? `${JSON.stringify({...seen, ...metrics, unreadable})}\n` : metricsText(metrics));
}

/** The command `eval`. */
export const evalCommand = () =>
  progressCommand({
    summary: 'say how good a model is on labelled videos or pictures',
    help: HELP,
    parse,
    isForProgram: ({json}) => json,
    run,
  });
