/** Which tile of rows and columns a workgroup computes: a table and a rule, from shapes alone. */
import type {Product} from '../../../geometry/products';

export interface Tile {
  readonly rows: number;
  readonly columns: number;
  /** Rows of an invocation; it has four columns. */
  readonly perThread: number;
}

/** Products between two loads of a workgroup. */
export const DEPTH = 16;

/**
 * The more a tile reuses, the earlier it stands. 56 columns are for the channels of X3D, multiples of 54, of which 64
 * would leave a sixth empty; 24 for its others.
 */
export const TILES: readonly Tile[] = [
  {rows: 64, columns: 64, perThread: 8},
  {rows: 64, columns: 56, perThread: 4},
  {rows: 64, columns: 32, perThread: 4},
  {rows: 64, columns: 24, perThread: 4},
  {rows: 32, columns: 32, perThread: 4},
  {rows: 128, columns: 16, perThread: 4},
  {rows: 128, columns: 8, perThread: 4},
];

/** Empty columns that a larger tile is worth. */
const MOST_PADDING = 0.15;
/** Workgroups that keep a GPU busy. */
export const ENOUGH_GROUPS = 96;

export function threadsOf({rows, columns, perThread}: Tile): number {
  return (rows / perThread) * (columns / 4);
}

function columnTilesOf({segments}: Product, tile: Tile): number {
  return segments.reduce((sum, {groups, columns}) => sum + groups * Math.ceil(columns / tile.columns), 0);
}

/** Of the computed columns the share that is none of the destination. */
export function paddingOf(product: Product, tile: Tile): number {
  return 1 - product.destinationChannels / (columnTilesOf(product, tile) * tile.columns);
}

function groupsOf(product: Product, tile: Tile): number {
  return columnTilesOf(product, tile) * Math.ceil(product.rows / tile.rows);
}

/** The largest tile that fits the columns and makes enough workgroups; else the one that makes most of them. */
export function tileFor(product: Product): Tile {
  const least = Math.min(...TILES.map((tile) => paddingOf(product, tile)));
  const fitting = TILES.filter((tile) => paddingOf(product, tile) <= Math.max(MOST_PADDING, least));
  const most = Math.max(...fitting.map((tile) => groupsOf(product, tile)));
  return fitting.find((tile) => groupsOf(product, tile) >= Math.min(ENOUGH_GROUPS, most))!;
}
