/**
 * A product in tiles: a workgroup computes some rows times some columns. It copies source and weights of some products at a time
 * to its memory, where each value is read by many invocations; sums stay in registers, in variables with names, since compilers
 * leave arrays of sums in memory. All parts of a convolution are one grid: the column of a workgroup says which it computes.
 */
import {type Direction, type Product, RULE_QUADS} from '../../../geometry/products';
import {componentsOf, GRID_ROW, type Program, repeat} from '../program';
import {type Epilogue, epilogueFields, epilogueInputs, epilogueKey, finish, readQuad} from './epilogue';
import {productUniforms, TERM_QUADS} from './product';
import {readTaps} from './reading';
import {DEPTH, type Tile, threadsOf} from './tiles';

/** Quads of a row of the source between two loads. The products of a tap are filled up to quads, so that a quad has one tap. */
const QUADS = DEPTH / 4;

export function denseProgram(product: Product, tile: Tile, epilogue: Epilogue): Program {
  const {direction, segments, sourceChannels, destinationChannels} = product;
  const runs = segments.flatMap(({terms}) => terms.flatMap(({source, depth}) => [source, depth]));
  const starts = segments.flatMap(({first, groups, columns}) => (groups > 1 ? [first, columns] : [first]));
  const source = componentsOf(sourceChannels, ...runs);
  const destination = componentsOf(destinationChannels, ...starts);
  const weights = direction === 'forward' ? destination : 1;
  const {fields, key} = productUniforms(product, tile.columns);
  const {rows, columns} = tile;
  return {
    key: `dense_${direction}_${rows}x${columns}_${source}${destination}_${key}_${epilogueKey(epilogue)}`,
    inputs: [
      {name: 'source', components: source},
      {name: 'weights', components: weights},
      ...epilogueInputs(epilogue, destination),
    ],
    outputComponents: destination,
    threads: threadsOf(tile),
    uniforms: fields + epilogueFields(direction),
    code: () => `
      ${readTaps(direction)}
      ${readQuad('source', source)}
      ${direction === 'forward' ? readQuad('weights', destination) : ''}
      ${finish(epilogue, direction, destination)}
      ${findSegment(segments.length)}
      ${weightsAt(direction)}
      ${main(tile, direction)}`,
  };
}

/**
 * `segmentOf(columnTile)`. The host copies workgroup_id to a private variable, which the compiler takes for different in each
 * invocation, and a loop with barriers must not depend on such; `workgroupUniformLoad` makes it one for all again.
 */
function findSegment(segments: number): string {
  return `
  var<workgroup> segmentOfGroup : i32;

  fn segmentOf(columnTile : i32) -> i32 {
    if (localIndex == 0u) {
      var segment = 0;
      for (var s = 1; s < ${segments}; s++) {
        if (columnTile >= uniforms.segments[2 * s].x) { segment = s; }
      }
      segmentOfGroup = 2 * segment;
    }
    return workgroupUniformLoad(&segmentOfGroup);
  }`;
}

/**
 * `weightsAt(slice, channel, source, column, local, left)`: the weights of four columns for one product: of tap `slice` and of the
 * channel `channel` of the group's run, which begins at `source`. Columns are counted from the first of all, `local` from
 * that of the group. Backward the columns are the inputs of the filter, which do not lie side by side.
 */
function weightsAt(direction: Direction): string {
  const head = `fn weightsAt(slice : i32, channel : i32, source : i32, column : i32, local : i32, left : i32) -> vec4<f32>`;
  if (direction === 'forward') {
    return `${head} {
      return weights4((slice * uniforms.filterSize.x + channel) * uniforms.filterSize.y + column, left);
    }`;
  }
  return `${head} {
    let outputs = uniforms.filterSize.y;
    let at = (slice * uniforms.filterSize.x + local) * outputs + source + channel;
    var quad = vec4<f32>(0.0);
    ${repeat(4, (j) => `if (left > ${j}) { quad[${j}] = weights[at + ${j} * outputs]; }`)}
    return quad;
  }`;
}

