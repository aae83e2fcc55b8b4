/**
 * A compute program and its call on the host's backend. The host writes the head of every program (bindings, uniforms,
 * helpers for the shapes) and keeps its pipelines by a key; both depend on ranks and on which shapes are equal. So tensors are handed
 * over flat, with one rank for all inputs and another for the output, and a program compiles once whatever the shapes.
 */
import type {WebGPUBackend, WebGPUProgram} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Quad} from '../../geometry/products';
import {OutOfMemoryError} from '../../util/errors';
import {sizeOf} from '../../util/shapes';
import {recycled} from './recycling';

/** How many numbers one element of a bound array holds: `array<f32>`, `array<vec2<f32>>`, `array<vec4<f32>>`. */
export type Components = 1 | 2 | 4;

export interface Program {
  /** Names the text: all that changes it is in here. */
  readonly key: string;
  /** Names of the bound arrays, in the order of the inputs; the output is `result`. */
  readonly inputs: readonly {readonly name: string; readonly components: Components}[];
  /** Whether it reads int32 and bool, of which the host declares an array, and not float32. */
  readonly takesWholes?: true;
  readonly outputComponents: Components;
  /** Invocations of a workgroup. */
  readonly threads: number;
  /** Fields of the struct `uniforms` in the order of the values, each with a comma at its end. */
  readonly uniforms: string;
  /** The text: `fn main()` and what it needs, with `localIndex`, `workgroupId` and `numWorkgroups` of the host. */
  code(): string;
}

/** Values of the uniforms: quads of whole numbers, which is what the geometry consists of (other counts have other alignments), or one float. */
export type UniformValue = Quad | {readonly float: number};

export type Grid = readonly [x: number, y: number, z: number];

/** What a device must let a grid have along an axis. */
const MOST_GROUPS = 65535;

/** A grid of `y` rows of `x` workgroups; rows beyond what an axis takes go along the third. */
export function gridOf(x: number, y: number): Grid {
  return [x, Math.min(y, MOST_GROUPS), Math.ceil(y / MOST_GROUPS)];
}

/** In a program: the row of `gridOf` that a workgroup has. */
export const GRID_ROW = `(i32(workgroupId.z) * ${MOST_GROUPS} + i32(workgroupId.y))`;

/** Workgroups of a line of `invocationGrid`. */
const GROUPS_A_LINE = 16384;

/** A grid of workgroups of `threads` for so many invocations and a few more. */
export function invocationGrid(invocations: number, threads: number): Grid {
  const groups = Math.ceil(invocations / threads);
  return gridOf(Math.min(groups, GROUPS_A_LINE), Math.ceil(groups / GROUPS_A_LINE));
}

/** In a program: the number of an invocation of `invocationGrid`. */
export function invocationOf(threads: number): string {
  return `((${GRID_ROW} * i32(numWorkgroups.x) + i32(workgroupId.x)) * ${threads} + i32(localIndex))`;
}

/**
 * A tensor for the output of a program that reads `inputs`.
 *
 * @throws OutOfMemoryError where the device cannot bind one of them, which would fail without a word and leave zeros
 */
export function newTensor(
  backend: WebGPUBackend,
  shape: readonly number[],
  inputs: readonly TensorInfo[],
): TensorInfo {
  for (const bound of [shape, ...inputs.map((input) => input.shape)]) checkSize(backend, bound);
  return recycled(backend, shape) ?? backend.makeTensorInfo([...shape], 'float32');
}

