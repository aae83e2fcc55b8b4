/**
 * From a name or a path to a model that is ready to predict, with what its input needs. A name is looked up in the
 * catalog alone, and a path is only ever read: neither stands in for the other.
 */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {read, safetensors} from '../checkpoints';
import {inflate} from '../inflate';
import {createNetwork, networkDefinition} from '../networks';
import {FormatError, InvalidArgumentError, UnavailableError} from '../util/errors';
import {CATALOG, type CatalogEntry} from './catalog';
import {type Described, parseDescription} from './described';
import {ownPackageRoot, type ReadFile, readCatalogFile, readOrExplain} from './files';
import {readLabelFile} from './labels';
import {readLayersModel} from './layers_model_file';
import {howToBring, publishedCheckpoint} from './published';
import type {ModelInput} from './rows';

export interface LoadModelOptions {
  /** Length of the clip, instead of the model's own. */
  readonly frames?: number;
  /** Reads the files: the user's path as given, those of the package by URL. */
  readonly readFile: ReadFile;
  /** Where the models folder of the package is found. Default: the package itself; needed in a bundled page. */
  readonly packageRoot?: URL | string;
  /** Called with the part that is done, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** How the model's input is made and its output read. */
export interface ModelInfo extends ModelInput {
  /** The name or path that was asked for. */
  readonly name: string;
  /** Name in the network registry; null for a model.json. */
  readonly network: string | null;
  /** Names of the classes; empty where they are not known. */
  readonly labels: readonly string[];
  /** What comes out of the model. */
  readonly output: 'logits' | 'probabilities';
}

export interface LoadedModel {
  /** `[batch, frames, cropSize, cropSize, 3]` to `[batch, classes]`. */
  readonly model: LayersModel;
  readonly info: ModelInfo;
}

/**
 * Loads a model of the catalog by name, a .safetensors file of weights, or a model.json of TensorFlow.js with its
 * weight files.
 *
 * - A name: the file that ships with the package, its sha256 checked before use.
 * - A name of `listCheckpoints`: an error that says which file to bring and how to convert it.
 * - A path that ends in .safetensors, such as `tfjs-sts convert` writes: the metadata key `network` names the network. Weights `<layer>/<weight>` of its
 *   shapes are copied, image kernels inflated by rule 'sts'. The keys frames, interval, size, cropSize, mean, std, classes and
 *   labels (a JSON list) say what differs from the catalog's model of that network.
 * - A path that ends in .json: a LayersModel on `[batch, frames, side, side, 3]`; the same keys are read from its
 *   userDefinedMetadata. Without them: no scaling beyond the side, values (v - 127) / 128.
 *
 * @returns the model, which the caller disposes of, and how its input is made
 * @throws InvalidArgumentError for an unknown name (the message lists the known ones), a path of another kind, or a
 *   clip length that the model does not have; UnavailableError for a checkpoint that does not ship, or a file that cannot
 *   be read; FormatError when it is damaged or not what it should be
 *
 * ```ts
 * const {model, info} = await loadModel('efficientnet_lite0_sts', {readFile: (path) => readFile(path)});
 * ```
 */
export async function loadModel(nameOrPath: string | URL, options: LoadModelOptions): Promise<LoadedModel> {
  const text = String(nameOrPath);
  if (text.endsWith('.safetensors')) return loadWeightsFile(nameOrPath, options);
  if (text.endsWith('.json')) return loadLayersModelFile(nameOrPath, options);
  if (nameOrPath instanceof URL || (/[/\\.]/.test(text) && publishedCheckpoint(text) === undefined)) {
    throw new InvalidArgumentError(
      `loadModel: ${JSON.stringify(text)} looks like a path, but not of a .safetensors file or a model.json. ` +
        `For a model of the catalog give its name alone: ${catalogNames()}.`,
    );
  }
  return loadNamed(text, options);
}

/** A model of the catalog; nothing but a name is taken. */
export async function loadNamed(name: string, options: LoadModelOptions): Promise<LoadedModel> {
  const published = publishedCheckpoint(name);
  if (published !== undefined) {
    throw new UnavailableError(
      `loadModel: ${name} does not ship with tfjs-sts, nor does tfjs-sts download it; ${howToBring(published)}.`,
    );
  }
  const entry = CATALOG.find((candidate) => candidate.name === name);
  if (entry !== undefined) return loadCatalogEntry(entry, options);
  throw new InvalidArgumentError(
    `loadModel: no model is called ${JSON.stringify(name)}; known are ${catalogNames()}. ` +
      'Or give the path of a .safetensors file or a model.json.',
  );
}

const catalogNames = () => CATALOG.map(({name}) => name).join(', ');

async function loadCatalogEntry(entry: CatalogEntry, options: LoadModelOptions): Promise<LoadedModel> {
  const {readFile, onProgress} = options;
  const root = options.packageRoot ?? ownPackageRoot(import.meta.url);
  const labels = await readLabelFile(entry.labels, options);
  onProgress?.(0.1);
  const bytes = await readCatalogFile(readFile, entry.weights, root);
  onProgress?.(0.5);
  const {name, network, rule} = entry;
  const input = {...entry.input, ...(options.frames !== undefined && {frames: options.frames})};
  const model = build(network, input, entry.labels.count);
  assign(model, () => inflate(read(bytes, {formats: [safetensors]}), model, {rule}));
  onProgress?.(1);
  return {model, info: {...input, name, network, labels, output: outputOf(model)}};
}

async function loadWeightsFile(path: string | URL, options: LoadModelOptions): Promise<LoadedModel> {
  const bytes = await readOrExplain(options.readFile, path, 'Give the path of a .safetensors file.');
  options.onProgress?.(0.5);
  const checkpoint = read(bytes, {formats: [safetensors]});
  const network = checkpoint.metadata.get('network');
  if (network === undefined) {
    throw new FormatError(
      `loadModel: ${path} does not say which network it is for; write it with the metadata {network: NAME}.`,
    );
  }
  const {config} = networkDefinition(network);
  const described = parseDescription(checkpoint.metadata, String(path));
  const known = CATALOG.find((entry) => entry.network === network);
  const plain = {frames: config.frames, size: config.height, cropSize: config.height, mean: 127, std: 128};
  const input: ModelInput = {
    ...(known?.input ?? plain),
    ...described.input,
    ...(options.frames !== undefined && {frames: options.frames}),
  };
  const classes = described.classes ?? described.labels?.length ?? known?.labels.count ?? config.classes;
  const labels = await labelsOf(described, classes, known, options);
  const model = build(network, input, classes);
  assign(model, () => {
    try {
      inflate(checkpoint, model, {rule: 'sts'});
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new FormatError(`loadModel: ${path} does not fit the network ${network}: ${error.message}`, {
        cause: error,
      });
    }
  });
  options.onProgress?.(1);
  return {model, info: {...input, name: String(path), network, labels, output: outputOf(model)}};
}

async function loadLayersModelFile(path: string | URL, options: LoadModelOptions): Promise<LoadedModel> {
  const {model, metadata} = await readLayersModel(path, options.readFile, (fraction) =>
    options.onProgress?.(fraction),
  );
  return assign(model, () => {
    const [, frames, height, width, channels] = model.inputs[0]!.shape;
    const isVideo = model.inputs.length === 1 && model.inputs[0]!.shape.length === 5 && channels === 3;
    if (!isVideo || frames == null || height == null || height !== width) {
      throw new FormatError(
        `loadModel: ${path} takes ${model.inputs.map(({shape}) => `[${shape.join(', ')}]`).join(' and ')}; ` +
          'one input [batch, frames, side, side, 3] of known lengths is needed.',
      );
    }
    if (options.frames !== undefined && options.frames !== frames) {
      throw new InvalidArgumentError(
        `loadModel: ${path} takes clips of ${frames} frames and no others; got ${options.frames}.`,
      );
    }
    const {input, labels = []} = parseDescription(metadata, String(path));
    const plain = {size: height, mean: 127, std: 128};
    const info = {...plain, ...input, frames, cropSize: height, name: String(path), network: null, labels};
    return {model, info: {...info, output: outputOf(model)}};
  });
}

/** Labels of the file itself, else those of the catalog's model of the same network and number of classes. */
async function labelsOf(
  {labels}: Described,
  classes: number,
  known: CatalogEntry | undefined,
  options: LoadModelOptions,
): Promise<readonly string[]> {
  if (labels !== undefined) return labels;
  return known?.labels.count === classes ? readLabelFile(known.labels, options) : [];
}

function build(network: string, {frames, cropSize}: ModelInput, classes: number): LayersModel {
  return createNetwork(network, {frames, classes, height: cropSize, width: cropSize, weightless: true});
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

function outputOf(model: LayersModel): ModelInfo['output'] {
  return model.layers.at(-1)?.getConfig().activation === 'softmax' ? 'probabilities' : 'logits';
}
