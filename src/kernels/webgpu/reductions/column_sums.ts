/**
 * Sums down the columns of `[rows, channels]`, of a term that a batch normalization or a mean needs. A workgroup has some channels, its
 * lanes share their rows; what is longer than it does at once is cut into chunks, whose sums a second program adds up.
 */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import {GRID_ROW, gridOf, newTensor, type Program, run} from '../program';
import {sumChunks} from './sum_chunks';

/** Channels of a workgroup, and invocations that share the rows of each. */
const CHANNELS = 32;
const LANES = 8;
const THREADS = CHANNELS * LANES;
/** Rows that a workgroup sums without a second program; of more, rows of a chunk at least, and chunks at most. */
const ROWS_AT_ONCE = 2048;
const LEAST_ROWS = 512;
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
    uniforms: 'size : vec4<i32>, count : vec4<i32>, epsilon : f32, factor : f32,',
    // Invocations without work reach the barrier, too.
    code: () => `
    var<workgroup> laneSums : array<f32, ${THREADS}>;

    fn main() {
      let channels = uniforms.size.y;
      let lane = i32(localIndex) / ${CHANNELS};
      let c = i32(workgroupId.x) * ${CHANNELS} + i32(localIndex) % ${CHANNELS};
      let chunk = ${GRID_ROW} / uniforms.count.x;
      let matrix = ${GRID_ROW} - chunk * uniforms.count.x;
      let isInside = c < channels && chunk < uniforms.count.y;
      var sum = 0.0;
      if (isInside) {
        let end = min((chunk + 1) * uniforms.size.z, uniforms.size.x);
        for (var row = chunk * uniforms.size.z + lane; row < end; row += ${LANES}) {
          let at = (matrix * uniforms.size.x + row) * channels + c;
          sum += ${term};
        }
      }
      laneSums[localIndex] = sum;
      workgroupBarrier();
      if (lane > 0 || !isInside) { return; }
      for (var other = 1; other < ${LANES}; other++) {
        sum += laneSums[i32(localIndex) + other * ${CHANNELS}];
      }
      result[${GRID_ROW} * channels + c] = sum * uniforms.factor;
    }`,
  };
}

/**
 * @param inputs the first `[..., channels]`, or several such matrices one after the other
 * @param options factor what the sums are multiplied with; matrices how many there are
 * @returns `[channels]`, or `[matrices, channels]` where they are more than one
 */
export function columnSums(
  backend: WebGPUBackend,
  name: keyof typeof TERMS,
  inputs: readonly TensorInfo[],
  {factor = 1, epsilon = 0, matrices = 1}: {factor?: number; epsilon?: number; matrices?: number} = {},
): TensorInfo {
  const {shape: given} = inputs[0]!;
  const [allRows, channels] = [sizeOf(given.slice(0, -1)), given.at(-1)!];
  const rows = allRows / matrices;
  // A device binds no empty tensor. Means of no values are NaN, as 0 times infinity is.
  if (rows === 0) {
    return backend.makeTensorInfo([channels], 'float32', new Float32Array(channels).fill(0 * factor));
  }
  const chunk = rows <= ROWS_AT_ONCE ? rows : Math.max(LEAST_ROWS, Math.ceil(rows / MOST_CHUNKS));
  const chunks = Math.ceil(rows / chunk);
  const shape = matrices === 1 ? [channels] : [matrices, channels];
  const partial = newTensor(backend, chunks === 1 ? shape : [chunks, sizeOf(shape)], inputs);
  const grid = gridOf(Math.ceil(channels / CHANNELS), chunks * matrices);
  run(backend, programOf(name), inputs, partial, grid, [
    [rows, channels, chunk, 0],
    [matrices, chunks, 0, 0],
    {float: epsilon},
    {float: chunks === 1 ? factor : 1},
  ]);
  if (chunks === 1) return partial;
  const sums = newTensor(backend, shape, [partial]);
  sumChunks(backend, partial, sums, factor);
  backend.disposeData(partial.dataId);
  return sums;
}
