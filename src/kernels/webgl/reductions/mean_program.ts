/**
 * Means of `[outer, count, inner]` over `count` as a program: a fragment goes through the texels of two columns, for up to two means
 * of the first axis. What is longer than a fragment does at once is cut into chunks, whose sums a second program adds up.
 */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SumInfo} from '../../sum_axes';
import {type Program, run, viewOf} from '../program';
import {sumChunks} from './sum_chunks';

/** Texels that a fragment goes through without a second program, and of more, those of a chunk. */
const TEXELS_AT_ONCE = 1024;
const TEXELS_OF_CHUNK = 256;

/**
 * `source`: lines of a mean, texels of a line in width, texels of the columns, width. `target`: rows and width of the result, columns.
 * `chunks`: lines of one, and how many. What a texel of the source has beyond the width need not be zero.
 */
const program: Program = {
  inputs: ['x'],
  uniforms: [
    {name: 'source', type: 'ivec4'},
    {name: 'target', type: 'ivec3'},
    {name: 'chunks', type: 'ivec2'},
    {name: 'factor', type: 'float'},
  ],
  code: `
  vec2 sumOf(int outer, int chunk, int unit) {
    int width = across(xTexShape);
    int first = chunk * chunks.x;
    int last = min(first + chunks.x, source.x);
    vec2 sum = vec2(0.0);
    for (int line = first; line < last; line++) {
      int start = (outer * source.x + line) * source.y * source.z + unit;
      vec2 ofLine = vec2(0.0);
      for (int pair = 0; pair < source.y; pair++) {
        vec4 texel = texelFetch(x, texelAt(start + pair * source.z, width), 0);
        ofLine += texel.xy;
        if (2 * pair + 1 < source.w) ofLine += texel.zw;
      }
      sum += ofLine;
    }
    return sum * factor;
  }

  void main() {
    int number = numberOfTexel();
    int line = number / source.z;
    int unit = number - line * source.z;
    int widthPairs = (target.y + 1) / 2;
    int row = line / widthPairs;
    int chunk = row / target.x;
    if (chunk >= chunks.y) {
      setOutput(vec4(0.0));
      return;
    }
    int place = 2 * (line - row * widthPairs);
    int outer = (row - chunk * target.x) * target.y + place;
    vec4 v = vec4(sumOf(outer, chunk, unit), 0.0, 0.0);
    if (place + 1 < target.y) v.zw = sumOf(outer + 1, chunk, unit);
    if (2 * unit + 1 >= target.z) v.yw = vec2(0.0);
    setOutput(v);
  }
`,
};

/** @param info of a result whose last axis is `inner` */
export function meanOfRows(
  backend: MathBackendWebGL,
  x: TensorInfo,
  {outer, count, inner, shape}: SumInfo,
): TensorInfo {
  const [lines, width] = linesOf(backend, x, {outer, count, inner});
  const [, rows, resultWidth] = viewOf(shape);
  const pairs = Math.ceil(width / 2);
  const linesOfMean = lines / outer;
  const atOnce = linesOfMean * pairs <= TEXELS_AT_ONCE;
  const linesOfChunk = atOnce ? linesOfMean : Math.ceil(TEXELS_OF_CHUNK / pairs);
  const chunks = Math.ceil(linesOfMean / linesOfChunk);
  const made = run(
    backend,
    program,
    [{...x, shape: [lines, width, inner]}],
    [chunks, rows, resultWidth, inner],
    [
      [linesOfMean, pairs, Math.ceil(inner / 2), width],
      [rows, resultWidth, inner],
      [linesOfChunk, chunks],
      [1 / count],
    ],
  );
  const {dataId, dtype} = chunks === 1 ? made : sumChunks(backend, made);
  return {dataId, dtype, shape};
}

/**
 * Lines of a texture and their width: as it lies there, if the lines of a mean follow each other in it. A clip seen as
 * `[batch, positions, channels]` would else be copied into texels of that shape.
 */
function linesOf(
  backend: MathBackendWebGL,
  x: TensorInfo,
  {outer, count, inner}: Omit<SumInfo, 'shape'>,
): [number, number] {
  const {texture, isPacked, shape} = backend.texData.get(x.dataId);
  const [, lines, width, columns] = viewOf(shape);
  if (texture != null && isPacked && columns === inner && lines % outer === 0) return [lines, width];
  return [outer, count];
}
