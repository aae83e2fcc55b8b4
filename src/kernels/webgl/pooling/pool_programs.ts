/**
 * 3D pooling as programs: a fragment has two neighbours in width, of two channels. Forward it goes through their windows, backward
 * through the outputs whose windows hold them. Shapes, windows and strides are in uniforms: there are five programs in all.
 */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {type Shape5D, sizeOf} from '../../../util/shapes';
import {type PoolInfo, rowsOf} from '../../pool_info';
import {type Program, run, type Uniform} from '../program';

const UNIFORMS: readonly Uniform[] = [
  {name: 'inputSize', type: 'ivec4'},
  {name: 'outputSize', type: 'ivec4'},
  {name: 'window', type: 'ivec3'},
  {name: 'strides', type: 'ivec3'},
  {name: 'padding', type: 'ivec3'},
  {name: 'counts', type: 'ivec2'},
];

/** Sizes are time, height, width and the texels that channels take; `counts` are lines of the result and channels. */
function valuesOf(
  {inputShape, outputShape, window, strides, padding}: PoolInfo,
  result: Shape5D,
): number[][] {
  const size = ([, time, height, width, channels]: Shape5D) => [time, height, width, Math.ceil(channels / 2)];
  const lines = rowsOf(result) / result[3];
  return [size(inputShape), size(outputShape), window, strides, padding, [lines, result[4]]];
}

/** `at(tensor, texShape, size, clip, place, unit)`: two channels of a position. */
const READ = `
  vec2 at(sampler2D tensor, ivec2 texShape, ivec4 size, int clip, ivec3 place, int unit) {
    int line = (clip * size.x + place.x) * size.y + place.y;
    int number = (line * ((size.z + 1) / 2) + place.z / 2) * size.w + unit;
    vec4 texel = texelFetch(tensor, texelAt(number, across(texShape)), 0);
    return place.z % 2 == 0 ? texel.xy : texel.zw;
  }

  // Where the window of an output begins, before it is cut off at the borders.
  ivec3 startOf(ivec3 place) { return place * strides - padding; }

  // Which place of a window has a position, from where the window begins.
  float numberIn(ivec3 position) { return float((position.x * window.y + position.y) * window.z + position.z); }`;

/** What of the window of an output lies inside. */
const WINDOW = `
    ivec3 start = startOf(place);
    ivec3 first = max(start, ivec3(0));
    ivec3 last = min(start + window, inputSize.xyz) - 1;`;

/** The outputs whose windows hold an input. */
const HOLDERS = `
    ivec3 reach = place + padding;
    ivec3 first = max(reach - window + strides, ivec3(0)) / strides;
    ivec3 last = min(reach / strides, outputSize.xyz - 1);`;

/** Goes through a box from `first` to `last` in the order of memory. */
const through = (visit: string) => `
    for (int t = first.x; t <= last.x; t++) {
      for (int h = first.y; h <= last.y; h++) {
        for (int w = first.z; w <= last.z; w++) {
          ivec3 spot = ivec3(t, h, w);
          ${visit}
        }
      }
    }`;

const LEAST = 'vec2(uintBitsToFloat(0xff800000u))';
const ofInput = 'at(x, xTexShape, inputSize, clip, spot, unit)';
const ofOutput = (name: string) => `at(${name}, ${name}TexShape, outputSize, clip, spot, unit)`;

/** Bodies of `vec2 pool(int clip, ivec3 place, int unit)`. Every comparison with NaN is false, so that maxima pass over it. */
const bodies = {
  max: `${WINDOW}
    vec2 most = ${LEAST};
    ${through(`vec2 v = ${ofInput};
          most = mix(most, v, greaterThan(v, most));`)}
    return most;`,
  average: `${WINDOW}
    vec2 sum = vec2(0.0);
    ${through(`sum += ${ofInput};`)}
    ivec3 inside = max(last - first + 1, ivec3(0));
    return sum / float(max(inside.x * inside.y * inside.z, 1));`,
  /** Which place of its window holds the maximum, of equal ones the last; -1 if none does. */
  which: `${WINDOW}
    vec2 most = ${LEAST};
    vec2 which = vec2(-1.0);
    ${through(`vec2 v = ${ofInput};
          bvec2 found = greaterThanEqual(v, most);
          which = mix(which, vec2(numberIn(spot - start)), found);
          most = mix(most, v, found);`)}
    return which;`,
  maxGradient: `${HOLDERS}
    vec2 sum = vec2(0.0);
    ${through(`bvec2 own = equal(${ofOutput('which')}, vec2(numberIn(place - startOf(spot))));
          sum += mix(vec2(0.0), ${ofOutput('dy')}, own);`)}
    return sum;`,
  averageGradient: `${HOLDERS}
    vec2 sum = vec2(0.0);
    ${through(`ivec3 start = startOf(spot);
          ivec3 inside = min(start + window, inputSize.xyz) - max(start, ivec3(0));
          sum += ${ofOutput('dy')} / float(inside.x * inside.y * inside.z);`)}
    return sum;`,
};

type Pooling = keyof typeof bodies;
const INPUTS: Record<Pooling, string[]> = {
  max: ['x'],
  average: ['x'],
  which: ['x'],
  maxGradient: ['dy', 'which'],
  averageGradient: ['dy'],
};

const isGradient = (pooling: Pooling) => pooling.endsWith('Gradient');

/** What a texel has beyond width and channels is zero: the host's programs read it too. */
function programOf(pooling: Pooling): Program {
  const size = isGradient(pooling) ? 'inputSize' : 'outputSize';
  const code = `${READ}

  vec2 pool(int clip, ivec3 place, int unit) {${bodies[pooling]}
  }

  void main() {
    int number = numberOfTexel();
    int line = number / ${size}.w;
    int unit = number - line * ${size}.w;
    int widthPairs = (${size}.z + 1) / 2;
    int row = line / widthPairs;
    if (row >= counts.x) {
      setOutput(vec4(0.0));
      return;
    }
    int frame = row / ${size}.y;
    int clip = frame / ${size}.x;
    ivec3 place = ivec3(frame - clip * ${size}.x, row - frame * ${size}.y, 2 * (line - row * widthPairs));
    vec4 v = vec4(pool(clip, place, unit), 0.0, 0.0);
    if (place.z + 1 < ${size}.z) v.zw = pool(clip, place + ivec3(0, 0, 1), unit);
    if (2 * unit + 1 >= counts.y) v.yw = vec2(0.0);
    setOutput(v);
  }
`;
  return {inputs: INPUTS[pooling], uniforms: UNIFORMS, code};
}

/**
 * Runs one of them; the gradients give a tensor of the shape of the input, the others of that of the output. Whole numbers are
 * floats in a texture as well.
 */
export function runPooling(
  backend: MathBackendWebGL,
  pooling: Pooling,
  info: PoolInfo,
  inputs: readonly TensorInfo[],
  dtype: TensorInfo['dtype'] = 'float32',
): TensorInfo {
  const shape = isGradient(pooling) ? info.inputShape : info.outputShape;
  // A window larger than the input gives nothing, whose gradient is zero; a texture of nothing cannot be read.
  if (sizeOf(info.outputShape) === 0)
    return backend.makeTensorInfo([...shape], dtype, new Float32Array(sizeOf(shape)));
  return run(backend, programOf(pooling), inputs, shape, valuesOf(info, shape), dtype);
}
