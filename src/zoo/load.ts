/**
 * From a name, a path, an address or a handler to a model that is ready to predict, with what its input needs. A name is
 * looked up in the catalog alone, and a path is only ever read: neither stands in for the other.
 */
import type {io} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type Checkpoint, expanded, read, safetensors} from '../checkpoints';
import {FILE_OPTIONS, type FileOptions, Files, httpAddress} from '../files/files';
import {increasing, type Progress} from '../files/progress';
import {isSha256} from '../files/sha256';
import {inflate} from '../inflate';
import {type OutputKind, outputKind} from '../layers';
import {listNetworks, networkDefinition} from '../networks';
import {FormatError, InvalidArgumentError, inCall, inFile, UnavailableError} from '../util/errors';
import {checkOptions, knownNames, optionNames} from '../util/names';
import {CATALOG, type CatalogEntry, catalogEntry} from './catalog';
import {readLabelFile} from './labels';
import {readHandler} from './model_files/io_handler';
import {type LayersModelFile, readLayersModel} from './model_files/layers_model_file';
import {type Described, parseDescription} from './model_files/metadata';
import {INDEX_SUFFIX, readShards} from './model_files/read_shards';
import {clipSizeOf, describedModel, emptyNetwork, notOfClips, TOPOLOGY} from './model_files/topology';
import {howToBring, PUBLISHED, publishedCheckpoint} from './published';
import type {ModelInput} from './rows';

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

/** How the model's input is made and its output read. */
export interface ModelInfo extends ModelInput {
  /** The name, path or address that was asked for; `IOHandler` for one. */
  readonly name: string;
  /** Name in the network registry; null for a model.json. */
  readonly network: string | null;
  /** Names of the classes; empty where they are not known. */
  readonly labels: readonly string[];
  /** What comes out of the model: probabilities if it ends in a softmax or sigmoid, see `recognize`. */
  readonly output: OutputKind;
}

export interface LoadedModel {
  /** `[batch, frames, crop, crop, 3]` to `[batch, classes]`. */
  readonly model: LayersModel;
  readonly info: ModelInfo;
}

/** What one load goes by. */
interface Loading {
  readonly files: Files;
  readonly options: LoadModelOptions;
  readonly onProgress: Progress;
}

/**
 * Loads a model of the catalog by name, a .safetensors file of weights, one in several files, or a model.json of
 * TensorFlow.js with its weight files; from disk or from an http address, which is fetched once and then kept.
 *
 * - A name: the file that ships with the package, its sha256 checked before use.
 * - A name of `listCheckpoints`: an error that says which file to bring and how to convert it.
 * - A path or address that ends in .safetensors, such as `tfjs-sts convert` writes: the metadata key `network` names the
 *   network. Weights `<layer>/<weight>` of its shapes are copied, image kernels inflated by rule 'sts'. The keys frames,
 *   interval, size, crop, mean, std, classes, labels (a JSON list) and output say what differs from the catalog's model of
 *   that network. `saveModel` writes such files too, with the layers (`topology`) of what is no network of the registry. One that ends in .safetensors.index.json: the same in several files, as `shardSafetensors` makes them.
 * - A path or address that ends in .json: a LayersModel on `[batch, frames, side, side, 3]`; the same keys are read from its
 *   userDefinedMetadata. Without them: no scaling beyond the side, values (v - 127) / 128.
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
 * const {model, info} = await loadModel('efficientnet_lite0_sts');
 * ```
 */
export async function loadModel(
  source: string | URL | io.IOHandler,
  options: LoadModelOptions = {},
): Promise<LoadedModel> {
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
    const loaded = await load(source, loading);
    options.onProgress?.(1);
    return loaded;
  } catch (error) {
    if (error instanceof FormatError) await loading.files.forget();
    throw inCall('loadModel', inFile(error, nameOf(source), 'loadModel'));
  }
}

const nameOf = (source: string | URL | io.IOHandler) =>
  typeof source === 'string' || source instanceof URL ? String(source) : 'IOHandler';

async function load(source: string | URL | io.IOHandler, loading: Loading): Promise<LoadedModel> {
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
  if (source instanceof URL || (/[/\\.]/.test(text) && !isKnownName(text))) {
    throw new InvalidArgumentError(
      `loadModel: ${JSON.stringify(text)} looks like a path, but not of a .safetensors file, its index or a model.json. ` +
        `For a model of the catalog give its name alone${knownNames(text, CATALOG_NAMES, otherNames())}.`,
    );
  }
  return fromCatalog(text, loading);
}

async function loadHandler(handler: io.IOHandler, loading: Loading): Promise<LoadedModel> {
  const name = nameOf(handler);
  const given = await readHandler(handler, name);
  loading.options.signal?.throwIfAborted();
  return 'model' in given ? fromLayersModel(given, name, loading.options) : fromWeights(given, name, loading);
}

