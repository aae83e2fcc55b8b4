/** Gradient of the indirect convolution by its filter, on the webgpu backend: chunks of positions, then their sum. */

import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../../geometry/conv_info';
import {
  convInfoOf,
  IndirectConv3DBackpropFilter,
  type IndirectConv3DBackpropFilterInputs,
} from '../../../geometry/kernel_names';
import type {Quad} from '../../../geometry/products';
import {sizeOf} from '../../../util/shapes';
import {KeptPlans} from '../../kept_plans';
import {type Grid, gridOf, newTensor, type Program, run} from '../program';
import {sumChunks} from '../reductions/sum_chunks';
import {FILTER_TILE, filterDenseProgram} from './filter_dense_program';
import {FILTER_DIRECT_THREADS, filterDirectProgram} from './filter_direct_program';
import {chunksOf, type FilterProduct, filterProductOf, filterUniforms} from './filter_product';

/** Inputs and outputs of a group below which most of a tile would be empty. */
const LEAST_CHANNELS = 4;
/** Positions that are worth sums of their own. */
const LEAST_CHUNK = 64;

/** Whether groups are so narrow that each element is summed by itself. */
function isNarrow({info}: FilterProduct): boolean {
  const outputs = info.parts.map(({outputChannels, groups}) => outputChannels / groups);
  return Math.min(...outputs) < LEAST_CHANNELS || info.filterView[1] < LEAST_CHANNELS - 1;
}

/** What depends on shapes alone. */
interface FilterPlan {
  readonly program: Program;
  readonly values: readonly Quad[];
  readonly grid: Grid;
  readonly chunks: number;
}

function planFilterGradient(product: FilterProduct): FilterPlan {
  const narrow = isNarrow(product);
  const tile = narrow ? {rows: 1, columns: 1} : FILTER_TILE;
  const program = narrow ? filterDirectProgram(product) : filterDenseProgram(product);
  const groups = narrow
    ? Math.ceil(product.size / FILTER_DIRECT_THREADS)
    : filterUniforms(product, tile, 1).tiles;
  const {chunks, chunk} = chunksOf(product.positions, groups, LEAST_CHUNK);
  return {program, values: filterUniforms(product, tile, chunk).values, grid: gridOf(groups, chunks), chunks};
}

const plans = new KeptPlans((info) => planFilterGradient(filterProductOf(info)));

function filterGradient(backend: WebGPUBackend, info: ConvInfo, x: TensorInfo, dy: TensorInfo): TensorInfo {
  const {filterShape} = info;
  // A device binds no empty tensor.
  if (sizeOf(dy.shape) === 0)
    return backend.makeTensorInfo(filterShape, 'float32', new Float32Array(sizeOf(filterShape)));
  const {program, values, grid, chunks} = plans.of(info);
  const inputs = [x, dy];
  if (chunks === 1) {
    const dw = newTensor(backend, filterShape, inputs);
    run(backend, program, inputs, dw, grid, values);
    return dw;
  }
  const sums = newTensor(backend, [chunks, sizeOf(filterShape)], inputs);
  run(backend, program, inputs, sums, grid, values);
  const dw = newTensor(backend, filterShape, [sums]);
  sumChunks(backend, sums, dw);
  backend.disposeData(sums.dataId);
  return dw;
}

export const indirectConv3DBackpropFilterConfig: KernelConfig = {
  kernelName: IndirectConv3DBackpropFilter,
  backendName: 'webgpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x, dy} = inputs as IndirectConv3DBackpropFilterInputs;
    return filterGradient(backend as WebGPUBackend, convInfoOf(attrs), x, dy);
  },
};
