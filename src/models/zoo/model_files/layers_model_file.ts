/**
 * A tfjs LayersModel from its model.json and the weight files beside it, or from the artifacts that a handler of the host
 * gives. The host's own loaders read only http addresses, without a cache, or files with tfjs-node.
 */
import * as tf from '@tensorflow/tfjs-core';
import {type LayersModel, loadLayersModel} from '@tensorflow/tfjs-layers';
import {type Files, sibling} from '../../../files/files';
import {FormatError} from '../../../util/errors';

export interface LayersModelFile {
  readonly model: LayersModel;
  /** The file's userDefinedMetadata. */
  readonly metadata: ReadonlyMap<string, unknown>;
}

/**
 * @param path of the model.json; weight files are looked for in its folder and below
 * @param hash what the model.json must be
 * @param onProgress called with the part of the weight files that has been read
 * @throws UnavailableError when a file is missing; FormatError for anything that is not a LayersModel, or names a
 *   weight file outside the folder
 */
export async function readLayersModel(
  path: URL | string,
  hash: string | undefined,
  files: Files,
  onProgress: (fraction: number) => void,
): Promise<LayersModelFile> {
  const text = await files.read(path, {
    advice: 'Give the path of a model.json.',
    ...(hash !== undefined && {sha256: hash}),
  });
  const json = parseModelJson(text, path);
  const loadWeights = async (
    manifest: tf.io.WeightsManifestConfig,
  ): Promise<[tf.io.WeightsManifestEntry[], tf.io.WeightData]> => {
    const names = manifest.flatMap((group) => group.paths);
    const parts: ArrayBuffer[] = [];
    for (const [i, name] of names.entries()) {
      const bytes = await files.read(sibling(path, name), {
        advice: `${path} names it: put it in the same folder.`,
        onProgress: (fraction) => onProgress((i + fraction) / names.length),
      });
      parts.push(bufferOf(bytes));
    }
    return [manifest.flatMap((group) => group.weights), parts];
  };
  return fromArtifacts(String(path), await tf.io.getModelArtifactsForJSON(json, loadWeights));
}

/**
 * @param name for errors
 * @throws FormatError for what does not load
 */
export async function fromArtifacts(name: string, artifacts: tf.io.ModelArtifacts): Promise<LayersModelFile> {
  try {
    const {weightData, ...rest} = artifacts;
    const sound = {...rest, ...(weightData !== undefined && {weightData: joinUnlessRegular(weightData)})};
    const model = await loadLayersModel(tf.io.fromMemory(sound));
    return {model, metadata: new Map(Object.entries(artifacts.userDefinedMetadata ?? {}))};
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`loadModel: ${name} does not load as a LayersModel: ${reason}`, {cause: error});
  }
}

/**
 * Weights in several buffers, joined where the host (4.22) reads wrong ones: its search takes buffers for equal ones if
 * all but the last are, and finds zeros beyond the first length of a last one that is larger.
 */
export function joinUnlessRegular(data: tf.io.WeightData): tf.io.WeightData {
  if (!Array.isArray(data) || data.length < 2) return data;
  return data.at(-1)!.byteLength > data[0]!.byteLength ? tf.io.CompositeArrayBuffer.join(data) : data;
}

/** The bytes as a buffer of their own, without copying where they already are one. */
function bufferOf({buffer, byteOffset, byteLength}: Uint8Array): ArrayBuffer {
  const isWhole = byteOffset === 0 && byteLength === buffer.byteLength;
  return (isWhole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer;
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
