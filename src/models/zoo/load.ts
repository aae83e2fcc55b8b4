/**
 * From a name, a path, an address or a handler to a model that is ready to predict, with what its input needs. A name is
 * looked up in the table of models alone, and a path is only ever read: neither stands in for the other.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {FILE_OPTIONS, type FileOptions, Files, httpAddress} from '../../files/files';
import {increasing, type Progress} from '../../files/progress';
import {isSha256} from '../../files/sha256';
import {type OutputKind, outputKind} from '../../layers';
import {listNetworks, networkDefinition} from '../../networks';
import {FormatError, InvalidArgumentError, inCall, inFile, UnavailableError} from '../../util/errors';
import {checkOptions, knownNames, optionNames} from '../../util/names';
import {Checkpoint, expanded, read, safetensors} from '../checkpoints';
import {inflate} from '../inflate';
import {LABELS} from './label_sets';
import {readLabelFile} from './labels';
import {readHandler} from './model_files/io_handler';
import {type LayersModelFile, readLayersModel} from './model_files/layers_model_file';
import {parseDescription} from './model_files/metadata';
import {INDEX_SUFFIX, readShards} from './model_files/read_shards';
import {clipSizeOf, describedModel, emptyNetwork, notOfClips, TOPOLOGY} from './model_files/topology';
import {clipOf, type LoadedModel, type ModelInfo, type ModelInput} from './model_info';
import {howToBring, type ModelRow, type ModelWeights} from './table/model_row';
import {listModels, loadableNames, modelNamed, modelsOf} from './table/models';

export interface LoadModelOptions extends FileOptions {
  /** Length of the clip, instead of the model's own. */
  readonly frames?: number;
  /** What the file at the path or address must be, in 64 small hexadecimal digits; of several files, the first one read. */
  readonly sha256?: string;
  /** Called with the part of the bytes that is read: grows, and is 1 when the model is ready. */
  readonly onProgress?: (fraction: number) => void;
}

const KNOWN = [
  ...FILE_OPTIONS,
  ...optionNames<Omit<LoadModelOptions, keyof FileOptions>>({
    frames: true,
    sha256: true,
    onProgress: true,
  }),
];

/** What `loadModel` takes. */
export type ModelSource = string | URL | tf.io.IOHandler | Checkpoint;

/** What one load goes by. */
interface Loading {
  readonly files: Files;
  readonly options: LoadModelOptions;
  readonly onProgress: Progress;
}

/**
 * Loads a model of the table by name, a .safetensors file of weights, one in several files, or a model.json of
 * TensorFlow.js with its weight files; from disk or from an http address, which is fetched once and then kept.
 *
 * - A name of `listModels`, or of a network where one model of it can be loaded: the file that ships with the package or lies at
 *   an address, its sha256 checked before use. Of the others: an error that says which file to bring and how to convert it.
 * - A path or address that ends in .safetensors, such as `tfjs-sts convert` writes: the metadata key `network` names the
 *   network. Weights `<layer>/<weight>` of its shapes are copied, image kernels inflated by rule 'sts'. The keys frames,
 *   interval, size, crop, mean, std, classes, labels (a JSON list) and output say what differs from the model of the table that
 *   the key `model` names, without it from the one that the network's own name means. `saveModel` writes such files too, with the
 *   layers (`topology`) of what is no network of the registry. One that ends in .safetensors.index.json: the same in several
 *   files, as `shardSafetensors` makes them.
 * - A path or address that ends in .json: a LayersModel on `[batch, frames, height, width, 3]`; the same keys are read from its
 *   userDefinedMetadata. Without them: scaled to its sides, values (v - 127) / 128.
 * - A `Checkpoint`: as the .safetensors file that it would be.
 * - An IOHandler of TensorFlow.js, such as `tf.io.browserFiles` gives: a LayersModel, or weights alone with `network` in the
 *   userDefinedMetadata.
 *
 * An address with a known hash (`sha256`, or of a shard in its index) is read from the cache without any network; of another
 * the server is asked whether it has changed, and the copy is used if it cannot be asked. A file with the wrong hash is
 * fetched once more, then refused. What an interrupted download has fetched is kept, and the next call goes on from there.
 *
 * @returns the model, which the caller disposes of, and how its input is made
 * @throws InvalidArgumentError for an unknown name (the message lists the known ones), a path of another kind, or a
 *   clip length that the model does not have; UnavailableError for a checkpoint that does not ship, or a file that cannot
 *   be read; FormatError when it is damaged or not what it should be; the reason of the signal when that is aborted
 *
 * ```ts
 * await ready({network: 'efficientnet_lite0_sts'}); // the best backend for it, of those imported
 * const {model, info} = await loadModel('efficientnet_lite0_sts');
 * ```
 */
