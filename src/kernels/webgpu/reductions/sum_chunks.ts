/** Adds up the sums that chunks have made of the same elements: `[chunks, size]` to `[size]`, times a factor. */

import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Quad} from '../../../geometry/products';
import {sizeOf} from '../../../util/shapes';
import {gridOf, type Program, run} from '../program';

const THREADS = 64;

const PROGRAM: Program = {
  key: 'sum_chunks',
  inputs: [{name: 'chunks', components: 1}],
  outputComponents: 1,
  threads: THREADS,
  uniforms: 'size : vec4<i32>, factor : f32,',
  code: () => `
  fn main() {
    let element = i32(workgroupId.x) * ${THREADS} + i32(localIndex);
    if (element >= uniforms.size.x) { return; }
    var sum = 0.0;
    for (var chunk = 0; chunk < uniforms.size.y; chunk++) {
      sum += chunks[chunk * uniforms.size.x + element];
    }
    result[element] = sum * uniforms.factor;
  }`,
};

export function sumChunks(backend: WebGPUBackend, chunks: TensorInfo, output: TensorInfo, factor = 1): void {
  const size = sizeOf(output.shape);
  const groups = Math.ceil(size / THREADS);
  const sizes: Quad = [size, sizeOf(chunks.shape) / size, 0, 0];
  run(backend, PROGRAM, [chunks], output, gridOf(groups, 1), [sizes, {float: factor}]);
}
