/** A frozen model as the host's handlers of models take it (IndexedDB, downloads, requests): a topology and weights. */
import {io} from '@tensorflow/tfjs-core';
import {FormatError, InvalidArgumentError} from '../../util/errors';
import {sizeOf} from '../../util/shapes';
import type {FrozenGraph, FrozenModelData, FrozenTensor} from '../freeze';
import {graphText} from './safetensors_file';

/** What artifacts of a frozen model say that they are. */
const FORMAT = 'tfjs-sts-frozen-model';

const ITEM_BYTES: Readonly<Record<FrozenTensor['dtype'], number>> = {float32: 4, int32: 4, bool: 1};

/** @throws InvalidArgumentError for numbers in a layer's config that JSON does not have */
export function artifactsOf({tensors, ...graph}: FrozenModelData, caller: string): io.ModelArtifacts {
  const rows = Object.entries(tensors);
  const weightData = rows.map(([, {values}]) => values.slice().buffer as ArrayBuffer);
  return {
    format: FORMAT,
    generatedBy: 'tfjs-sts',
    modelTopology: JSON.parse(graphText(graph, caller)) as object,
    weightSpecs: rows.map(([name, {dtype, shape}]) => ({name, dtype, shape: [...shape]})),
    weightData: io.CompositeArrayBuffer.join(weightData),
  };
}

/**
 * The data in artifacts, as yet unchecked: `FrozenModel.fromData` does that.
 *
 * @throws InvalidArgumentError for what is no handler that loads; FormatError for artifacts of another model, or weights that
 *   do not have their length
 */
export async function dataFrom(handler: io.IOHandler): Promise<FrozenModelData> {
  if (typeof handler?.load !== 'function')
    throw new InvalidArgumentError(
      'a path, an address, bytes or an IOHandler with a load function is needed.',
    );
  const {format, modelTopology, weightSpecs = [], weightData = []} = await handler.load();
  if (format !== FORMAT || typeof modelTopology !== 'object')
    throw new FormatError(
      `the handler gives a model of format ${JSON.stringify(format)}; a frozen one is needed.`,
    );
  const bytes = io.CompositeArrayBuffer.join(weightData);
  let begin = 0;
  const tensors = weightSpecs.map(({name, dtype, shape}): [string, FrozenTensor] => {
    if (!Object.hasOwn(ITEM_BYTES, dtype))
      throw new FormatError(
        `its weight ${JSON.stringify(name)} is of ${dtype}; known are ${Object.keys(ITEM_BYTES).join(', ')}.`,
      );
    const known = dtype as FrozenTensor['dtype'];
    const end = begin + sizeOf(shape) * ITEM_BYTES[known];
    const own = bytes.slice(begin, end);
    if (own.byteLength !== end - begin)
      throw new FormatError(`the weights end within ${JSON.stringify(name)}.`);
    begin = end;
    return [name, {dtype: known, shape, values: arrayOf(known, own)}];
  });
  if (begin !== bytes.byteLength)
    throw new FormatError(`${bytes.byteLength - begin} bytes follow the weights.`);
  return {...(modelTopology as FrozenGraph), tensors: Object.fromEntries(tensors)};
}

function arrayOf(dtype: FrozenTensor['dtype'], buffer: ArrayBuffer): FrozenTensor['values'] {
  if (dtype === 'float32') return new Float32Array(buffer);
  return dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
}