/** Runs a program. Elements of `output`, of `newTensor`, that it does not write stay as they are. */
export function run(
  backend: WebGPUBackend,
  program: Program,
  inputs: readonly TensorInfo[],
  output: TensorInfo,
  grid: Grid,
  uniforms: readonly UniformValue[],
): void {
  const {key, outputComponents, threads} = program;
  // New for each call: the host writes into it.
  const hosts: WebGPUProgram = {
    variableNames: program.inputs.map(({name}) => name),
    variableComponents: program.inputs.map(({components}) => components),
    outputComponent: outputComponents,
    outputShape: [],
    uniforms: program.uniforms,
    workgroupSize: [threads, 1, 1],
    // With an axis y `main` takes no index, and the host leaves the grid as it is.
    dispatchLayout: {x: [0], y: [1]},
    dispatch: [...grid],
    shaderKey: `sts_${key}`,
    getUserCode: () => program.code(),
  };
  const flat = (tensor: TensorInfo) => ({...tensor, shape: [sizeOf(tensor.shape)]});
  const values = uniforms.map((value) =>
    'float' in value ? {type: 'float32', data: [value.float]} : {type: 'int32', data: [...value]},
  );
  const asRow = {...output, shape: [1, sizeOf(output.shape)]};
  const isTaken = (input: TensorInfo) => program.takesWholes || !isOfWholes(backend, input);
  const floats = inputs.map((input) => (isTaken(input) ? input : floatsOf(backend, input)));
  backend.runWebGPUProgram(hosts, floats.map(flat), 'float32', values, asRow);
  floats.forEach((copy, i) => {
    if (copy !== inputs[i]) backend.disposeData(copy.dataId);
  });
}

/** `tf.cast` of the host gives int32 and bool the type float32, and leaves the data as they are. */
function isOfWholes(backend: WebGPUBackend, {dataId}: TensorInfo): boolean {
  return backend.tensorMap.get(dataId).dtype !== 'float32';
}

const CONVERSION_THREADS = 64;
const conversion: Program = {
  key: 'floats',
  inputs: [{name: 'wholes', components: 1}],
  takesWholes: true,
  outputComponents: 1,
  threads: CONVERSION_THREADS,
  uniforms: 'size : vec4<i32>,',
  code: () => `
    fn main() {
      let at = ${invocationOf(CONVERSION_THREADS)};
      if (at < uniforms.size.x) {
        result[at] = f32(wholes[at]);
      }
    }`,
};

function floatsOf(backend: WebGPUBackend, wholes: TensorInfo): TensorInfo {
  const size = sizeOf(wholes.shape);
  const output = newTensor(backend, wholes.shape, [wholes]);
  run(backend, conversion, [wholes], output, invocationGrid(size, CONVERSION_THREADS), [[size, 0, 0, 0]]);
  return output;
}

function checkSize(backend: WebGPUBackend, shape: readonly number[]): void {
  const most: number = backend.device.limits.maxStorageBufferBindingSize;
  const bytes = sizeOf(shape) * 4;
  if (bytes <= most) return;
  throw new OutOfMemoryError(
    `webgpu: a tensor [${shape.join(', ')}] of ${bytes} bytes is more than the ${most} that this device lets a program ` +
      'read or write at once; take smaller batches or clips.',
    bytes,
  );
}

/** The most numbers that an element may hold where all of these are whole elements. */
export function componentsOf(...sizes: readonly number[]): Components {
  const fits = (components: Components) => sizes.every((size) => size % components === 0);
  return fits(4) ? 4 : fits(2) ? 2 : 1;
}

/** `f32`, `vec2<f32>` or `vec4<f32>`. */
export function typeOf(components: Components): string {
  return components === 1 ? 'f32' : `vec${components}<f32>`;
}

/** In a program: `placeIn(size, row)`: batch, time, height, width of a row of a tensor with these lengths of its three axes. */
export const PLACE_IN = `
  fn placeIn(size : vec4<i32>, row : i32) -> vec4<i32> {
    let line = row / size.z;
    let frame = line / size.y;
    let clip = frame / size.x;
    return vec4<i32>(clip, frame - clip * size.x, line - frame * size.y, row - line * size.z);
  }`;

/** The lines that `line` gives for 0 to `count` - 1. */
export function repeat(count: number, line: (i: number) => string): string {
  return Array.from({length: count}, (_, i) => line(i)).join('\n');
}
