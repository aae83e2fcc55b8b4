/**
 * A fragment program and its call on the host's webgl backend. Tensors are in the host's packed textures: a texel holds two rows
 * times two columns of the last two axes, which are width and channels, in row-major order of such texels. That is so for every shape with these two
 * axes, so that tensors are handed over as views of one rank and nothing is copied. What a shape changes is in uniforms; programs read texels by
 * number, with no helpers of the host, whose text depends on shapes.
 */
import type {GPGPUProgram, MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {env, type TensorInfo} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../util/shapes';

export interface Program {
  /** Names of the textures, in the order of the inputs; for each there is `ivec2 NAMETexShape`, its sizes in numbers. */
  readonly inputs: readonly string[];
  readonly uniforms: readonly Uniform[];
  /** `void main()`, which ends in `setOutput`, and what it needs besides READ_TEXELS. */
  readonly code: string;
}

export type Uniform = NonNullable<GPGPUProgram['customUniforms']>[number];

/** Batch, rows, width, channels of a tensor; what has one axis alone is a row. */
export function viewOf(shape: readonly number[]): [number, number, number, number] {
  const [width, channels] = shape.length > 1 ? shape.slice(-2) : [1, sizeOf(shape)];
  return [1, sizeOf(shape.slice(0, -2)), width!, channels!];
}

/** Whether programs of ours run: they are written for WebGL 2. */
export function canRun(): boolean {
  return env().getNumber('WEBGL_VERSION') === 2;
}

/**
 * Runs a program.
 *
 * @param values of each uniform, arrays flat
 * @returns a new tensor of the shape `[..., width, channels]`
 */
export function run(
  backend: MathBackendWebGL,
  {inputs: names, uniforms, code}: Program,
  inputs: readonly TensorInfo[],
  shape: readonly number[],
  values: readonly (readonly number[])[],
  dtype: TensorInfo['dtype'] = 'float32',
): TensorInfo {
  const program: GPGPUProgram = {
    variableNames: [...names],
    outputShape: viewOf(shape),
    userCode: READ_TEXELS + code,
    enableShapeUniforms: true,
    packedInputs: true,
    packedOutput: true,
    customUniforms: [...uniforms],
  };
  const views = inputs.map((tensor) => ({...tensor, shape: viewOf(tensor.shape)}));
  const flat = values.map((numbers) => [...numbers]);
  const {dataId} = backend.runWebGLProgram(program, views, dtype, flat);
  return {dataId, dtype, shape: [...shape]};
}

/** How many texels lie side by side in a texture, where the texel of a number is, and which number the one of a fragment has. */
const READ_TEXELS = `
  int across(ivec2 texShape) { return (texShape[1] + 1) / 2; }

  ivec2 texelAt(int number, int width) {
    int row = number / width;
    return ivec2(number - row * width, row);
  }

  int numberOfTexel() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    return at.y * across(outTexShape) + at.x;
  }
`;