export async function loadModel(source: ModelSource, options: LoadModelOptions = {}): Promise<LoadedModel> {
  checkOptions('loadModel', options, KNOWN);
  const {sha256} = options;
  if (sha256 !== undefined && !isSha256(sha256)) {
    throw new InvalidArgumentError(
      `loadModel: sha256 is ${JSON.stringify(sha256)}; 64 digits of 0-9a-f are needed.`,
    );
  }
  options.signal?.throwIfAborted();
  const loading = {
    options,
    files: new Files(options, 'loadModel'),
    onProgress: increasing(options.onProgress),
  };
  try {
    // A backend that is imported may yet have to start. Without any, what makes weights says so.
    if (tf.engine().backendNames().length > 0) await tf.ready();
    const loaded = await load(source, loading);
    options.onProgress?.(1);
    return loaded;
  } catch (error) {
    if (error instanceof FormatError) await loading.files.forget();
    throw inCall('loadModel', inFile(error, nameOf(source), 'loadModel'));
  }
}

function nameOf(source: ModelSource): string {
  if (typeof source === 'string' || source instanceof URL) return String(source);
  return source instanceof Checkpoint ? 'Checkpoint' : 'IOHandler';
}

async function load(source: ModelSource, loading: Loading): Promise<LoadedModel> {
  if (source instanceof Checkpoint) return fromWeights(source, nameOf(source), loading);
  if (typeof source !== 'string' && !(source instanceof URL)) return loadHandler(source, loading);
  const {files, options, onProgress} = loading;
  const {sha256} = options;
  const text = String(source);
  // What follows ? and # of an address is not of the name.
  const file = httpAddress(source) === undefined ? text : new URL(source).pathname;
  if (file.endsWith('.safetensors')) {
    const advice = 'Give the path of a .safetensors file.';
    const bytes = await files.read(source, {advice, onProgress, ...(sha256 !== undefined && {sha256})});
    return fromWeights(read(bytes, {formats: [safetensors]}), text, loading);
  }
  if (file.endsWith(INDEX_SUFFIX)) {
    return fromWeights(await readShards(source, sha256, files, onProgress), text, loading);
  }
  if (file.endsWith('.json')) {
    return fromLayersModel(await readLayersModel(source, sha256, files, onProgress), text, options);
  }
  if (source instanceof URL || (/[/\\.]/.test(text) && modelNamed(text) === undefined)) {
    throw new InvalidArgumentError(
      `loadModel: ${JSON.stringify(text)} looks like a path, but not of a .safetensors file, its index or a model.json, ` +
        `such as a run's best.safetensors. For a model of the table give its name alone${knownNames(text, loadableNames(), otherNames())}.`,
    );
  }
  return fromName(text, loading);
}

async function loadHandler(handler: tf.io.IOHandler, loading: Loading): Promise<LoadedModel> {
  const name = nameOf(handler);
  const given = await readHandler(handler, name);
  loading.options.signal?.throwIfAborted();
  return 'model' in given ? fromLayersModel(given, name, loading.options) : fromWeights(given, name, loading);
}

/** A model of the table; nothing but a name is taken. */
export async function loadNamed(name: string, options: LoadModelOptions): Promise<LoadedModel> {
  const loaded = await fromName(name, {
    options,
    files: new Files(options, 'loadModel'),
    onProgress: increasing(options.onProgress),
  });
  options.onProgress?.(1);
  return loaded;
}

function fromName(name: string, loading: Loading): Promise<LoadedModel> {
  const row = modelNamed(name);
  if (row !== undefined) return fromRow(row, name, loading);
  if (listNetworks({tiny: true}).some((network) => network.name === name))
    throw new UnavailableError(withoutWeights(name));
  throw new InvalidArgumentError(
    `loadModel: no model is called ${JSON.stringify(name)}${knownNames(name, loadableNames(), otherNames())}. ` +
      'Or give the path or address of a .safetensors file or a model.json.',
  );
}

/** A network of the registry whose name alone means no model that can be loaded. */
function withoutWeights(network: string): string {
  const names = modelsOf(network).map(({name}) => name);
  const known =
    names.length === 0 ? '' : ` Models of it: ${names.join(', ')}; tfjs-sts info NAME tells of each.`;
  return (
    `loadModel: ${network} is a network without weights, none ship for it.${known} Make a file of a checkpoint that you ` +
    `have, tfjs-sts convert FILE --network ${network} -o DIR, or of an image network's, tfjs-sts inflate, and load that. ` +
    `createNetwork('${network}') builds it to be trained.`
  );
}

/** What has a name and cannot be loaded by it. */
const otherNames = () => [...listNetworks(), ...listModels()].map(({name}) => name);

/**
 * A model of the table.
 *
 * @param name what it is called in `info`
 * @throws UnavailableError for one whose file is the user's to bring
 */
export async function fromRow(row: ModelRow, name: string, loading: Loading): Promise<LoadedModel> {
  const {files, options} = loading;
  const {network, weights, labels} = row;
  if (weights.from === 'convert') {
    throw new UnavailableError(
      `loadModel: ${row.name} does not ship with tfjs-sts, and its file lies on a drive of the authors; ${howToBring(weights)}.`,
    );
  }
  const file = labels === null ? undefined : LABELS[labels];
  const names = file === undefined ? [] : await readLabelFile(file, files);
  const checkpoint = read(await readWeights(weights, loading), {formats: [safetensors]});
  if (network === null) return fromWeights(checkpoint, name, loading);
  const input = {...row.input, ...(options.frames !== undefined && {frames: options.frames})};
  return build(expanded(checkpoint), {name, network, input, classes: file?.count, labels: names});
}

