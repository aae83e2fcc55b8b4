/**
 * The gradient by the filter as a product: rows are the taps and inputs of the filter, columns its outputs, and what is summed
 * over are the positions of the output. Sums are long and their results few, so the positions are cut into chunks, each with
 * sums of its own, which `reductions/sum_chunks.ts` adds up: as many workgroups as keep a GPU busy, and no atomic additions.
 */
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import {type Quad, RULE_QUADS, ruleQuads} from '../../../geometry/products';
import {tapCount} from '../../../geometry/taps';
import {sizeOf} from '../../../util/shapes';
import {ENOUGH_GROUPS} from './tiles';

/** Taps of some output channels that a part reads, or that none does and whose gradient is zero. */
export interface Block {
  readonly part: ConvPart;
  readonly firstTap: number;
  readonly taps: number;
  /** Positions to sum over: all, or none. */
  readonly positions: number;
}

export interface FilterProduct {
  readonly info: ConvInfo;
  readonly blocks: readonly Block[];
  readonly positions: number;
  /** Elements of the filter. */
  readonly size: number;
}

export function filterProductOf(info: ConvInfo): FilterProduct {
  const positions = sizeOf(info.outputShape.slice(0, 4));
  const read = info.parts.map((part): Block => {
    return {part, firstTap: part.firstTap, taps: tapCount(part.rule), positions};
  });
  return {info, blocks: [...read, ...unreadBlocks(info)], positions, size: sizeOf(info.filterShape)};
}

/** Runs of taps that no part of an output channel reads, as in an STS filter with more than three slices. */
function unreadBlocks({parts, filterView: [taps]}: ConvInfo): Block[] {
  const channels = new Map(parts.map((part) => [part.outputChannel, part]));
  return [...channels.values()].flatMap((part) => {
    const readers = parts.filter(({outputChannel}) => outputChannel === part.outputChannel);
    const isRead = (tap: number) =>
      readers.some(({firstTap, rule}) => tap >= firstTap && tap < firstTap + tapCount(rule));
    const blocks: Block[] = [];
    for (let tap = 0; tap < taps; tap++) {
      const last = blocks.at(-1);
      if (isRead(tap)) continue;
      if (last !== undefined && last.firstTap + last.taps === tap) {
        blocks[blocks.length - 1] = {...last, taps: last.taps + 1};
      } else blocks.push({part, firstTap: tap, taps: 1, positions: 0});
    }
    return blocks;
  });
}

/** Quads of a block: its rule, its channels, its share of the grid. */
export const BLOCK_QUADS = RULE_QUADS + 3;

/**
 * Uniforms of both programs, and how many tiles the blocks have in all.
 *
 * @param tile rows and columns of a workgroup; rows are counted by tap with the inputs filled up to quads
 * @param chunk positions that are summed together
 */
export function filterUniforms(
  {info, blocks, positions, size}: FilterProduct,
  tile: {rows: number; columns: number},
  chunk: number,
): {fields: string; values: Quad[]; key: string; tiles: number} {
  const [, inputs, outputs] = info.filterView;
  let tiles = 0;
  const rules = blocks.flatMap(({part, firstTap, taps, positions}): Quad[] => {
    const columns = part.outputChannels / part.groups;
    const rowTiles = Math.ceil((taps * paddedTo4(inputs)) / tile.rows);
    const columnTiles = Math.ceil(columns / tile.columns);
    const quads: Quad[] = [
      ...ruleQuads(info, part, 'forward'),
      [part.inputChannel, part.outputChannel, part.outputChannels, columns],
      [firstTap, taps, positions, 0],
      [tiles, rowTiles, columnTiles, 0],
    ];
    tiles += part.groups * rowTiles * columnTiles;
    return quads;
  });
  const [time, height, width] = info.outputShape.slice(1) as [number, number, number];
  return {
    fields: `rules : array<vec4<i32>, ${rules.length}>,
      size : vec4<i32>, counts : vec4<i32>, filterSize : vec4<i32>,`,
    values: [
      ...rules,
      [time, height, width, positions],
      [info.inputShape[4], info.outputShape[4], chunk, 0],
      [inputs, outputs, size, 0],
    ],
    key: `${blocks.length}`,
    tiles,
  };
}

export function paddedTo4(n: number): number {
  return Math.ceil(n / 4) * 4;
}

/** How many chunks make enough workgroups of what is `groups` without, and how long they are. */
export function chunksOf(positions: number, groups: number, least: number): {chunks: number; chunk: number} {
  const wanted = Math.ceil(ENOUGH_GROUPS / groups);
  const chunk = Math.max(least, Math.ceil(positions / wanted));
  return {chunk, chunks: Math.max(1, Math.ceil(positions / chunk))};
}
