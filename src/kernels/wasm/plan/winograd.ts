/**
 * Which parts of a convolution go in the minimal-filtering form (module/assembly/winograd), and their call: half as many products and more, for transforms that cost as much as a few channels.
 */
import type {ConvPart} from '../../../geometry/conv_info';
import {type Shape5D, sizeOf} from '../../../util/shapes';
import {BLOCK} from '../module/calls';
import {CallPlan, type Fields, FLOAT_BYTES, type RowPlan} from './call_plan';
import {type Describe, EDGE, PANEL} from './part_call';

/** With fewer channels on either side, transforms take more than the products that they spare: of tiles of 2 outputs along an axis, of 4. */
const LEAST_CHANNELS = 32;
const LEAST_LARGE_CHANNELS = 16;

/** Weights of a tap along time, with fewer of which tiles of 4 outputs take as long as the direct form. */
const LEAST_TIME_WEIGHTS = 512;

/**
 * With fewer tiles (of a frame; twice as many along time) what they spare is less than it takes to transform the weights, which
 * is done once for a network that answers but in every step for one that is trained.
 */
const LEAST_TILES = 32;

const CACHE_LINE = 64;

/** Products of the direct form for each of this one, at least: an odd length computes an output that is dropped. */
const LEAST_GAIN = 1.25;

/**
 * Weights of more bytes are read from memory for every block of tiles, and so for longer blocks; with fewer, 8 to 256 tiles of
 * 2 outputs a side take the same time.
 */
const CACHED_WEIGHTS = 2 ** 22;

/**
 * Tiles of 4 x 4 outputs have four times the weights of the direct form: more bytes of them are not worth their memory. Of 4 outputs along time,
 * which have twice those of the direct form, twice as many are.
 */
const LARGE_WEIGHTS = 2 ** 24;

/** Products of tiles of 2 outputs along an axis for each of those of 4, at least: lengths that are no multiple of 4 are rounded up. */
const LARGE_GAIN = 1.2;

/** A part in the minimal-filtering form. */
export interface Winograd {
  alongTime: boolean;
  /** Frames between neighbouring outputs of a tile along time, as between its taps. */
  apart: number;
  /** Products a tile: 4 of 2 outputs along time, 6 of 4, 16 of 2 x 2 outputs of a frame, 36 of 4 x 4. */
  products: number;
  /** Taps that are summed, each with products of its own. */
  turns: number;
  inputs: number;
  /** Panels of 8 output channels. */
  panels: number;
  /** All tiles of the output. */
  tiles: number;
  /** Tiles at a time. */
  block: number;
}

/**
 * How a part onto `outputShape` goes in this form, or undefined where it does not or would not gain.
 *
 * @param whole what decides whether it gains, if `outputShape` is some frames of it
 * @param mostLarge bytes of transformed weights up to which tiles of 4 x 4 outputs are considered; twice as many along time
 */
export function winogradOf(
  part: ConvPart,
  outputShape: Shape5D,
  whole: Shape5D = outputShape,
  mostLarge = LARGE_WEIGHTS,
): Winograd | undefined {
  const {rule, groups, inputChannels: inputs, outputChannels: outputs} = part;
  if (rule.kind !== 'grid' || groups > 1) return undefined;
  const channels = Math.min(inputs, outputs);
  const takes = (axis: 0 | 1 | 2) => rule.taps[axis] === 3 && rule.strides[axis] === 1;
  const inFrame = takes(1) && takes(2) && rule.dilations[1] * rule.dilations[2] === 1;
  if (!inFrame && !(takes(0) && rule.taps[1] === 1 && rule.taps[2] === 1)) return undefined;
  const small = inFrame
    ? {alongTime: false, apart: 0, products: 16, turns: rule.taps[0]}
    : {alongTime: true, apart: rule.dilations[0], products: 4, turns: 1};
  if (!gains(small, whole)) return undefined;
  const panels = Math.ceil(outputs / PANEL);
  const weightsOf = ({products, turns}: {products: number; turns: number}) =>
    products * turns * inputs * panels * PANEL * FLOAT_BYTES;
  const large = {...small, products: inFrame ? 36 : 6};
  const isLarge =
    channels >= LEAST_LARGE_CHANNELS &&
    (inFrame || inputs * outputs >= LEAST_TIME_WEIGHTS) &&
    weightsOf(large) <= (inFrame ? 1 : 2) * mostLarge &&
    gainsMore(large, small, whole);
  if (!isLarge && channels < LEAST_CHANNELS) return undefined;
  const form = isLarge ? large : small;
  const tiles = tilesOf(form, outputShape);
  const block = (isLarge && inFrame ? 16 : 32) * (weightsOf(form) > CACHED_WEIGHTS ? 2 : 1);
  return {...form, inputs, panels, tiles, block: Math.min(block, roundedUp(tiles))};
}

type Tiling = Pick<Winograd, 'alongTime' | 'apart' | 'products'>;

