/**
 * A tfjs LayersModel from its model.json and the weight files beside it, read through `ReadFile`. The host's own
 * loaders read only http addresses, or files with tfjs-node.
 */
import * as tf from '@tensorflow/tfjs-core';
import {type LayersModel, loadLayersModel} from '@tensorflow/tfjs-layers';
import {FormatError, StsError} from '../util/errors';
import {type ReadFile, readOrExplain} from './files';

export interface LayersModelFile {
  readonly model: LayersModel;
  /** The file's userDefinedMetadata. */
  readonly metadata: ReadonlyMap<string, unknown>;
}

/**
 * @param path of the model.json; weight files are looked for in its folder and below
 * @param onProgress called with the part of the weight files that has been read
 * @throws UnavailableError when a file is missing; FormatError for anything that is not a LayersModel, or names a
 *   weight file outside the folder
 */
export async function readLayersModel(
  path: URL | string,
  readFile: ReadFile,
  onProgress: (fraction: number) => void,
): Promise<LayersModelFile> {
  const json = parseModelJson(await readOrExplain(readFile, path, 'Give the path of a model.json.'), path);
  const loadWeights = async (
    manifest: tf.io.WeightsManifestConfig,
  ): Promise<[tf.io.WeightsManifestEntry[], ArrayBuffer]> => {
    const files = manifest.flatMap((group) => group.paths);
    const parts: ArrayBuffer[] = [];
    for (const file of files) {
      const bytes = await readOrExplain(
        readFile,
        sibling(path, file),
        `${path} names it: put it in the same folder.`,
      );
      parts.push(new Uint8Array(bytes).buffer);
      onProgress(parts.length / files.length);
    }
    return [manifest.flatMap((group) => group.weights), tf.io.concatenateArrayBuffers(parts)];
  };
  try {
    const artifacts = await tf.io.getModelArtifactsForJSON(json, loadWeights);
    const model = await loadLayersModel(tf.io.fromMemory(artifacts));
    return {model, metadata: new Map(Object.entries(artifacts.userDefinedMetadata ?? {}))};
  } catch (error) {
    if (error instanceof StsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`loadModel: ${path} does not load as a LayersModel: ${reason}`, {cause: error});
  }
}

function parseModelJson(bytes: Uint8Array, path: URL | string): tf.io.ModelJSON {
  let json: Partial<tf.io.ModelJSON> | null;
  try {
    json = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes));
  } catch (error) {
    throw new FormatError(`loadModel: ${path} is not JSON; a model.json is needed.`, {cause: error});
  }
  const isGraph = json?.format === 'graph-model';
  const hasManifest = Array.isArray(json?.weightsManifest) && json.weightsManifest.every(isWeightsGroup);
  if (json == null || json.modelTopology == null || !hasManifest || isGraph) {
    throw new FormatError(
      `loadModel: ${path} is ${isGraph ? 'a graph model' : 'no model.json'}; a LayersModel, as model.save writes it, is needed.`,
    );
  }
  return json as tf.io.ModelJSON;
}

function isWeightsGroup(group: Partial<tf.io.WeightsManifestConfig[number]> | null): boolean {
  return (
    Array.isArray(group?.paths) &&
    group.paths.every((path) => typeof path === 'string') &&
    Array.isArray(group.weights)
  );
}

/** A file of the manifest beside the model.json. A manifest must not reach files elsewhere on the machine. */
function sibling(path: URL | string, file: string): URL | string {
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(file) || file.split('/').includes('..')) {
    throw new FormatError(
      `loadModel: ${path} names the weight file ${JSON.stringify(file)}, which is not in its folder.`,
    );
  }
  if (typeof path !== 'string') return new URL(file, path);
  return path.replace(/[^/\\]*$/, file);
}