function readWeights(
  weights: Exclude<ModelWeights, {from: 'convert'}>,
  {files, onProgress}: Loading,
): Promise<Uint8Array> {
  if (weights.from === 'package') return files.readPackaged(weights, onProgress);
  const advice = 'Is there a connection? Without one, bring the file and give its path.';
  return files.read(weights.url, {advice, onProgress, sha256: weights.sha256});
}

/** @param name the path or address, for errors and `info` */
async function fromWeights(
  stored: Checkpoint,
  name: string,
  {files, options}: Loading,
): Promise<LoadedModel> {
  const checkpoint = expanded(stored);
  if (checkpoint.metadata.has(TOPOLOGY)) {
    return fromLayersModel(await describedModel(checkpoint, name), name, options);
  }
  const network = checkpoint.metadata.get('network');
  if (network === undefined) {
    if (checkpoint.metadata.has('frozen_model'))
      throw new FormatError(`loadModel: ${name} is a frozen model; loadFrozenModel of tfjs-sts loads it.`);
    throw new FormatError(
      `loadModel: ${name} does not say which network it is for; write it with the metadata {network: NAME}.`,
    );
  }
  const {config} = networkDefinition(network);
  const row = rowOf(checkpoint, network, name);
  const described = parseDescription(checkpoint.metadata, name);
  const {height, width} = config;
  const side = height === width ? height : ([height, width] as const);
  const input: ModelInput = {
    ...(row?.input ?? {frames: config.frames, size: side, crop: side, mean: 127, std: 128}),
    ...described.input,
    ...(options.frames !== undefined && {frames: options.frames}),
  };
  const labelFile = row === undefined || row.labels === null ? undefined : LABELS[row.labels];
  const classes = described.classes ?? (described.labels?.length || labelFile?.count) ?? config.classes;
  const isItsOwn = labelFile !== undefined && labelFile.count === classes;
  const labels = described.labels ?? (isItsOwn ? await readLabelFile(labelFile, files) : []);
  const {output} = described;
  return build(checkpoint, {name, network, input, classes, labels, ...(output && {output})});
}

/**
 * The row of the table that a file goes by: that of the model that it says it is, else that of its network's name.
 *
 * @throws FormatError for a model of another network
 */
function rowOf({metadata}: Checkpoint, network: string, name: string): ModelRow | undefined {
  const model = metadata.get('model');
  const row = model === undefined ? undefined : modelNamed(model);
  if (row === undefined || row.network === network) return row ?? modelNamed(network);
  throw new FormatError(
    `loadModel: ${name} says that it is the model ${model} of ${row.network ?? 'no network'}, and that its network is ${network}; one of them is wrong.`,
  );
}

/** What a model is built of, besides its weights. */
interface Building extends Pick<ModelInfo, 'name' | 'labels'> {
  readonly network: string;
  readonly input: ModelInput;
  readonly classes: number | undefined;
  /** Default: what its last layers tell. */
  readonly output?: OutputKind;
}

/** The network with these weights. */
function build(
  checkpoint: Checkpoint,
  {name, network, input, classes, labels, output}: Building,
): LoadedModel {
  const model = emptyNetwork(network, clipOf(input), classes);
  return assign(model, () => {
    try {
      inflate(checkpoint, model, {rule: 'sts'});
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new FormatError(`loadModel: ${name} does not fit the network ${network}: ${error.message}`, {
        cause: error,
      });
    }
    return {model, info: {...input, name, network, labels, output: output ?? outputKind(model)}};
  });
}

function fromLayersModel(
  {model, metadata}: LayersModelFile,
  name: string,
  options: LoadModelOptions,
): LoadedModel {
  return assign(model, () => {
    const clip = clipSizeOf(model);
    if (clip === undefined) throw new FormatError(`loadModel: ${name} ${notOfClips(model)}`);
    const {frames, height, width} = clip;
    if (options.frames !== undefined && options.frames !== frames) {
      throw new InvalidArgumentError(
        `loadModel: ${name} takes clips of ${frames} frames and no others; got ${options.frames}.`,
      );
    }
    const {input, labels = [], output = outputKind(model)} = parseDescription(metadata, name);
    const side = height === width ? height : ([height, width] as const);
    const network = metadata.get('network');
    const info = {size: side, mean: 127, std: 128, ...input, frames, crop: side, name, labels, output};
    return {model, info: {...info, network: typeof network === 'string' ? network : null}};
  });
}

/** Runs what completes a model; if that fails, nobody else would free its weights. */
function assign<T>(model: LayersModel, complete: () => T): T {
  try {
    return complete();
  } catch (error) {
    model.dispose();
    throw error;
  }
}
