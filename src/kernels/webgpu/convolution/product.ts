/**
 * A convolution, or its gradient by the input, as a product of rows and columns: rows are positions of the destination, columns
 * its channels. Both are the same product; the gradient reads the rules backward and the filter with its two sides exchanged.
 */
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import {tapCount} from '../../../geometry/taps';
import {sizeOf} from '../../../util/shapes';
import type {Quad} from '../program';
import {type Direction, RULE_QUADS, ruleQuads} from './reading';

/** Columns of the destination that the same parts add up to. */
export interface Segment {
  /** The first channel of the destination. */
  readonly first: number;
  readonly groups: number;
  /** Channels of a group in the destination. */
  readonly columns: number;
  readonly terms: readonly Term[];
}

/** What a part adds to the columns of a group: for each tap, a run of channels of the source times a run of the filter. */
export interface Term {
  readonly part: ConvPart;
  /** The first channel of the source. */
  readonly source: number;
  /** Channels of a group in the source. */
  readonly depth: number;
}

export interface Product {
  readonly info: ConvInfo;
  readonly direction: Direction;
  readonly segments: readonly Segment[];
  readonly rows: number;
  readonly sourceChannels: number;
  readonly destinationChannels: number;
}

export function productOf(info: ConvInfo, direction: Direction): Product {
  const forward = direction === 'forward';
  const shape = forward ? info.outputShape : info.inputShape;
  const segments = new Map<string, Segment & {terms: Term[]}>();
  for (const part of info.parts) {
    const inputs = {first: part.inputChannel, perGroup: part.inputChannels / part.groups};
    const outputs = {first: part.outputChannel, perGroup: part.outputChannels / part.groups};
    const [source, destination] = forward ? [inputs, outputs] : [outputs, inputs];
    const {first, perGroup: columns} = destination;
    const name = `${first} ${part.groups} ${columns}`;
    const segment = segments.get(name) ?? {first, groups: part.groups, columns, terms: []};
    segment.terms.push({part, source: source.first, depth: source.perGroup});
    segments.set(name, segment);
  }
  return {
    info,
    direction,
    segments: [...segments.values()],
    rows: sizeOf(shape.slice(0, 4)),
    sourceChannels: (forward ? info.inputShape : info.outputShape)[4],
    destinationChannels: shape[4],
  };
}

/** How often a destination takes a product: taps times depth, of the deepest segment. */
export function longestSum({segments}: Product): number {
  const sums = segments.map(({terms}) =>
    terms.reduce((sum, {part, depth}) => sum + tapCount(part.rule) * depth, 0),
  );
  return Math.max(...sums);
}

/** Quads of a term: its rule, then its channels. */
export const TERM_QUADS = RULE_QUADS + 1;

/** The first column that the segments have, and how many; they lie side by side. */
function columnRange(segments: readonly Segment[]): [first: number, count: number] {
  const first = Math.min(...segments.map((segment) => segment.first));
  return [first, segments.reduce((sum, {groups, columns}) => sum + groups * columns, 0)];
}

/**
 * Uniforms of all products: fields and values, what of the text depends on them, and how many tiles of columns there are.
 *
 * @param columnsOfTile columns that a workgroup computes at a time, or an invocation
 */
export function productUniforms(
  product: Product,
  columnsOfTile: number,
): {fields: string; values: Quad[]; key: string; columnTiles: number} {
  const {info, direction, segments, rows} = product;
  const terms = segments.flatMap((segment) => segment.terms);
  const rules = terms.flatMap(({part, source, depth}): Quad[] => [
    ...ruleQuads(info, part, direction),
    [source, depth, 0, 0],
  ]);
  let [firstTerm, columnTiles] = [0, 0];
  const segmentQuads = segments.flatMap(({first, groups, columns, terms}): Quad[] => {
    const tiles = Math.ceil(columns / columnsOfTile);
    const quads: Quad[] = [
      [columnTiles, tiles, firstTerm, firstTerm + terms.length],
      [first, columns, 0, 0],
    ];
    firstTerm += terms.length;
    columnTiles += groups * tiles;
    return quads;
  });
  const [time, height, width] = (direction === 'forward' ? info.outputShape : info.inputShape).slice(1);
  const [, filterInputs, filterOutputs] = info.filterView;
  return {
    fields: `rules : array<vec4<i32>, ${rules.length}>, segments : array<vec4<i32>, ${segmentQuads.length}>,
      size : vec4<i32>, counts : vec4<i32>, filterSize : vec4<i32>,`,
    values: [
      ...rules,
      ...segmentQuads,
      [time!, height!, width!, rows],
      [product.sourceChannels, product.destinationChannels, ...columnRange(segments)],
      [filterInputs, filterOutputs, 0, 0],
    ],
    key: `${segments.length}of${terms.length}`,
    columnTiles,
  };
}
