/**
 * Data that take the place of data which are done with. The host pools buffers but takes one back only with the next submission of
 * commands, fifteen programs later: a row of convolutions would hold five where two live. Commands run in order, so a program may write
 * over what one before it was the last to read. Not so an upload, which comes before all of them: recycled data are for outputs alone.
 */
import type {DataId, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';
import type {Recycler} from '../../geometry/kernel_names';
import {sizeOf} from '../../util/shapes';

/** By how many numbers they have. */
type Spares = Map<number, DataId[]>;

const sparesOf = new WeakMap<KernelBackend, Spares>();

/** Recycles float32 data on a backend until its end; one that begins within another has its own. */
export function beginRecycling(backend: KernelBackend): Recycler {
  const outer = sparesOf.get(backend);
  const spares: Spares = new Map();
  sparesOf.set(backend, spares);
  return {
    recycle({dataId, shape}) {
      const size = sizeOf(shape);
      const others = spares.get(size);
      if (others === undefined) spares.set(size, [dataId]);
      else others.push(dataId);
    },
    end() {
      if (outer === undefined) sparesOf.delete(backend);
      else sparesOf.set(backend, outer);
      for (const dataId of [...spares.values()].flat()) backend.disposeData(dataId);
    },
  };
}

/** Recycled data of a size; undefined where there are none. */
export function recycled(backend: KernelBackend, shape: readonly number[]): TensorInfo | undefined {
  const dataId = sparesOf.get(backend)?.get(sizeOf(shape))?.pop();
  return dataId && {dataId, shape: [...shape], dtype: 'float32'};
}
