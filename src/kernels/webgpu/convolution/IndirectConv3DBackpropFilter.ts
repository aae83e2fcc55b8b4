/** Gradient of the indirect convolution by its filter, on the webgpu backend: chunks of positions, then their sum. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {
  convInfoOf,
  IndirectConv3DBackpropFilter,
  type IndirectConv3DBackpropFilterInputs,
} from '../../../geometry/kernel_names';
import {gridOf, newTensor, run} from '../program';
import {sumChunks} from '../reductions/sum_chunks';
import {FILTER_TILE, filterDenseProgram} from './filter_dense_program';
import {FILTER_DIRECT_THREADS, filterDirectProgram} from './filter_direct_program';
import {chunksOf, type FilterProduct, filterProductOf, filterUniforms} from './filter_product';

/** Inputs and outputs of a group below which most of a tile would be empty. */
const LEAST_CHANNELS = 4;
/** Positions that are worth sums of their own. */
const LEAST_CHUNK = 64;

/** Whether groups are so narrow that each element is summed by itself. */
export function isNarrow({info}: FilterProduct): boolean {
  const outputs = info.parts.map(({outputChannels, groups}) => outputChannels / groups);
  return Math.min(...outputs) < LEAST_CHANNELS || info.filterView[1] < LEAST_CHANNELS - 1;
}

function filterGradient(backend: WebGPUBackend, product: FilterProduct, x: TensorInfo, dy: TensorInfo) {
  const {filterShape} = product.info;
  // A device binds no empty tensor.
  if (product.positions === 0) {
    return backend.makeTensorInfo(filterShape, 'float32', new Float32Array(product.size));
  }
  const narrow = isNarrow(product);
  const tile = narrow ? {rows: 1, columns: 1} : FILTER_TILE;
  const program = narrow ? filterDirectProgram(product) : filterDenseProgram(product);
  const groups = narrow
    ? Math.ceil(product.size / FILTER_DIRECT_THREADS)
    : filterUniforms(product, tile, 1).tiles;
  const {chunks, chunk} = chunksOf(product.positions, groups, LEAST_CHUNK);
  const {values} = filterUniforms(product, tile, chunk);
  const dw = newTensor(backend, filterShape);
  const sums = chunks === 1 ? dw : newTensor(backend, [chunks, product.size]);
  run(backend, program, [x, dy], sums, gridOf(groups, chunks), values);
  if (sums !== dw) {
    sumChunks(backend, sums, dw);
    backend.disposeData(sums.dataId);
  }
  return dw;
}

export const indirectConv3DBackpropFilterConfig: KernelConfig = {
  kernelName: IndirectConv3DBackpropFilter,
  backendName: 'webgpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x, dy} = inputs as IndirectConv3DBackpropFilterInputs;
    return filterGradient(backend as WebGPUBackend, filterProductOf(convInfoOf(attrs)), x, dy);
  },
};
