/**
 * What the module is told about a gradient with respect to the filter in the minimal-filtering form
 * (module/assembly/winograd_product.ts): calls within calls, and room for what is transformed.
 */

import {ScratchPlan} from '../memory/scratch';
import {
  FLOAT_BYTES,
  PANEL,
  PART_CALL_FIELDS,
  type PartCall,
  PRODUCT_CALL_FIELDS,
  type Rooms,
  STRIP_COLUMNS,
  writeFields,
  writePartCall,
} from './part_call';
import {apart, WINOGRAD_CALL_FIELDS, type Winograd} from './winograd_call';

/** The fields of the module's class `WinogradProductCall`. */
export const WINOGRAD_PRODUCT_CALL_FIELDS = [
  ...(['inputs', 'product', 'gradientsApart', 'sums', 'sumsApart', 'strip', 'tiles'] as const),
] as const;

/** Sums of a strip of inputs: more of them leave the cache, fewer inputs have the output gradients transformed more often. */
const SUMS_BYTES = 2 ** 22;

/** A gradient with respect to the filter in this form. */
export interface WinogradProduct {
  form: Winograd;
  /** Tiles at a time: the BLOCK of the module. */
  block: number;
  /** Inputs at a time. */
  strip: number;
}

export function winogradProductOf(form: Winograd, block: number): WinogradProduct {
  const {products, turns, panels, inputs} = form;
  const inputBytes = turns * products * panels * PANEL * FLOAT_BYTES;
  const fitting = Math.floor(SUMS_BYTES / inputBytes / STRIP_COLUMNS) * STRIP_COLUMNS;
  return {form, block, strip: Math.min(inputs, Math.max(STRIP_COLUMNS, fitting))};
}

/** Scratch: offsets in bytes from its start, where the WinogradProductCall stands, and its size. */
function layoutOf({form, block, strip}: WinogradProduct) {
  const {products, turns, inputs, panels} = form;
  const outputs = panels * PANEL;
  const valuesApart = apart(block * strip);
  const gradientsApart = apart(block * outputs);
  const sumsApart = apart(strip * outputs);
  const plan = new ScratchPlan();
  plan.fields(WINOGRAD_PRODUCT_CALL_FIELDS);
  return {
    inputs: plan.fields(WINOGRAD_CALL_FIELDS),
    part: plan.fields(PART_CALL_FIELDS),
    stripPart: plan.fields(PART_CALL_FIELDS),
    product: plan.fields(PRODUCT_CALL_FIELDS),
    sumsPart: plan.fields(PART_CALL_FIELDS),
    zeros: plan.floats(inputs),
    rows: plan.floats(block),
    edge: plan.floats(4 * PANEL),
    patch: plan.floats(Math.max(16 * strip, 4 * outputs)),
    strips: plan.floats(block * STRIP_COLUMNS),
    values: plan.take(products * valuesApart),
    panels: plan.take(products * gradientsApart),
    sums: plan.take(turns * products * sumsApart),
    ...{valuesApart, gradientsApart, sumsApart, outputs},
    bytes: plan.bytes,
  };
}

export function winogradProductScratch(product: WinogradProduct): number {
  return layoutOf(product).bytes;
}

/**
 * Writes the calls to `at`, the start of their scratch.
 *
 * @param describe the part's own call, its output gradient as `y` and the result as `weights`
 */
export function writeWinogradProductCall(
  memory: WebAssembly.Memory,
  at: number,
  product: WinogradProduct,
  describe: (rooms: Rooms) => PartCall,
): void {
  const layout = layoutOf(product);
  const {valuesApart, gradientsApart, sumsApart, outputs} = layout;
  const {form, block, strip} = product;
  const zeros = at + layout.zeros;
  new Float32Array(memory.buffer, zeros, form.inputs).fill(0);
  const part = describe({zeros, edge: at + layout.edge, pointers: 0, gathered: 0});
  writePartCall(memory, at + layout.part, part);
  writePartCall(memory, at + layout.stripPart, part);
  writePartCall(memory, at + layout.sumsPart, {...part, outputs, tapBytes: outputs * FLOAT_BYTES});
  writeFields(memory, at + layout.product, PRODUCT_CALL_FIELDS, {
    part: at + layout.sumsPart,
    panels: at + layout.panels,
    strips: at + layout.strips,
    rows: form.tiles,
  });
  writeFields(memory, at + layout.inputs, WINOGRAD_CALL_FIELDS, {
    part: at + layout.part,
    product: at + layout.stripPart,
    values: at + layout.values,
    valuesApart,
    ...{sums: 0, sumsApart: 0, weightsApart: 0},
    rows: at + layout.rows,
    patch: at + layout.patch,
    block,
    alongTime: form.alongTime ? 1 : 0,
  });
  writeFields(memory, at, WINOGRAD_PRODUCT_CALL_FIELDS, {
    inputs: at + layout.inputs,
    product: at + layout.product,
    gradientsApart,
    sums: at + layout.sums,
    sumsApart,
    strip,
    tiles: form.tiles,
  });
}
