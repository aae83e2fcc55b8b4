/** What an IOHandler of the host gives, a LayersModel or weights alone, and what it is given. */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {FormatError, InvalidArgumentError} from '../../../util/errors';
import {Checkpoint, type CheckpointEntry, entryOf} from '../../checkpoints';
import {fromArtifacts, joinUnlessRegular, type LayersModelFile} from './layers_model_file';

/**
 * @param name for errors
 * @returns the model if there is a topology, else the weights, with the strings and numbers of the userDefinedMetadata
 * @throws InvalidArgumentError for what is no handler that loads; FormatError for a graph model, or what does not load
 */
export async function readHandler(
  handler: tf.io.IOHandler,
  name: string,
): Promise<LayersModelFile | Checkpoint> {
  if (typeof handler?.load !== 'function') {
    throw new InvalidArgumentError(
      'loadModel: a name, a path, an address or an IOHandler with a load function is needed.',
    );
  }
  const artifacts = await handler.load();
  if (artifacts.format === 'graph-model') {
    throw new FormatError(`loadModel: ${name} gives a graph model; a LayersModel or weights are needed.`);
  }
  return artifacts.modelTopology == null ? weightsOf(artifacts, name) : fromArtifacts(name, artifacts);
}

/** A model as handlers take it. */
export async function artifactsOf(
  model: LayersModel,
  userDefinedMetadata: NonNullable<tf.io.ModelArtifacts['userDefinedMetadata']>,
): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      saved = given;
      return {modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}};
    }),
  );
  return {...saved, userDefinedMetadata};
}

async function weightsOf(artifacts: tf.io.ModelArtifacts, name: string): Promise<Checkpoint> {
  const {weightData, weightSpecs, userDefinedMetadata = {}} = artifacts;
  if (weightData === undefined || weightSpecs === undefined) {
    throw new FormatError(`loadModel: ${name} gives neither a topology nor weights.`);
  }
  const metadata = Object.entries(userDefinedMetadata).map(([key, value]): [string, string] => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const decoded = decode(weightData, weightSpecs, name);
  try {
    const tensors: [string, CheckpointEntry][] = [];
    for (const [key, tensor] of Object.entries(decoded)) {
      const values: unknown = await tensor.data();
      if (!(values instanceof Float32Array || values instanceof Int32Array)) {
        throw new FormatError(
          `loadModel: ${name} gives ${JSON.stringify(key)} as ${tensor.dtype}; numbers are needed.`,
        );
      }
      tensors.push([key, entryOf(values.slice(), tensor.shape)]);
    }
    return new Checkpoint(tensors, {metadata: new Map(metadata)});
  } finally {
    tf.dispose(decoded);
  }
}

function decode(
  data: tf.io.WeightData,
  specs: tf.io.WeightsManifestEntry[],
  name: string,
): tf.NamedTensorMap {
  try {
    return tf.io.decodeWeights(joinUnlessRegular(data), specs);
  } catch (error) {
    throw new FormatError(
      `loadModel: ${name} gives weights that do not decode: ${(error as Error).message}`,
      {cause: error},
    );
  }
}
