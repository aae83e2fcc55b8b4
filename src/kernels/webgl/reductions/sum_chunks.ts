/** Adds up tensors of one shape that lie one after the other in a texture. */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import {type Program, run} from '../program';

const program: Program = {
  inputs: ['chunks'],
  uniforms: [{name: 'sizes', type: 'ivec2'}],
  code: `
  void main() {
    int width = across(chunksTexShape);
    int first = numberOfTexel();
    vec4 sum = vec4(0.0);
    if (first < sizes.x) {
      for (int chunk = 0; chunk < sizes.y; chunk++) {
        sum += texelFetch(chunks, texelAt(first + chunk * sizes.x, width), 0);
      }
    }
    setOutput(sum);
  }
`,
};

/** @param chunks `[count, ...shape]`, of which shape has two axes or more; freed here */
export function sumChunks(backend: MathBackendWebGL, chunks: TensorInfo): TensorInfo {
  const [count, ...shape] = chunks.shape as [number, ...number[]];
  const [rows, columns] = shape.slice(-2) as [number, number];
  const texels = sizeOf(shape.slice(0, -2)) * Math.ceil(rows / 2) * Math.ceil(columns / 2);
  const sum = run(backend, program, [chunks], shape, [[texels, count]]);
  backend.disposeIntermediateTensorInfo(chunks);
  return sum;
}