/** Tiles of 2 x 2 or 4 x 4 outputs of a frame, or of 2 or 4 outputs along time. */
function tilesOf({alongTime, apart, products}: Tiling, [batch, time, height, width]: Shape5D): number {
  const side = products === 36 || products === 6 ? 4 : 2;
  const across = Math.ceil(height / side) * Math.ceil(width / side);
  if (!alongTime) return batch * time * across;
  const whole = Math.floor(time / (side * apart));
  const groups = whole * apart + Math.min(apart, time - side * whole * apart);
  return batch * groups * height * width;
}

function gains(form: Tiling, shape: Shape5D): boolean {
  const tiles = tilesOf(form, shape);
  const direct = (form.alongTime ? 3 : 9) * sizeOf(shape.slice(0, 4));
  return direct >= LEAST_GAIN * form.products * tiles && tiles >= LEAST_TILES * (form.alongTime ? 2 : 1);
}

function gainsMore(large: Tiling, small: Tiling, shape: Shape5D): boolean {
  const [tiles, others] = [tilesOf(large, shape), tilesOf(small, shape)];
  return small.products * others >= LARGE_GAIN * large.products * tiles && tiles >= LEAST_TILES;
}

/**
 * Bytes from what one of the products needs to what the next one needs. What is needed of all of them at once is so
 * spread over the sets of a cache: many sizes are powers of two, and would all fall into the same one.
 */
export function apart(floats: number): number {
  return Math.ceil((floats * FLOAT_BYTES) / CACHE_LINE) * CACHE_LINE + CACHE_LINE;
}

/** Bytes from the transformed weights of one product to those of the next. */
export function weightsApart({turns, inputs, panels}: Winograd): number {
  return apart(turns * inputs * panels * PANEL);
}

/** Bytes of the transformed weights of all products. */
export function weightBytes(form: Winograd): number {
  return form.products * weightsApart(form);
}

/** The form with all tiles in one block, of a part with panels that are full and weights that fill a cache; undefined of another. */
export function inOneBlock(form: Winograd, part: ConvPart): Winograd | undefined {
  const whole = {...form, block: roundedUp(form.tiles)};
  return whole.block <= BLOCK && sharesOutputs(whole, part.outputChannels) ? whole : undefined;
}

/** Whether threads share the outputs of a part, so that each reads its weights alone. */
function sharesOutputs(form: Winograd, outputs: number): boolean {
  const isWhole = form.tiles <= form.block && outputs === form.panels * PANEL;
  return isWhole && weightBytes(form) > CACHED_WEIGHTS;
}

const roundedUp = (tiles: number) => Math.ceil(tiles / 4) * 4;

/**
 * The rows of a part are its tiles, or its panels where threads that shared the tiles would read all weights from memory for a few each.
 *
 * @param describes the part's own call, with the scratch that it shares with its products, and those of others that read the
 *   same input in the same geometry
 * @param pack how a part in one block transforms its weights, a few panels at a time; without it they have been before
 */
export function planWinograd(
  form: Winograd,
  steps: number,
  describes: readonly Describe[],
  pack?: (plan: CallPlan) => Fields<'PackCall'>,
): RowPlan {
  const {products, inputs, panels, block, tiles} = form;
  const columns = panels * PANEL;
  const [valuesApart, sumsApart] = [apart(block * inputs), apart(block * columns)];
  const plan = new CallPlan();
  const head = plan.call('WinogradCall');
  const partAddresses = describes.map(() => plan.call('PartCall'));
  const product = plan.call('PartCall');
  const packAddress = pack && plan.call('PackCall');
  const zeros = plan.zeros(Math.max(inputs, columns));
  const scratch = {zeros, edge: plan.floats(EDGE), pointers: 0, gathered: 0} as const;
  const parts = describes.map((describe) => describe(scratch));
  for (const [i, part] of parts.entries()) plan.write(partAddresses[i]!, 'PartCall', part);
  // Weights that are transformed here are of one turn at a time.
  const turns = pack === undefined ? form.turns : 1;
  plan.write(product, 'PartCall', {...parts[0]!, taps: turns, yRowBytes: columns * FLOAT_BYTES});
  const packed = pack?.(plan);
  if (packed !== undefined) plan.write(packAddress!, 'PackCall', packed);
  plan.write(head, 'WinogradCall', {
    ...{part: partAddresses[0]!, parts: parts.length},
    // The calls lie one after the other, and the product's behind them.
    partBytes: (product.bytes - partAddresses[0]!.bytes) / parts.length,
    ...{product, valuesApart, sumsApart, block},
    rows: plan.floats(block),
    patch: plan.floats(products === 36 ? Math.max(36 * inputs, 24 * columns) : 16 * inputs),
    values: plan.reserve(products * valuesApart),
    sums: plan.reserve(products * sumsApart),
    weightsApart: packed?.apart ?? weightsApart(form),
    pack: packAddress ?? 0,
    products,
    tiles,
  });
  if (parts.length === 1 && sharesOutputs(form, parts[0]!.outputs))
    return plan.finish('convolveWinogradPanels', {rows: panels, block: panels, tile: panels, steps});
  return plan.finish('convolveWinograd', {rows: tiles, block, steps: steps * parts.length});
}
