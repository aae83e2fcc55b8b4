/**
 * Numbers and lists of them that ops take as tensors, made once for a backend: shapes, factors of an update. In training the same
 * thousands of them come back at each step, and a tensor made for one call takes the host as long as the call (0.1 ms).
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {TensorFlowBackend} from './backend';

/** A schedule makes new rates for ever. */
const MOST = 1024;

const kept = new WeakMap<TensorFlowBackend, Map<string, TensorInfo>>();

/**
 * An input of an op that the host's engine does not know: no tensor is counted for it, and nobody is to dispose of it.
 *
 * @param values a number, or a list of them for a vector
 */
export function constant(
  backend: TensorFlowBackend,
  values: number | readonly number[],
  dtype: 'float32' | 'int32' = 'float32',
): TensorInfo {
  let constants = kept.get(backend);
  if (constants === undefined) {
    constants = new Map();
    kept.set(backend, constants);
  }
  const isList = typeof values !== 'number';
  const key = `${dtype}${isList ? '[]' : ''}${values}`;
  const known = constants.get(key);
  const info = known ?? make(backend, isList ? values : [values], isList ? [values.length] : [], dtype);
  // Last in the order of use: what is dropped is no input of the same call.
  constants.delete(key);
  constants.set(key, info);
  if (constants.size > MOST) {
    const [oldest, {dataId}] = constants.entries().next().value!;
    constants.delete(oldest);
    backend.disposeData(dataId);
  }
  return info;
}

function make(
  backend: TensorFlowBackend,
  values: readonly number[],
  shape: number[],
  dtype: 'float32' | 'int32',
): TensorInfo {
  const array = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
  return {dataId: backend.write(array, shape, dtype), shape, dtype};
}