/** A model of the catalog; nothing but a name is taken. */
export async function loadNamed(name: string, options: LoadModelOptions): Promise<LoadedModel> {
  const loaded = await fromCatalog(name, {
    options,
    files: new Files(options, 'loadModel'),
    onProgress: increasing(options.onProgress),
  });
  options.onProgress?.(1);
  return loaded;
}

async function fromCatalog(name: string, loading: Loading): Promise<LoadedModel> {
  const published = publishedCheckpoint(name);
  if (published !== undefined) {
    throw new UnavailableError(
      `loadModel: ${name} does not ship with tfjs-sts, and its file lies on a drive of the authors; ${howToBring(published)}.`,
    );
  }
  const entry = catalogEntry(name);
  if (entry !== undefined) return fromEntry(entry, loading);
  if (listNetworks({tiny: true}).some((network) => network.name === name))
    throw new UnavailableError(withoutWeights(name));
  throw new InvalidArgumentError(
    `loadModel: no model is called ${JSON.stringify(name)}${knownNames(name, CATALOG_NAMES, otherNames())}. ` +
      'Or give the path or address of a .safetensors file or a model.json.',
  );
}

/** A network of the registry that no file of the catalog is for. */
function withoutWeights(network: string): string {
  const theirs = PUBLISHED.filter((row) => row.network === network).map(({name}) => name);
  const authors =
    theirs.length === 0 ? '' : ` The authors published ${theirs.join(', ')}: tfjs-sts info NAME says where.`;
  return (
    `loadModel: ${network} is a network without weights, none ship for it.${authors} Make a file of a checkpoint that you ` +
    `have, tfjs-sts convert FILE --network ${network} -o DIR, or of an image network's, tfjs-sts inflate, and load that. ` +
    `createNetwork('${network}') builds it to be trained.`
  );
}

const isKnownName = (name: string) => (publishedCheckpoint(name) ?? catalogEntry(name)) !== undefined;

const CATALOG_NAMES = CATALOG.map(({name}) => name);

/** What has a name and no weights here. */
const otherNames = () => [...listNetworks(), ...PUBLISHED].map(({name}) => name);

async function fromEntry(entry: CatalogEntry, {files, options, onProgress}: Loading): Promise<LoadedModel> {
  const labels = await readLabelFile(entry.labels, files);
  const bytes = await files.readPackaged(entry.weights, onProgress);
  const {name, network, rule} = entry;
  const input = {...entry.input, ...(options.frames !== undefined && {frames: options.frames})};
  const model = emptyNetwork(network, input, entry.labels.count);
  assign(model, () => inflate(expanded(read(bytes, {formats: [safetensors]})), model, {rule}));
  return {model, info: {...input, name, network, labels, output: outputKind(model)}};
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
    throw new FormatError(
      `loadModel: ${name} does not say which network it is for; write it with the metadata {network: NAME}.`,
    );
  }
  const {config} = networkDefinition(network);
  const described = parseDescription(checkpoint.metadata, name);
  const known = CATALOG.find((entry) => entry.network === network);
  const plain = {frames: config.frames, size: config.height, crop: config.height, mean: 127, std: 128};
  const input: ModelInput = {
    ...(known?.input ?? plain),
    ...described.input,
    ...(options.frames !== undefined && {frames: options.frames}),
  };
  const classes = described.classes ?? (described.labels?.length || known?.labels.count) ?? config.classes;
  const labels = await labelsOf(described, classes, known, files);
  const model = emptyNetwork(network, input, classes);
  assign(model, () => {
    try {
      inflate(checkpoint, model, {rule: 'sts'});
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new FormatError(`loadModel: ${name} does not fit the network ${network}: ${error.message}`, {
        cause: error,
      });
    }
  });
  const {output = outputKind(model)} = described;
  return {model, info: {...input, name, network, labels, output}};
}

function fromLayersModel(
  {model, metadata}: LayersModelFile,
  name: string,
  options: LoadModelOptions,
): LoadedModel {
  return assign(model, () => {
    const clip = clipSizeOf(model);
    if (clip === undefined) throw new FormatError(`loadModel: ${name} ${notOfClips(model)}`);
    const {frames, crop} = clip;
    if (options.frames !== undefined && options.frames !== frames) {
      throw new InvalidArgumentError(
        `loadModel: ${name} takes clips of ${frames} frames and no others; got ${options.frames}.`,
      );
    }
    const {input, labels = [], output = outputKind(model)} = parseDescription(metadata, name);
    const plain = {size: crop, mean: 127, std: 128};
    const network = metadata.get('network');
    const info = {...plain, ...input, frames, crop, name, labels, output};
    return {model, info: {...info, network: typeof network === 'string' ? network : null}};
  });
}

/** Labels of the file itself, else those of the catalog's model of the same network and number of classes. */
async function labelsOf(
  {labels}: Described,
  classes: number | undefined,
  known: CatalogEntry | undefined,
  files: Files,
): Promise<readonly string[]> {
  if (labels !== undefined) return labels;
  return known !== undefined && known.labels.count === classes ? readLabelFile(known.labels, files) : [];
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
