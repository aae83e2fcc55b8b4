/**
 * Sums down the columns of `[rows, channels]`, of a term that a batch normalization needs: chunks of rows first, an invocation a
 * channel, then the sum of the chunks.
 */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {gridOf, newTensor, type Program, run} from '../program';
import {sumChunks} from './sum_chunks';

const THREADS = 64;
/** Rows of a chunk at least, and chunks at most. */
const LEAST_ROWS = 64;
const MOST_CHUNKS = 256;

/** What is summed, `x` and `dy` standing for a value, `mean` and `variance` for those of its column. */
const TERMS = {
  value: {inputs: ['x'], term: 'x[at]'},
  square: {inputs: ['x', 'mean'], term: '(x[at] - mean[c]) * (x[at] - mean[c])'},
  product: {
    inputs: ['x', 'mean', 'variance', 'dy'],
    term: 'dy[at] * ((x[at] - mean[c]) / sqrt(variance[c] + uniforms.epsilon))',
  },
} as const;

function programOf(name: keyof typeof TERMS): Program {
  const {inputs, term} = TERMS[name];
  return {
    key: `column_sums_${name}`,
    inputs: inputs.map((input) => ({name: input, components: 1})),
    outputComponents: 1,
    threads: THREADS,
    uniforms: 'size : vec4<i32>, epsilon : f32,',
    code: () => `
    fn main() {
      let c = i32(workgroupId.x) * ${THREADS} + i32(localIndex);
      let channels = uniforms.size.y;
      if (c >= channels) { return; }
      let first = i32(workgroupId.y) * uniforms.size.z;
      var sum = 0.0;
      for (var row = first; row < min(first + uniforms.size.z, uniforms.size.x); row++) {
        let at = row * channels + c;
        sum += ${term};
      }
      result[i32(workgroupId.y) * channels + c] = sum;
    }`,
  };
}

/** @param factor what the sums are multiplied with */
export function columnSums(
  backend: WebGPUBackend,
  name: keyof typeof TERMS,
  inputs: readonly TensorInfo[],
  {factor = 1, epsilon = 0}: {factor?: number; epsilon?: number} = {},
): TensorInfo {
  const [rows, channels] = inputs[0]!.shape as [number, number];
  // A device binds no empty tensor. Means of no values are NaN, as 0 times infinity is.
  if (rows === 0) {
    return backend.makeTensorInfo([channels], 'float32', new Float32Array(channels).fill(0 * factor));
  }
  const chunk = Math.max(LEAST_ROWS, Math.ceil(rows / MOST_CHUNKS));
  const chunks = Math.max(1, Math.ceil(rows / chunk));
  const partial = newTensor(backend, [chunks, channels]);
  const grid = gridOf(Math.ceil(channels / THREADS), chunks);
  run(backend, programOf(name), inputs, partial, grid, [[rows, channels, chunk, 0], {float: epsilon}]);
  const sums = newTensor(backend, [channels]);
  sumChunks(backend, partial, sums, factor);
  backend.disposeData(partial.dataId);
  return sums;
}
