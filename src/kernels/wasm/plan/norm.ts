/**
 * Plans of batch normalization and of its gradient, from shapes alone: how rows are put side by side and shared out, and
 * where the passes over them (assembly/norm) keep what they hand to each other.
 */
import {ACTIVATIONS, type FusedNormActivation} from '../../../geometry/kernel_names';
import type {RowFunctionName} from '../module/instantiate';
import {bitsOf, CallPlan, type Fields, FLOAT_BYTES, MEMORY_STEPS, operand, type RowPlan} from './call_plan';

/** From so many values on memory sets the pace. */
const LARGE = 2 ** 21;
/** Floats of a wide row, or more: fewer would not be worth a loop. From memory longer rows are faster. */
const LEAST_WIDTH = 64;
const LEAST_WIDTH_OF_LARGE = 256;

/**
 * Blocks, or fewer, and wide rows of a block, or more: what a block sums up has to be put together by one thread, column by
 * column.
 */
const MOST_BLOCKS = 32;
const LEAST_BLOCK_ROWS = 64;
/** Wide rows that the statistics take at a time. */
const ROWS_AT_ONCE = 8;

export interface NormShape {
  readonly rows: number;
  readonly channels: number;
}

export interface NormSettings {
  readonly epsilon: number;
  readonly activation: FusedNormActivation;
  /** Whether something is added before the activation. */
  readonly adds: boolean;
}

export interface NormPlan {
  /** One after the other. */
  readonly passes: readonly RowPlan[];
  /** What they have together, the operand `blocks`. */
  readonly floats: number;
}

type Pass = [run: RowFunctionName, tensors: number];

/** The passes, with how many tensors of x's size each reads or writes; those of none are work of one thread. */
const PASSES = {
  forward: [
    ['normStatistics', 1],
    ['normMoments', 0],
    ['normScale', 2],
  ],
  backward: [
    ['normFactors', 0],
    ['normSums', 2],
    ['normGradients', 0],
    ['normBackprop', 3],
  ],
} as const satisfies Record<string, readonly Pass[]>;

/** How many rows of so many channels go side by side, so that a wide row is whole vectors and `width` floats or more. */
export function tilesOf(channels: number, width: number): number {
  const vector = [4, 2, 1].find((lanes) => channels % lanes === 0)!;
  const least = 4 / vector;
  return least * Math.max(1, Math.ceil(width / (least * Math.max(1, channels))));
}

function layoutOf({rows, channels}: NormShape) {
  const isLarge = rows * channels >= LARGE;
  const tiles = tilesOf(channels, isLarge ? LEAST_WIDTH_OF_LARGE : LEAST_WIDTH);
  const width = tiles * channels;
  const wideRows = Math.floor(rows / tiles);
  const each = Math.max(LEAST_BLOCK_ROWS, Math.ceil(wideRows / MOST_BLOCKS));
  const blockRows = Math.ceil(each / ROWS_AT_ONCE) * ROWS_AT_ONCE;
  const blocks = Math.max(1, Math.ceil(wideRows / blockRows));
  return {isLarge, tiles, width, wideRows, blockRows, blocks};
}

export function planNorm(
  direction: keyof typeof PASSES,
  shape: NormShape,
  {epsilon, activation, adds}: NormSettings,
): NormPlan {
  const {rows, channels} = shape;
  const {isLarge, tiles, width, wideRows, blockRows, blocks} = layoutOf(shape);
  let floats = 0;
  /** So many rows of `width` floats. */
  const space = (count: number) => {
    const at = operand('blocks', floats * FLOAT_BYTES);
    floats += count * width;
    return at;
  };
  const isBackward = direction === 'backward';
  // Where an activation has a slope depends on beta, nothing else backward does.
  const hasBeta = !isBackward || activation !== 'linear';
  const isSwish = activation === 'swish';
  const fields: Fields<'NormCall'> = {
    ...{x: operand('x'), dy: isBackward ? operand('dy') : 0, to: operand('to')},
    ...{residual: adds ? operand('residual') : 0, sigmoid: isSwish ? operand('sigmoid') : 0},
    ...{gamma: operand('gamma'), beta: hasBeta ? operand('beta') : 0},
    ...{mean: operand('mean'), variance: operand('variance')},
    ...{dgamma: isBackward ? operand('dgamma') : 0, dbeta: isBackward ? operand('dbeta') : 0},
    ...{blocks: space(3 * blocks), columns: space(4), means: space(1), scales: space(1), offsets: space(1)},
    ...{deviations: space(1), shifts: space(1)},
    epsilon: bitsOf(epsilon),
    activation: ACTIVATIONS.indexOf(activation),
    ...{rows, channels, tiles, width, wideRows, blockRows},
    byRow: Number(isSwish || isLarge),
    restBytes: (rows - wideRows * tiles) * channels * FLOAT_BYTES,
  };
  const call = new CallPlan();
  call.write(call.call('NormCall'), 'NormCall', fields);
  const passes = PASSES[direction].map(([run, tensors]) =>
    call.finish(run, {
      rows: tensors > 0 ? blocks : 1,
      steps: tensors * rows * channels * MEMORY_STEPS,
    }),
  );
  return {passes, floats};
}
