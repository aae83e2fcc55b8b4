/**
 * The gradient by the filter without tiles: an invocation sums one element of the filter over a chunk of output positions. For
 * groups so narrow that a tile would be empty, depthwise ones above all, whose neighbours read neighbouring values.
 */
import {RULE_QUADS} from '../../../geometry/products';
import {GRID_ROW, type Program} from '../program';
import {BLOCK_QUADS, type FilterProduct, filterUniforms} from './filter_product';
import {readTaps} from './reading';

export const FILTER_DIRECT_THREADS = 64;

export function filterDirectProgram(product: FilterProduct): Program {
  const {fields, key} = filterUniforms(product, {rows: 1, columns: 1}, 1);
  return {
    key: `filter_direct_${key}`,
    inputs: [
      {name: 'source', components: 1},
      {name: 'gradient', components: 1},
    ],
    outputComponents: 1,
    threads: FILTER_DIRECT_THREADS,
    uniforms: fields,
    code: () => `${readTaps('forward')} ${main(product.blocks.length)}`,
  };
}

const main = (blocks: number) => `
  fn main() {
    let element = i32(workgroupId.x) * ${FILTER_DIRECT_THREADS} + i32(localIndex);
    if (element >= uniforms.filterSize.z) { return; }
    let inputs = uniforms.filterSize.x;
    let row = element / uniforms.filterSize.y;
    let output = element - row * uniforms.filterSize.y;
    let slice = row / inputs;
    let chunk = ${GRID_ROW};
    let first = chunk * uniforms.counts.z;
    var sum = 0.0;
    for (var rule = 0; rule < ${blocks * BLOCK_QUADS}; rule += ${BLOCK_QUADS}) {
      let channels = uniforms.rules[rule + ${RULE_QUADS}];
      let slices = uniforms.rules[rule + ${RULE_QUADS + 1}];
      let tap = slice - slices.x;
      let column = output - channels.y;
      if (tap < 0 || tap >= slices.y || column < 0 || column >= channels.z) { continue; }
      let input = channels.x + column / channels.w * inputs + row - slice * inputs;
      for (var position = first; position < min(first + uniforms.counts.z, slices.z); position++) {
        let at = tapAt(rule, onAxes(rule, placeOf(position)), tap);
        if (at < 0) { continue; }
        sum = fma(source[at * uniforms.counts.x + input], gradient[position * uniforms.counts.y + output], sum);
      }
    }
    result[chunk * uniforms.filterSize.z + element] = sum;
  }`;
