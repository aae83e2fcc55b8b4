/**
 * The gradient by the filter in tiles: a workgroup sums, over a chunk of output positions, the products of some inputs at some taps
 * with some output gradients. As in `dense_program.ts` both come through its memory.
 */
import {RULE_QUADS} from '../../../geometry/products';
import {componentsOf, GRID_ROW, type Program, repeat} from '../program';
import {readQuad} from './epilogue';
import {BLOCK_QUADS, type FilterProduct, filterUniforms} from './filter_product';
import {readTaps} from './reading';

/** Positions between two loads. */
const DEPTH = 16;
/** An invocation sums for four rows and four columns. */
export const FILTER_TILE = {rows: 32, columns: 32} as const;
const THREADS = (FILTER_TILE.rows / 4) * (FILTER_TILE.columns / 4);
const [ROW_QUADS, COLUMN_QUADS] = [FILTER_TILE.rows / 4, FILTER_TILE.columns / 4];

export function filterDenseProgram(product: FilterProduct): Program {
  const {info, blocks} = product;
  const perGroup = info.filterView[1];
  const inputs = info.parts.flatMap(({inputChannel}) => [inputChannel]);
  const outputs = info.parts.flatMap(({outputChannel, outputChannels, groups}) =>
    groups > 1 ? [outputChannel, outputChannels / groups] : [outputChannel],
  );
  const x = componentsOf(info.inputShape[4], perGroup, ...inputs);
  const dy = componentsOf(info.outputShape[4], ...outputs);
  const {fields, key} = filterUniforms(product, FILTER_TILE, 1);
  return {
    key: `filter_dense_${x}${dy}_${key}`,
    inputs: [
      {name: 'source', components: x},
      {name: 'gradient', components: dy},
    ],
    outputComponents: 1,
    threads: THREADS,
    uniforms: fields,
    code: () => `
      ${readTaps('forward')}
      ${readQuad('source', x)}
      ${readQuad('gradient', dy)}
      ${FIND_BLOCK(blocks.length)}
      ${MAIN}`,
  };
}

/** `blockOf(tile)`, one for all invocations; see `dense_program.ts`. */
const FIND_BLOCK = (blocks: number) => `
  var<workgroup> blockOfGroup : i32;

  fn blockOf(tile : i32) -> i32 {
    if (localIndex == 0u) {
      var block = 0;
      for (var b = 1; b < ${blocks}; b++) {
        if (tile >= uniforms.rules[b * ${BLOCK_QUADS} + ${RULE_QUADS + 2}].x) { block = b; }
      }
      blockOfGroup = block * ${BLOCK_QUADS};
    }
    return workgroupUniformLoad(&blockOfGroup);
  }`;

const MAIN = `
  var<workgroup> sourceTile : array<vec4<f32>, ${DEPTH * ROW_QUADS}>;
  var<workgroup> gradientTile : array<vec4<f32>, ${DEPTH * COLUMN_QUADS}>;
  var<workgroup> chunkOfGroup : i32;

  fn main() {
    let thread = i32(localIndex);
    let rule = blockOf(i32(workgroupId.x));
    if (thread == 0) { chunkOfGroup = ${GRID_ROW}; }
    let chunk = workgroupUniformLoad(&chunkOfGroup);
    let channels = uniforms.rules[rule + ${RULE_QUADS}];
    let slices = uniforms.rules[rule + ${RULE_QUADS + 1}];
    let grid = uniforms.rules[rule + ${RULE_QUADS + 2}];
    let tile = i32(workgroupId.x) - grid.x;
    let group = tile / (grid.y * grid.z);
    let rowTile = (tile - group * grid.y * grid.z) / grid.z;
    let columnTile = tile - (group * grid.y + rowTile) * grid.z;
    let inputs = uniforms.filterSize.x;
    let padded = (inputs + 3) / 4 * 4;
    let firstColumn = columnTile * ${FILTER_TILE.columns};
    let columnsLeft = channels.w - firstColumn;
    let input = channels.x + group * inputs;
    let output = channels.y + group * channels.w + firstColumn;

    let x = thread % ${COLUMN_QUADS};
    let y = thread / ${COLUMN_QUADS};
    ${repeat(4, (i) => `var sum${i} = vec4<f32>(0.0);`)}

    let first = chunk * uniforms.counts.z;
    let end = min(first + uniforms.counts.z, slices.z);
    for (var p0 = first; p0 < end; p0 += ${DEPTH}) {
      for (var q = thread; q < ${DEPTH * ROW_QUADS}; q += ${THREADS}) {
        let position = p0 + q / ${ROW_QUADS};
        let row = rowTile * ${FILTER_TILE.rows} + 4 * (q % ${ROW_QUADS});
        let tap = row / padded;
        let channel = row - tap * padded;
        var v = vec4<f32>(0.0);
        if (position < end && tap < slices.y) {
          let at = tapAt(rule, onAxes(rule, placeOf(position)), tap);
          if (at >= 0) { v = source4(at * uniforms.counts.x + input + channel, inputs - channel); }
        }
        sourceTile[q] = v;
      }
      for (var q = thread; q < ${DEPTH * COLUMN_QUADS}; q += ${THREADS}) {
        let position = p0 + q / ${COLUMN_QUADS};
        let column = 4 * (q % ${COLUMN_QUADS});
        var v = vec4<f32>(0.0);
        if (position < end && column < columnsLeft) {
          v = gradient4(position * uniforms.counts.y + output + column, columnsLeft - column);
        }
        gradientTile[q] = v;
      }
      workgroupBarrier();
      for (var k = 0; k < ${DEPTH}; k++) {
        let a = sourceTile[k * ${ROW_QUADS} + y];
        let b = gradientTile[k * ${COLUMN_QUADS} + x];
        ${repeat(4, (i) => `sum${i} = fma(b, vec4<f32>(a[${i}]), sum${i});`)}
      }
      workgroupBarrier();
    }

    let row = rowTile * ${FILTER_TILE.rows} + 4 * y;
    let tap = row / padded;
    let channel = row - tap * padded;
    if (tap >= slices.y) { return; }
    var sums = array(sum0, sum1, sum2, sum3);
    for (var i = 0; i < min(4, inputs - channel); i++) {
      let at = chunk * uniforms.filterSize.z
        + ((slices.x + tap) * inputs + channel + i) * uniforms.filterSize.y + output + 4 * x;
      for (var j = 0; j < min(4, columnsLeft - 4 * x); j++) { result[at + j] = sums[i][j]; }
    }
  }`;
