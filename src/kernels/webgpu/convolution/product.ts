/** The uniforms of a product (src/geometry/products.ts): its rules, its segments, its sizes. */
import {type Product, type Quad, RULE_QUADS, ruleQuads, type Segment} from '../../../geometry/products';

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
