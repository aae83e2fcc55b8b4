/**
 * What the module is told about a gradient with respect to the filter in the minimal-filtering form
 * (module/assembly/winograd/winograd_product.ts): calls within calls, and room for what is transformed.
 */
import {BLOCK} from '../module/calls';
import {CallPlan, FLOAT_BYTES, type RowPlan} from './call_plan';
import {type Describe, EDGE, PANEL, STRIP_COLUMNS} from './part_call';
import {apart, type Winograd} from './winograd';

/** Sums of a strip of inputs: more of them leave the cache, fewer inputs have the output gradients transformed more often. */
const SUMS_BYTES = 2 ** 22;

/** Inputs at a time. */
function stripOf({products, turns, panels, inputs}: Winograd): number {
  const inputBytes = turns * products * panels * PANEL * FLOAT_BYTES;
  const fitting = Math.floor(SUMS_BYTES / inputBytes / STRIP_COLUMNS) * STRIP_COLUMNS;
  return Math.min(inputs, Math.max(STRIP_COLUMNS, fitting));
}

/**
 * The rows that threads share are the inputs.
 *
 * @param describe the part's own call, its output gradient as `y` and the result as `weights`
 */
export function planWinogradProduct(form: Winograd, steps: number, describe: Describe): RowPlan {
  const {products, turns, inputs, panels, tiles} = form;
  const [strip, outputs] = [stripOf(form), panels * PANEL];
  const [valuesApart, gradientsApart] = [apart(BLOCK * strip), apart(BLOCK * outputs)];
  const sumsApart = apart(strip * outputs);
  const plan = new CallPlan();
  const [head, transform, product] = [
    plan.call('WinogradProductCall'),
    plan.call('WinogradCall'),
    plan.call('ProductCall'),
  ];
  const [partAddress, stripPart, sumsPart] = [
    plan.call('PartCall'),
    plan.call('PartCall'),
    plan.call('PartCall'),
  ];
  const zeros = plan.zeros(inputs);
  const part = describe({zeros, edge: plan.floats(EDGE), pointers: 0, gathered: 0});
  plan.write(partAddress, 'PartCall', part);
  plan.write(stripPart, 'PartCall', part);
  plan.write(sumsPart, 'PartCall', {...part, outputs, tapBytes: outputs * FLOAT_BYTES});
  plan.write(product, 'ProductCall', {
    part: sumsPart,
    strips: plan.floats(BLOCK * STRIP_COLUMNS),
    panels: plan.reserve(products * gradientsApart),
    rows: tiles,
  });
  plan.write(transform, 'WinogradCall', {
    ...{part: partAddress, parts: 1, partBytes: 0, product: stripPart, valuesApart},
    rows: plan.floats(BLOCK),
    patch: plan.floats(
      products === 36 ? Math.max(36 * strip, 40 * outputs) : Math.max(16 * strip, 4 * outputs),
    ),
    values: plan.reserve(products * valuesApart),
    ...{sums: 0 as const, sumsApart: 0, weightsApart: 0, pack: 0 as const},
    block: BLOCK,
    products,
    tiles,
  });
  plan.write(head, 'WinogradProductCall', {
    ...{inputs: transform, product, gradientsApart, sumsApart, strip, tiles},
    sums: plan.reserve(turns * products * sumsApart),
  });
  // One range for each thread: all tiles are gone through for every range.
  return plan.finish('productWinograd', {rows: inputs, block: inputs, steps});
}
