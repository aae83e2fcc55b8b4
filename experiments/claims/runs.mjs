/**
 * Makes one run of the plan: an image stage, whose weights are kept in a file, or a fine-tuning, which ends with a test. Whatever
 * ends the process, the same call goes on where the last checkpoint is.
 */
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fromLayersModel, read, safetensors} from 'tfjs-sts/checkpoints';
import {evaluate, recipes, train} from 'tfjs-sts/train';
import {testFigures} from './analysis/figures.mjs';
import {imageNetwork, videoNetwork} from './networks.mjs';
import {ARMS} from './plan.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const rates = {name: 'cosine', per: 'iteration', warmup: {epochs: 1}};

/** The recipe of the paper's family for pictures, without what a short stage on small pictures has no use for. */
function imageRecipe({family, imageRecipe: changes}, {recipe}, seed) {
  const {
    augmentation: _,
    mix: __,
    ...rest
  } = recipes.imagePretraining(family, {
    loss: {name: 'softmax'},
    repeats: 1,
    schedule: rates,
    ...recipe,
    ...changes,
    seed,
  });
  return rest;
}

/** The recipe for clips in which left and right are told apart. Clips are drawn anew in every epoch and not cut besides. */
function videoRecipe({family, videoRecipe: changes}, {recipe}, seed) {
  const {augmentation: _, ...rest} = recipes.finetuneSomething(family, {
    schedule: rates,
    ...recipe,
    ...changes,
    seed,
  });
  return rest;
}

/** The folder of a run while it is trained. */
const folderOf = (run, directory) => join(directory, 'running', run.id);

async function trained(model, data, recipe, run, {directory, onProgress}) {
  const folder = folderOf(run, directory);
  const keeping = {directory: folder, resume: true, checkpointEvery: 50};
  const {updates} = await train(model, data, {recipe, ...keeping, onProgress});
  const lines = readFileSync(join(folder, 'log.jsonl'), 'utf8').trimEnd().split('\n').map(JSON.parse);
  const {loss, accuracy} = lines.findLast(({kind}) => kind === 'epoch');
  return {updates, loss, accuracy};
}

export const checkpointFile = (directory, {form, checkpoint}) =>
  join(directory, 'checkpoints', `${form}-c${checkpoint}.safetensors`);

/** Trains an image network and keeps its weights. Returns the figures of its line. */
async function imageRun(run, context) {
  const {protocol, task, directory} = context;
  const {task: settings, image, forms} = protocol;
  const form = forms[run.form];
  const size = {side: settings.side, classes: settings.pictureClasses, seed: run.imageSeed};
  const model = imageNetwork(form, size);
  try {
    const recipe = imageRecipe(form, image, run.imageSeed);
    const result = await trained(model, task.pictures(image.samples), recipe, run, context);
    const bytes = safetensors.write(await fromLayersModel(model));
    const path = checkpointFile(directory, run);
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(`${path}.half`, bytes);
    renameSync(`${path}.half`, path);
    return {...result, parameters: model.countParams(), checkpointDigest: sha256(bytes)};
  } finally {
    model.dispose();
  }
}

async function videoRun(run, context) {
  const {protocol, task, directory, checkpointDigests, keep} = context;
  const {task: settings, video, forms} = protocol;
  const form = forms[run.form];
  const arm = ARMS.find(({name}) => name === run.arm);
  const image = arm.start === 'image' ? imageWeights(run, directory, checkpointDigests) : undefined;
  const {frames, side} = settings;
  const model = videoNetwork(
    form,
    arm,
    {frames, side, classes: task.classes.length, seed: run.videoSeed},
    image,
  );
  try {
    const recipe = videoRecipe(form, video, run.videoSeed);
    const result = await trained(model, task.clips(video.samples), recipe, run, context);
    const {confusion} = await evaluate(model, task.testClips(), {batchSize: 50});
    await keep?.(model);
    return {...result, parameters: model.countParams(), ...testFigures(confusion, task.motions)};
  } finally {
    model.dispose();
  }
}

function imageWeights(run, directory, digests) {
  const path = checkpointFile(directory, run);
  const bytes = new Uint8Array(readFileSync(path));
  const expected = digests.get(`${run.form}-c${run.checkpoint}`);
  if (sha256(bytes) !== expected)
    throw new Error(`${path} is not the checkpoint that the table of runs names (sha256 ${expected}).`);
  return read(bytes);
}

/** Whether an image stage need not be made again: its line is there and its file. */
export const hasCheckpoint = (directory, run) => existsSync(checkpointFile(directory, run));

/**
 * @param run of `plannedRuns`
 * @param context `{protocol, task, directory, checkpointDigests, onProgress, keep}`; `keep` is given the model of a fine-tuning when it is trained
 * @returns the figures of the run, and the seconds of processor time that this process took for it
 */
export async function makeRun(run, context) {
  const before = process.cpuUsage();
  const figures = await (run.kind === 'image' ? imageRun : videoRun)(run, context);
  const {user, system} = process.cpuUsage(before);
  return {...figures, seconds: Math.round((user + system) / 1e5) / 10};
}

/** After the line is written. */
export const forget = (run, {directory}) => rmSync(folderOf(run, directory), {recursive: true, force: true});
