/**
 * Which parts of a convolution go in the minimal-filtering form (module/assembly/winograd.ts), and what the module is
 * told about them: half as many products and more, for transforms that cost as much as a few channels.
 */
import type {ConvPart} from '../../../geometry/conv_info';
import {type Shape5D, sizeOf} from '../../../util/shapes';
import {ScratchPlan} from '../memory/scratch';
import type {KernelModule} from '../module/instantiate';
import {
  FLOAT_BYTES,
  PANEL,
  PART_CALL_FIELDS,
  type PartCall,
  type Rooms,
  writeFields,
  writePartCall,
} from './part_call';

/** The fields of the module's class `WinogradCall`. */
export const WINOGRAD_CALL_FIELDS = [
  ...(['part', 'product', 'values', 'valuesApart', 'sums', 'sumsApart', 'weightsApart'] as const),
  ...(['rows', 'patch'] as const),
  ...(['block', 'alongTime'] as const),
] as const;

/** With fewer channels on either side, transforms take more than the products that they spare. */
const LEAST_CHANNELS = 32;

/**
 * With fewer tiles (of a frame; twice as many along time) what they spare is less than it takes to transform the weights, which
 * is done once for a network that answers but in every step for one that is trained.
 */
const LEAST_TILES = 32;

const CACHE_LINE = 64;

/** Products of the direct form for each of this one, at least: an odd length computes an output that is dropped. */
const LEAST_GAIN = 1.25;

/**
 * Weights of more bytes are read from memory for every block of tiles, and so for longer blocks; with fewer, 8 to 256 tiles
 * take the same time.
 */
const CACHED_WEIGHTS = 2 ** 22;

/** A part in the minimal-filtering form. */
export interface Winograd {
  alongTime: boolean;
  /** Products a tile: 16 of a frame, 4 along time. */
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
 */
export function winogradOf(
  part: ConvPart,
  outputShape: Shape5D,
  whole: Shape5D = outputShape,
): Winograd | undefined {
  const {rule, groups, inputChannels: inputs, outputChannels: outputs} = part;
  if (rule.kind !== 'grid' || groups > 1 || Math.min(inputs, outputs) < LEAST_CHANNELS) return undefined;
  const takes = (axis: 0 | 1 | 2) =>
    rule.taps[axis] === 3 && rule.strides[axis] === 1 && rule.dilations[axis] === 1;
  const inFrame = takes(1) && takes(2);
  if (!inFrame && !(takes(0) && rule.taps[1] === 1 && rule.taps[2] === 1)) return undefined;
  const form = inFrame
    ? {alongTime: false, products: 16, turns: rule.taps[0]}
    : {alongTime: true, products: 4, turns: 1};
  if (!gains(form, whole)) return undefined;
  const panels = Math.ceil(outputs / PANEL);
  const tiles = tilesOf(form, outputShape);
  const weights = form.products * form.turns * inputs * panels * PANEL * FLOAT_BYTES;
  const block = Math.min(weights > CACHED_WEIGHTS ? 64 : 32, Math.ceil(tiles / 4) * 4);
  return {...form, inputs, panels, tiles, block};
}

/** Tiles of 2 x 2 outputs of a frame, or of 2 outputs along time. */
function tilesOf({alongTime}: Pick<Winograd, 'alongTime'>, [batch, time, height, width]: Shape5D): number {
  const pairs = (length: number) => Math.ceil(length / 2);
  return batch * (alongTime ? pairs(time) * height * width : time * pairs(height) * pairs(width));
}

function gains(form: Pick<Winograd, 'alongTime' | 'products'>, shape: Shape5D): boolean {
  const tiles = tilesOf(form, shape);
  const direct = (form.alongTime ? 3 : 9) * sizeOf(shape.slice(0, 4));
  return direct >= LEAST_GAIN * form.products * tiles && tiles >= LEAST_TILES * (form.alongTime ? 2 : 1);
}

/**
 * Bytes from what one of the products needs to what the next one needs. What is needed of all of them at once is so
 * spread over the sets of a cache: many sizes are powers of two, and would all fall into the same one.
 */
export function apart(floats: number): number {
  return Math.ceil((floats * FLOAT_BYTES) / CACHE_LINE) * CACHE_LINE + CACHE_LINE;
}

function weightsApart({turns, inputs, panels}: Winograd): number {
  return apart(turns * inputs * panels * PANEL);
}

/** Room for the transformed weights. */
export function winogradWeightBytes(form: Winograd): number {
  return form.products * weightsApart(form);
}

/** Transforms weights that are packed in panels. */
export function transformWeights(module: KernelModule, form: Winograd, from: number, to: number): void {
  const {panels, turns, inputs, alongTime} = form;
  module.transformWeights(from, to, weightsApart(form), panels, turns, inputs, alongTime ? 1 : 0);
}

/** Scratch of a part: offsets in bytes from its start, where the WinogradCall stands, and its size. */
function layoutOf({products, inputs, panels, block}: Winograd) {
  const valuesApart = apart(block * inputs);
  const sumsApart = apart(block * panels * PANEL);
  const plan = new ScratchPlan();
  plan.fields(WINOGRAD_CALL_FIELDS);
  return {
    part: plan.fields(PART_CALL_FIELDS),
    product: plan.fields(PART_CALL_FIELDS),
    zeros: plan.floats(Math.max(inputs, panels * PANEL)),
    rows: plan.floats(block),
    patch: plan.floats(16 * inputs),
    edge: plan.floats(4 * PANEL),
    values: plan.take(products * valuesApart),
    valuesApart,
    sums: plan.take(products * sumsApart),
    sumsApart,
    bytes: plan.bytes,
  };
}

export function winogradScratch(form: Winograd): number {
  return layoutOf(form).bytes;
}

/**
 * Writes the calls of a part to `at`, the start of its scratch.
 *
 * @param describe the part's own call, with the scratch that it shares with its products
 */
export function writeWinogradCall(
  memory: WebAssembly.Memory,
  at: number,
  form: Winograd,
  describe: (rooms: Rooms) => PartCall,
): void {
  const layout = layoutOf(form);
  const zeros = at + layout.zeros;
  const columns = form.panels * PANEL;
  new Float32Array(memory.buffer, zeros, Math.max(form.inputs, columns)).fill(0);
  const part = describe({zeros, edge: at + layout.edge, pointers: 0, gathered: 0});
  const product = {...part, taps: form.turns, yRowBytes: columns * FLOAT_BYTES};
  writePartCall(memory, at + layout.part, part);
  writePartCall(memory, at + layout.product, product);
  writeFields(memory, at, WINOGRAD_CALL_FIELDS, {
    part: at + layout.part,
    product: at + layout.product,
    values: at + layout.values,
    valuesApart: layout.valuesApart,
    sums: at + layout.sums,
    sumsApart: layout.sumsApart,
    weightsApart: weightsApart(form),
    rows: at + layout.rows,
    patch: at + layout.patch,
    block: form.block,
    alongTime: form.alongTime ? 1 : 0,
  });
}
