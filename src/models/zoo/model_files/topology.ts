/**
 * How a file says which network its weights are for: by the name of a network of the registry, built as `createNetwork`
 * builds it, or layer by layer, as TensorFlow.js describes a model. save.ts writes it, load.ts reads it.
 */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {createNetwork, listNetworks, networkDefinition} from '../../../networks';
import {FormatError, InvalidArgumentError} from '../../../util/errors';
import type {Checkpoint, CheckpointEntry} from '../../checkpoints';
import type {ClipSize} from '../model_info';
import {fromArtifacts, type LayersModelFile} from './layers_model_file';

/** The metadata key of a description layer by layer, in JSON. */
export const TOPOLOGY = 'topology';

/** What `loadModel` takes: one input of clips, all of one size. */
export function clipSizeOf(model: LayersModel): ClipSize | undefined {
  const [, frames, height, width, channels] = model.inputs[0]!.shape;
  const isVideo = model.inputs.length === 1 && model.inputs[0]!.shape.length === 5 && channels === 3;
  if (!isVideo || frames == null || height == null || width == null) return undefined;
  return {frames, height, width};
}

/** The end of a sentence about a model that `clipSizeOf` knows nothing of. */
export function notOfClips({inputs}: LayersModel): string {
  return (
    `takes ${inputs.map(({shape}) => `[${shape.join(', ')}]`).join(' and ')}; ` +
    'one input [batch, frames, height, width, 3] of known lengths is needed.'
  );
}

/**
 * A network of the registry that is to be given weights.
 *
 * @param classes of a classifier; others have none
 */
export function emptyNetwork(network: string, size: ClipSize, classes: number | undefined): LayersModel {
  const isClassifier = networkDefinition(network).task === 'classification';
  const chosen = isClassifier && classes !== undefined ? {...size, classes} : size;
  return createNetwork(network, {...chosen, weightless: true});
}

/**
 * What a file has to say for the model to be built anew.
 *
 * @param network its name, if the caller knows it; otherwise a model that is called like a network may be that
 * @throws InvalidArgumentError for an unknown network
 */
export function topologyOf(
  model: LayersModel,
  network: string | null | undefined,
): {network?: string; [TOPOLOGY]?: unknown} {
  if (network != null) networkDefinition(network);
  const name =
    network ?? listNetworks({tiny: true}).find((definition) => definition.name === model.name)?.name;
  if (name !== undefined && isPlain(model, name)) return {network: name};
  return {...(network != null && {network}), [TOPOLOGY]: model.toJSON(null, false)};
}

/** Whether `createNetwork` makes the very model out of its name and the lengths of its input and output. */
function isPlain(model: LayersModel, network: string): boolean {
  let plain: LayersModel;
  try {
    plain = emptyNetwork(network, clipSizeOf(model)!, model.outputs[0]!.shape.at(-1)!);
  } catch (error) {
    // Of a size that the network cannot take, so it is another.
    if (error instanceof InvalidArgumentError) return false;
    throw error;
  }
  const isSame = structureOf(model) === structureOf(plain);
  plain.dispose();
  return isSame;
}

/** A model's config without what is no matter once it has its weights: its name, and how they came about. */
function structureOf(model: LayersModel): string {
  return JSON.stringify({...model.getConfig(), name: null}, (key, value) =>
    /initializer$|^trainable$/i.test(key) ? undefined : value,
  );
}

/**
 * The model of a file that describes it layer by layer.
 *
 * @throws FormatError for a description that does not load, or weights that do not fit
 */
export async function describedModel(checkpoint: Checkpoint, name: string): Promise<LayersModelFile> {
  let modelTopology: object;
  try {
    modelTopology = JSON.parse(checkpoint.metadata.get(TOPOLOGY)!);
  } catch (error) {
    throw new FormatError(`loadModel: ${name} has a ${TOPOLOGY} that is not JSON.`, {cause: error});
  }
  const weights = [...checkpoint].map(([key, entry]) => ({
    ...valuesOf(entry),
    name: key,
    shape: [...entry.shape],
  }));
  const bytes = new Uint8Array(weights.reduce((sum, {values}) => sum + values.byteLength, 0));
  let end = 0;
  for (const {values} of weights) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), end);
    end += values.byteLength;
  }
  const weightSpecs = weights.map(({values, ...spec}) => spec);
  const {model} = await fromArtifacts(name, {modelTopology, weightSpecs, weightData: bytes.buffer});
  return {model, metadata: checkpoint.metadata};
}

function valuesOf(entry: CheckpointEntry) {
  return entry.dtype === 'I32'
    ? {dtype: 'int32' as const, values: entry.values() as Int32Array}
    : {dtype: 'float32' as const, values: entry.toFloat32()};
}
