/**
 * A frozen model in a .safetensors file: its tensors under their names, all else as JSON in the metadata. Other programs
 * read the tensors; nothing in the file is executed.
 */
import {Checkpoint, CheckpointEntry, entryOf, safetensors} from '../../models/checkpoints';
import {FormatError, InvalidArgumentError} from '../../util/errors';
import type {FrozenGraph, FrozenModelData, FrozenTensor} from '../freeze';

/** The metadata key of the JSON. */
export const GRAPH_KEY = 'frozen_model';

type Dtype = FrozenTensor['dtype'];

/** By the types of safetensors. */
const DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['F32', 'float32'],
  ['I32', 'int32'],
  ['BOOL', 'bool'],
]);

/**
 * What the file holds; its parts make `safetensors.parts`.
 *
 * @throws InvalidArgumentError for numbers in a layer's config that JSON does not have
 */
export function contentsOf({tensors, ...graph}: FrozenModelData, caller: string): Checkpoint {
  const entries = Object.entries(tensors).map(([name, {dtype, shape, values}]): [string, CheckpointEntry] => [
    name,
    dtype === 'bool'
      ? new CheckpointEntry('BOOL', shape, () => values as Uint8Array)
      : entryOf(values, shape),
  ]);
  return new Checkpoint(entries, {metadata: new Map([[GRAPH_KEY, graphText(graph, caller)]])});
}

/** JSON has no NaN and no infinity: they would come back as null. */
export function graphText(graph: FrozenGraph, caller: string): string {
  return JSON.stringify(graph, (key, value: unknown) => {
    if (typeof value !== 'number' || Number.isFinite(value)) return value;
    throw new InvalidArgumentError(
      `${caller}: a layer of ${graph.name} has the setting ${key} ${value}, which JSON cannot hold; send the model's toData instead.`,
    );
  });
}

/**
 * The data in a file, as yet unchecked: `FrozenModel.fromData` does that.
 *
 * @throws FormatError for what is no safetensors file, one that holds no frozen model, and tensors of other types
 */
export function dataOf(bytes: Uint8Array): FrozenModelData {
  if (!safetensors.canRead(bytes)) throw new FormatError('it is no safetensors file.');
  const checkpoint = safetensors.read(bytes);
  const text = checkpoint.metadata.get(GRAPH_KEY);
  if (text === undefined) {
    throw new FormatError(
      'it is a safetensors file of weights, not of a frozen model; loadModel of tfjs-sts/zoo reads those of networks.',
    );
  }
  const tensors = [...checkpoint].map(([name, entry]): [string, FrozenTensor] => {
    const dtype = DTYPES.get(entry.dtype);
    if (dtype === undefined)
      throw new FormatError(
        `its tensor ${JSON.stringify(name)} is ${entry.dtype}; known are ${[...DTYPES.keys()].join(', ')}.`,
      );
    return [name, {dtype, shape: [...entry.shape], values: entry.values() as FrozenTensor['values']}];
  });
  return {...graphOf(text), tensors: Object.fromEntries(tensors)};
}

function graphOf(text: string): FrozenGraph {
  try {
    return JSON.parse(text) as FrozenGraph;
  } catch (error) {
    throw new FormatError(`its ${GRAPH_KEY} is no JSON: ${(error as Error).message}.`, {cause: error});
  }
}