function main({rows, columns, perThread}: Tile, direction: Direction): string {
  const columnQuads = columns / 4;
  const rowThreads = rows / perThread;
  const threads = columnQuads * rowThreads;
  // Neighbouring invocations read neighbouring weights.
  const [product, columnQuad] =
    direction === 'forward' ? [`q / ${columnQuads}`, `q % ${columnQuads}`] : [`q % ${DEPTH}`, `q / ${DEPTH}`];
  return `
  var<workgroup> places : array<vec4<i32>, ${rows}>;
  /** The row of the source that a quad is copied from, for the invocation that copies it. */
  var<workgroup> copiedFrom : array<i32, ${rows * QUADS}>;
  var<workgroup> sourceTile : array<vec4<f32>, ${rows * QUADS}>;
  var<workgroup> weightsTile : array<vec4<f32>, ${DEPTH * columnQuads}>;

  fn main() {
    let thread = i32(localIndex);
    let columnTile = i32(workgroupId.x);
    let s = segmentOf(columnTile);
    let segment = uniforms.segments[s];
    let channels = uniforms.segments[s + 1];
    let group = (columnTile - segment.x) / segment.y;
    let local = (columnTile - segment.x - group * segment.y) * ${columns};
    let column = channels.x + group * channels.y + local;
    let columnsLeft = channels.y - local;
    let firstRow = ${GRID_ROW} * ${rows};
    for (var row = thread; row < ${rows}; row += ${threads}) {
      places[row] = placeOf(min(firstRow + row, uniforms.size.w - 1));
    }
    workgroupBarrier();

    let quad = (thread % ${QUADS}) * 4;
    let x = thread % ${columnQuads};
    let y = thread / ${columnQuads};
    ${repeat(perThread, (i) => `var sum${i} = vec4<f32>(0.0);`)}

    for (var term = segment.z; term < segment.w; term++) {
      let rule = term * ${TERM_QUADS};
      let taps = uniforms.rules[rule].y;
      let firstTap = uniforms.rules[rule].z;
      let depth = uniforms.rules[rule + ${RULE_QUADS}].y;
      let run = uniforms.rules[rule + ${RULE_QUADS}].x + group * depth;
      let padded = (depth + 3) / 4 * 4;
      let length = taps * padded;
      var seen = -1;
      for (var k0 = 0; k0 < length; k0 += ${DEPTH}) {
        let tap = (k0 + quad) / padded;
        let channel = k0 + quad - tap * padded;
        for (var q = thread; q < ${rows * QUADS}; q += ${threads}) {
          if (tap != seen) {
            var row = -1;
            if (tap < taps) { row = tapAt(rule, onAxes(rule, places[q / ${QUADS}]), tap); }
            copiedFrom[q] = row;
          }
          let at = copiedFrom[q];
          var v = vec4<f32>(0.0);
          if (at >= 0) { v = source4(at * uniforms.counts.x + run + channel, depth - channel); }
          sourceTile[q] = v;
        }
        seen = tap;
        for (var q = thread; q < ${DEPTH * columnQuads}; q += ${threads}) {
          let product = ${product};
          let columnQuad = ${columnQuad};
          let k = k0 + product;
          let c = 4 * columnQuad;
          let slice = k / padded;
          let channel = k - slice * padded;
          var v = vec4<f32>(0.0);
          if (slice < taps && channel < depth && c < columnsLeft) {
            v = weightsAt(firstTap + slice, channel, run, column + c, local + c, columnsLeft - c);
          }
          weightsTile[product * ${columnQuads} + columnQuad] = v;
        }
        workgroupBarrier();
        for (var q = 0; q < ${QUADS}; q++) {
          ${repeat(4, (j) => `let b${j} = weightsTile[(4 * q + ${j}) * ${columnQuads} + x];`)}
          ${repeat(
            perThread,
            (i) => `{
            let a = sourceTile[(y + ${i * rowThreads}) * ${QUADS} + q];
            ${repeat(4, (j) => `sum${i} = fma(b${j}, vec4<f32>(a[${j}]), sum${i});`)}
          }`,
          )}
        }
        workgroupBarrier();
      }
    }
    // An array here at last, so that the epilogue stands once in the program.
    var sums = array(${Array.from({length: perThread}, (_, i) => `sum${i}`).join(', ')});
    for (var i = 0; i < ${perThread}; i++) {
      finish(firstRow + y + i * ${rowThreads}, column + 4 * x, columnsLeft - 4 * x, sums[i]);
    }
  }`;
}
