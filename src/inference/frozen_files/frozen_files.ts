/** Frozen models written to files and read from them. What they are as data is src/inference/freeze. */
import type {io} from '@tensorflow/tfjs-core';
import {FILE_OPTIONS, type FileOptions, Files} from '../../files/files';
import {saveFile} from '../../files/save_file';
import {safetensors} from '../../models/checkpoints';
import {FormatError, InvalidArgumentError, inCall, inFile} from '../../util/errors';
import {described} from '../../util/models';
import {checkOptions} from '../../util/names';
import {FrozenModel, type FrozenModelData} from '../freeze';
import {artifactsOf, dataFrom} from './artifacts';
import {contentsOf, dataOf} from './safetensors_file';

/** How files are read, as `loadModel` of tfjs-sts/zoo takes it. */
export type LoadFrozenOptions = Pick<FileOptions, 'readFile' | 'fetchFunc' | 'cache' | 'signal'> & {
  /** Of the file, hexadecimal: a file with another is refused, one in the cache with it needs no network. */
  readonly sha256?: string;
};

/** What a frozen model may be loaded from. */
export type FrozenSource = string | URL | Uint8Array | ArrayBuffer | Blob | io.IOHandler;

const SAVE = 'saveFrozenModel';
const LOAD = 'loadFrozenModel';

/**
 * Saves a frozen model so that `loadFrozenModel` gives it back, with the same bits in its answers on the same backend. One
 * .safetensors file: the tensors by name, and the steps as JSON in its metadata.
 *
 * - In Node `target` is a path or `file:` URL; the file appears whole or not at all, and replaces an older one.
 * - In a page `target` is the name under which the file is downloaded.
 * - An IOHandler of TensorFlow.js (`tf.io.getSaveHandlers('indexeddb://mine')[0]`) gets the steps as its modelTopology.
 *
 * To put the file elsewhere take the bytes of `frozenModelFile`.
 *
 * @throws InvalidArgumentError for another target, a model that is not frozen or was disposed of, weights that are no numbers, and settings of
 *   layers that JSON cannot hold; UnavailableError when the file cannot be written, or in a worker, which cannot download
 *
 * ```ts
 * await saveFrozenModel(freeze(model), 'small.safetensors');
 * const frozen = await loadFrozenModel('small.safetensors');
 * ```
 */
export async function saveFrozenModel(
  frozen: FrozenModel,
  target: string | URL | io.IOHandler,
): Promise<void> {
  const data = await dataOfModel(SAVE, frozen);
  if (typeof target === 'string' || target instanceof URL) {
    const contents = contentsOf(data, SAVE);
    const parts = safetensors.parts(contents, contents.metadata);
    await saveFile(target, parts, SAVE, 'frozenModelFile');
  } else if (typeof target?.save === 'function') await target.save(artifactsOf(data, SAVE));
  else throw new InvalidArgumentError(`${SAVE}: a path, or an IOHandler with a save function, is needed.`);
}

/**
 * The file that `saveFrozenModel` writes, for whoever puts it elsewhere.
 *
 * @throws InvalidArgumentError as `saveFrozenModel` does
 *
 * ```ts
 * const body = new Blob([await frozenModelFile(frozen)]);
 * ```
 */
export async function frozenModelFile(frozen: FrozenModel): Promise<Uint8Array> {
  const contents = contentsOf(await dataOfModel('frozenModelFile', frozen), 'frozenModelFile');
  return safetensors.write(contents, contents.metadata);
}

/** Refuses what is no frozen model, above all the LayersModel that `freeze` takes. */
async function dataOfModel(caller: string, frozen: FrozenModel): Promise<FrozenModelData> {
  if (typeof frozen?.toData === 'function') return frozen.toData();
  const given: unknown = frozen;
  throw new InvalidArgumentError(
    typeof given === 'object' && given !== null && 'layers' in given
      ? `${caller}: got a LayersModel; freeze(model) makes the FrozenModel of it that is needed.`
      : `${caller}: takes a FrozenModel, as of freeze or loadFrozenModel; got ${described(given)}.`,
  );
}

/**
 * A frozen model from where `saveFrozenModel` put it. Nothing in the file is executed: steps name ops of this package, and
 * layers by classes that are registered here. It needs neither the LayersModel nor what made it.
 *
 * @param source a path or address, which is fetched once and then kept; the bytes of a file; an IOHandler
 * @throws FormatError for a file that is damaged, hostile, of another kind or version, or that has a layer whose class is not
 *   registered; UnavailableError when it cannot be read; InvalidArgumentError for another source or option; the reason of the
 *   signal when that is aborted
 *
 * ```ts
 * const frozen = await loadFrozenModel('https://example.com/small.safetensors');
 * const logits = frozen.predict(clip);
 * ```
 */
export async function loadFrozenModel(
  source: FrozenSource,
  options: LoadFrozenOptions = {},
): Promise<FrozenModel> {
  checkOptions(LOAD, options, [...FILE_OPTIONS.filter((name) => !name.startsWith('package')), 'sha256']);
  const {sha256, ...fileOptions} = options;
  const isFile = typeof source === 'string' || source instanceof URL;
  const files = new Files(fileOptions, LOAD);
  try {
    if (!isFile) return FrozenModel.fromData(await dataOfOther(source));
    const advice = 'Give the path of a file of saveFrozenModel.';
    return FrozenModel.fromData(
      dataOf(await files.read(source, {advice, ...(sha256 !== undefined && {sha256})})),
    );
  } catch (error) {
    if (error instanceof FormatError) await files.forget();
    throw inCall(LOAD, isFile ? inFile(error, String(source), LOAD) : error);
  }
}

async function dataOfOther(source: Exclude<FrozenSource, string | URL>): Promise<FrozenModelData> {
  if (ArrayBuffer.isView(source)) return dataOf(source);
  if (source instanceof ArrayBuffer) return dataOf(new Uint8Array(source));
  if (source instanceof Blob) return dataOf(new Uint8Array(await source.arrayBuffer()));
  return dataFrom(source);
}
