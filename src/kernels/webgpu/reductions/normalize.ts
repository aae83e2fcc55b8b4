/** The passes of a batch normalization that write a value for each of `[..., channels]`, from sums that are there. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import {invocationGrid, invocationOf, newTensor, type Program, run} from '../program';

const THREADS = 64;

const FORMULAS = {
  forward: {
    inputs: ['x', 'mean', 'variance', 'gamma', 'beta'],
    value: '(x[at] - mean[c]) * (gamma[c] * inverse) + beta[c]',
  },
  /** `dgamma` and `dbeta` are the gradients, which the sums of the columns are. */
  backward: {
    inputs: ['x', 'mean', 'variance', 'gamma', 'dy', 'dgamma', 'dbeta'],
    value:
      'gamma[c] * inverse * (dy[at] - dbeta[c] / uniforms.rows - (x[at] - mean[c]) * inverse * dgamma[c] / uniforms.rows)',
  },
} as const;

function programOf(name: keyof typeof FORMULAS): Program {
  const {inputs, value} = FORMULAS[name];
  return {
    key: `normalize_${name}`,
    inputs: inputs.map((input) => ({name: input, components: 1})),
    outputComponents: 1,
    threads: THREADS,
    uniforms: 'size : vec4<i32>, epsilon : f32, rows : f32,',
    code: () => `
    fn main() {
      let at = ${invocationOf(THREADS)};
      if (at >= uniforms.size.x) { return; }
      let c = at % uniforms.size.y;
      let inverse = 1.0 / sqrt(variance[c] + uniforms.epsilon);
      result[at] = ${value};
    }`,
  };
}

/** @param inputs as FORMULAS lists them */
export function normalize(
  backend: WebGPUBackend,
  name: keyof typeof FORMULAS,
  inputs: readonly TensorInfo[],
  epsilon: number,
): TensorInfo {
  const {shape} = inputs[0]!;
  const [rows, channels] = [sizeOf(shape.slice(0, -1)), shape.at(-1)!];
  const size = sizeOf(shape);
  const output = newTensor(backend, shape, inputs);
  const uniforms = [[size, channels, 0, 0], {float: epsilon}, {float: rows}] as const;
  run(backend, programOf(name), inputs, output, invocationGrid(size, THREADS), uniforms);
  return output;
}
