/**
 * A product without tiles: an invocation computes one row of one column, or of a few neighbours where each column has one
 * channel of the source, as in a depthwise convolution. For groups so narrow that a tile would be empty.
 */
import {type Direction, type Product, RULE_QUADS} from '../../../geometry/products';
import {
  type Components,
  componentsOf,
  type Grid,
  invocationGrid,
  invocationOf,
  type Program,
  typeOf,
} from '../program';
import {type Epilogue, epilogueFields, epilogueInputs, epilogueKey, finish} from './epilogue';
import {productUniforms, TERM_QUADS} from './product';
import {readTaps} from './reading';

const THREADS = 64;

export function directProgram(product: Product, epilogue: Epilogue): Program {
  const {direction, segments} = product;
  const components = directComponents(product);
  const {fields, key} = productUniforms(product, 1);
  const depthwise = isDepthwise(product);
  return {
    key: `direct_${direction}_${depthwise ? 'depthwise' : ''}${components}_${key}_${epilogueKey(epilogue)}`,
    inputs: [
      {name: 'source', components},
      {name: 'weights', components},
      ...epilogueInputs(epilogue, components),
    ],
    outputComponents: components,
    threads: THREADS,
    uniforms: fields + epilogueFields(direction),
    code: () => `
      ${readTaps(direction)}
      ${finish(epilogue, direction, components)}
      ${depthwise ? addChannels(direction, components) : addRun(direction)}
      ${main(components, segments.length)}`,
  };
}

export function directGrid(product: Product): Grid {
  const columns = product.segments.reduce((sum, {groups, columns}) => sum + groups * columns, 0);
  const invocations = (product.rows * columns) / directComponents(product);
  return invocationGrid(invocations, THREADS);
}

/** Whether every column has one channel of the source, that of its place. */
export function isDepthwise({segments}: Product): boolean {
  return segments.every(({columns, terms}) => columns === 1 && terms.every(({depth}) => depth === 1));
}

function directComponents(product: Product): Components {
  if (!isDepthwise(product)) return 1;
  const {segments, sourceChannels, destinationChannels} = product;
  const starts = segments.flatMap(({first, groups, terms}) => [
    first,
    groups,
    ...terms.map(({source}) => source),
  ]);
  return componentsOf(sourceChannels, destinationChannels, ...starts);
}

/**
 * `productOf(at, slice, rule, local, column)`: what tap `slice` of the filter gives to a column, the `local`-th of its segment,
 * from row `at` of the source.
 */
function addChannels(direction: Direction, components: Components): string {
  return `
  fn productOf(at : i32, slice : i32, rule : i32, columns : i32, local : i32, column : i32) -> ${typeOf(components)} {
    let channel = uniforms.rules[rule + ${RULE_QUADS}].x + local;
    let output = ${direction === 'forward' ? 'column' : 'channel'};
    return source[(at * uniforms.counts.x + channel) / ${components}]
      * weights[(slice * uniforms.filterSize.y + output) / ${components}];
  }`;
}

function addRun(direction: Direction): string {
  const [first, step] =
    direction === 'forward'
      ? ['slice * inputs * outputs + column', 'outputs']
      : ['(slice * inputs + local - group * columns) * outputs + channel', '1'];
  return `
  fn productOf(at : i32, slice : i32, rule : i32, columns : i32, local : i32, column : i32) -> f32 {
    let inputs = uniforms.filterSize.x;
    let outputs = uniforms.filterSize.y;
    let depth = uniforms.rules[rule + ${RULE_QUADS}].y;
    let group = local / columns;
    let channel = uniforms.rules[rule + ${RULE_QUADS}].x + group * depth;
    let first = ${first};
    var sum = 0.0;
    for (var j = 0; j < depth; j++) {
      sum = fma(source[at * uniforms.counts.x + channel + j], weights[first + j * ${step}], sum);
    }
    return sum;
  }`;
}

function main(components: Components, segments: number): string {
  return `
  fn main() {
    let index = ${invocationOf(THREADS)};
    let units = uniforms.counts.w / ${components};
    let row = index / units;
    if (row >= uniforms.size.w) { return; }
    let column = uniforms.counts.z + (index - row * units) * ${components};
    var s = 0;
    for (var i = 1; i < ${segments}; i++) {
      if (column >= uniforms.segments[2 * i + 1].x) { s = i; }
    }
    let segment = uniforms.segments[2 * s];
    let channels = uniforms.segments[2 * s + 1];
    let local = column - channels.x;
    let place = placeOf(row);
    var sum = ${typeOf(components)}(0.0);
    for (var term = segment.z; term < segment.w; term++) {
      let rule = term * ${TERM_QUADS};
      let on = onAxes(rule, place);
      for (var tap = 0; tap < uniforms.rules[rule].y; tap++) {
        let at = tapAt(rule, on, tap);
        if (at < 0) { continue; }
        sum += productOf(at, uniforms.rules[rule].z + tap, rule, channels.y, local, column);
      }
    }
    finish(row, column, ${components}, vec4<f32>(sum${components === 4 ? '' : components === 2 ? ', 0.0, 0.0' : ', 0.0, 0.0, 0.0'}));
  }`;
}
