/**
 * 3D pooling as programs: an invocation computes one position of up to four channels. Forward it goes through a window, backward through
 * the outputs whose windows hold its input, so that nothing is added by two at once.
 */

import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Quad} from '../../../geometry/products';
import {sizeOf} from '../../../util/shapes';
import {type PoolInfo, rowsOf} from '../../pool_info';
import {
  type Components,
  componentsOf,
  invocationGrid,
  invocationOf,
  newTensor,
  PLACE_IN,
  type Program,
  run,
  typeOf,
} from '../program';

const THREADS = 64;
const UNIFORMS = `inputSize : vec4<i32>, outputSize : vec4<i32>, window : vec4<i32>, strides : vec4<i32>, padding : vec4<i32>,`;

function uniformsOf(
  {inputShape, outputShape, window, strides, padding}: PoolInfo,
  components: Components,
): Quad[] {
  const size = ([, t, h, w]: readonly number[], last: number): Quad => [t!, h!, w!, last];
  return [
    size(inputShape, inputShape[4] / components),
    size(outputShape, outputShape[4] / components),
    [...window, 0],
    [...strides, 0],
    [...padding, 0],
  ];
}

/** `rowOf(size, clip, place)` is the way back from `placeIn`. */
const PLACES = `
  ${PLACE_IN}

  fn rowOf(size : vec4<i32>, clip : i32, place : vec3<i32>) -> i32 {
    return ((clip * size.x + place.x) * size.y + place.y) * size.z + place.z;
  }

  /** Where the window of an output begins, before it is cut off at the borders. */
  fn startOf(output : vec3<i32>) -> vec3<i32> {
    return output * uniforms.strides.xyz - uniforms.padding.xyz;
  }`;

/** A main function: `body` has place, unit (of channels), rows to go through by `visit`, and sets `value`. */
function mainOf(size: 'inputSize' | 'outputSize', rows: string, body: string): string {
  return `
  fn main() {
    let index = ${invocationOf(THREADS)};
    let units = uniforms.${size}.w;
    let row = index / units;
    if (row >= ${rows}) { return; }
    let unit = index - row * units;
    let place = placeIn(uniforms.${size}, row);
    ${body}
    result[index] = value;
  }`;
}

/** Goes through a box from `first` to `last` of rows of `size`, in the order of memory. */
function through(size: 'inputSize' | 'outputSize', visit: string): string {
  return `
    for (var t = first.x; t <= last.x; t++) {
      for (var h = first.y; h <= last.y; h++) {
        for (var w = first.z; w <= last.z; w++) {
          let spot = vec3<i32>(t, h, w);
          let at = rowOf(uniforms.${size}, place.x, spot) * units + unit;
          ${visit}
        }
      }
    }`;
}

/** What of the window of an output lies inside. */
const WINDOW = `
    let start = startOf(place.yzw);
    let first = max(start, vec3<i32>(0));
    let last = min(start + uniforms.window.xyz, uniforms.inputSize.xyz) - 1;`;

/** The outputs whose windows hold an input. */
const HOLDERS = `
    let reach = place.yzw + uniforms.padding.xyz;
    let first = max(reach - uniforms.window.xyz + uniforms.strides.xyz, vec3<i32>(0)) / uniforms.strides.xyz;
    let last = min(reach / uniforms.strides.xyz, uniforms.outputSize.xyz - 1);`;

/** Every comparison with NaN is false, so that maxima pass over it. */
const bodies = {
  max: (type: string) => `${WINDOW}
    var value = ${type}(-uniforms.INFINITY);
    ${through('inputSize', 'value = select(value, x[at], x[at] > value);')}`,
  average: (type: string) => `${WINDOW}
    var value = ${type}(0.0);
    ${through('inputSize', 'value += x[at];')}
    let inside = max(last - first + 1, vec3<i32>(0));
    value /= f32(max(inside.x * inside.y * inside.z, 1));`,
  /** Which place of its window holds the maximum, of equal ones the last; -1 if none does. */
  which: (type: string) => `${WINDOW}
    var most = ${type}(-uniforms.INFINITY);
    var value = ${type}(-1.0);
    ${through(
      'inputSize',
      `let inWindow = spot - start;
          let number = (inWindow.x * uniforms.window.y + inWindow.y) * uniforms.window.z + inWindow.z;
          let found = x[at] >= most;
          value = select(value, ${type}(f32(number)), found);
          most = select(most, x[at], found);`,
    )}`,
  maxGradient: (type: string) => `${HOLDERS}
    var value = ${type}(0.0);
    ${through(
      'outputSize',
      `let inWindow = place.yzw - startOf(spot);
          let number = (inWindow.x * uniforms.window.y + inWindow.y) * uniforms.window.z + inWindow.z;
          value += select(${type}(0.0), dy[at], which[at] == ${type}(f32(number)));`,
    )}`,
  averageGradient: (type: string) => `${HOLDERS}
    var value = ${type}(0.0);
    ${through(
      'outputSize',
      `let start = startOf(spot);
          let inside = min(start + uniforms.window.xyz, uniforms.inputSize.xyz) - max(start, vec3<i32>(0));
          value += dy[at] / f32(inside.x * inside.y * inside.z);`,
    )}`,
};

type Pooling = keyof typeof bodies;
const INPUTS: Record<Pooling, string[]> = {
  max: ['x'],
  average: ['x'],
  which: ['x'],
  maxGradient: ['dy', 'which'],
  averageGradient: ['dy'],
};

/** Runs one of them; the gradients give a tensor of the shape of the input, the others of that of the output. */
export function runPooling(
  backend: WebGPUBackend,
  pooling: Pooling,
  info: PoolInfo,
  inputs: readonly TensorInfo[],
): TensorInfo {
  const backward = pooling.endsWith('Gradient');
  const shape = backward ? info.inputShape : info.outputShape;
  const size = backward ? 'inputSize' : 'outputSize';
  // A window larger than the input gives nothing, whose gradient is zero; a device binds no empty tensor.
  if (sizeOf(info.outputShape) === 0)
    return backend.makeTensorInfo([...shape], 'float32', new Float32Array(sizeOf(shape)));
  const components = componentsOf(shape[4]);
  const rows = rowsOf(shape);
  const program: Program = {
    key: `pool_${pooling}_${components}`,
    inputs: INPUTS[pooling].map((name) => ({name, components})),
    outputComponents: components,
    threads: THREADS,
    uniforms: `${UNIFORMS} rows : vec4<i32>,`,
    code: () => PLACES + mainOf(size, 'uniforms.rows.x', bodies[pooling](typeOf(components))),
  };
  const output = newTensor(backend, shape, inputs);
  const grid = invocationGrid((rows * shape[4]) / components, THREADS);
  run(backend, program, inputs, output, grid, [...uniformsOf(info, components), [rows, 0, 0, 0]]);
  return output;
}
