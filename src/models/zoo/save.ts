/**
 * The counterpart of `loadModel`: a model as one .safetensors file of weights, with what it takes to build the network anew
 * and to make its input. Which network that is, by name or layer by layer, is decided in topology.ts.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {saveFile} from '../../files/save_file';
import {outputKind} from '../../layers';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import {
  Checkpoint,
  fromLayersModel,
  STORAGE_TYPES,
  type StorageType,
  safetensors,
  storedAs,
} from '../checkpoints';
import {passingParts} from '../checkpoints/formats/safetensors/safetensors';
import {artifactsOf} from './model_files/io_handler';
import {modelMetadata} from './model_files/metadata';
import {clipSizeOf, notOfClips, topologyOf} from './model_files/topology';
import {type ClipSize, clipOf, type ModelInfo} from './model_info';

/**
 * What `loadModel` is to know of the model: how frames become its input, which must be said, and what else differs from
 * what it would take. `info` as `loadModel` gives it will do.
 */
export type SavedInfo = Pick<ModelInfo, 'mean' | 'std'> & Partial<ModelInfo>;

export interface SaveModelOptions {
  /** How kernels are stored, see `checkpoints.storedAs`. Default: 'float32', every bit. */
  readonly dtype?: StorageType;
}

const INFO = optionNames<ModelInfo>({
  name: true,
  network: true,
  frames: true,
  interval: true,
  size: true,
  crop: true,
  mean: true,
  std: true,
  labels: true,
  output: true,
});
const KNOWN = optionNames<SaveModelOptions>({dtype: true});

/**
 * Saves a model so that `loadModel` gives it back: weights, network, input, names of the classes. One .safetensors file, of
 * which `tfjs-sts predict`, `export` and `inspect` know what to do too.
 *
 * - In Node `target` is a path or `file:` URL; the file appears whole or not at all, and replaces an older one.
 * - In a page `target` is the name under which the file is downloaded.
 * - An IOHandler of TensorFlow.js (`tf.io.getSaveHandlers('indexeddb://mine')[0]`) gets a LayersModel with the info as its
 *   userDefinedMetadata; `loadModel` of the handler that loads it reads both.
 *
 * To put the file elsewhere (an upload, the origin private file system) take the bytes of `modelFile`.
 *
 * A network of the registry is saved by its name if it is built as `createNetwork` builds it, so that it may be loaded for
 * other clip lengths; any other model layer by layer. Optimizers are not saved, nor which layers of a network of the
 * registry are frozen.
 *
 * @param model on `[batch, frames, height, width, 3]`; stays the caller's
 * @param info `mean` and `std` must be there; frames and crop are the model's own, `labels` as many as its classes
 * @throws InvalidArgumentError for a model that `loadModel` would not take, or an info that contradicts it; UnavailableError
 *   when the file cannot be written, or in a worker, which cannot download
 *
 * ```ts
 * const {model, info} = await loadModel('efficientnet_lite0_sts');
 * await saveModel(model, 'mine.safetensors', info, {dtype: 'float16'});
 * ```
 */
export async function saveModel(
  model: LayersModel,
  target: string | URL | tf.io.IOHandler,
  info: SavedInfo,
  options: SaveModelOptions = {},
): Promise<void> {
  check('saveModel', model, info, options);
  if (typeof target !== 'string' && !(target instanceof URL)) return saveTo(target, model, info, options);
  await saveFile(target, passingParts(await contentsOf(model, info, options)), 'saveModel', 'modelFile');
}

/**
 * The file that `saveModel` writes, for whoever puts it elsewhere.
 *
 * @throws InvalidArgumentError as `saveModel` does
 *
 * ```ts
 * const body = new Blob([await modelFile(model, info)]);
 * ```
 */
export async function modelFile(
  model: LayersModel,
  info: SavedInfo,
  options: SaveModelOptions = {},
): Promise<Uint8Array> {
  check('modelFile', model, info, options);
  return safetensors.write(await contentsOf(model, info, options));
}

function check(caller: string, model: LayersModel, info: SavedInfo, options: SaveModelOptions): void {
  const refuse = (problem: string): never => {
    throw new InvalidArgumentError(`${caller}: ${problem}.`);
  };
  checkOptions(caller, options, KNOWN);
  checkOptions(`${caller}, info`, info ?? {}, INFO);
  const {dtype = 'float32'} = options;
  if (!STORAGE_TYPES.includes(dtype))
    refuse(`dtype is ${JSON.stringify(dtype)}; known are ${STORAGE_TYPES.join(', ')}`);
  if (info?.mean === undefined || info.std === undefined)
    refuse(
      'info must say mean and std, with which the frames that the model saw in training were normalised',
    );
  const clip = clipSizeOf(model);
  if (clip === undefined)
    throw new InvalidArgumentError(`${caller}: the model ${notOfClips(model)} Others: the model's own save.`);
  const {frames = clip.frames, size, crop} = info;
  const exact = typeof size === 'object' ? size : ([clip.height, clip.width] as const);
  const said = clipOf({frames, size: exact, ...(crop !== undefined && {crop})});
  const lengths = ({frames, height, width}: ClipSize) => `${frames} frames of ${height} x ${width}`;
  if (lengths(said) !== lengths(clip))
    refuse(`info says ${lengths(said)} (frames, crop), the model takes ${lengths(clip)}`);
  const classes = model.outputs[0]!.shape.at(-1);
  const labels = info.labels?.length ?? 0;
  if (labels > 0 && labels !== classes) refuse(`info has ${labels} labels, the model ${classes} classes`);
}

/** Tensors and metadata of the file. */
async function contentsOf(
  model: LayersModel,
  info: SavedInfo,
  {dtype = 'float32'}: SaveModelOptions,
): Promise<Checkpoint> {
  const described = modelMetadata({...descriptionOf(model, info), ...topologyOf(model, info.network)});
  const metadata = new Map(Object.entries(described));
  return storedAs(new Checkpoint(await fromLayersModel(model), {metadata}), dtype);
}

/** What `loadModel` reads of input and output, under its keys. */
function descriptionOf(model: LayersModel, {name, network, labels = [], ...input}: SavedInfo) {
  const {frames, height, width} = clipSizeOf(model)!;
  const side = height === width ? height : ([height, width] as const);
  return {
    frames,
    size: side,
    crop: side,
    output: outputKind(model),
    classes: model.outputs[0]!.shape.at(-1)!,
    ...input,
    // None is said too: a network of the table with as many classes would get those of its row.
    labels,
  };
}

async function saveTo(
  handler: tf.io.IOHandler,
  model: LayersModel,
  info: SavedInfo,
  {dtype = 'float32'}: SaveModelOptions,
): Promise<void> {
  if (typeof handler?.save !== 'function')
    throw new InvalidArgumentError('saveModel: a path, or an IOHandler with a save function, is needed.');
  if (dtype !== 'float32')
    throw new InvalidArgumentError(
      `saveModel: dtype ${dtype} is for files; an IOHandler gets the weights as they are.`,
    );
  const {network} = info;
  const metadata = {...descriptionOf(model, info), ...(network != null && {network})};
  await handler.save(await artifactsOf(model, metadata));
}
