/** Runs the pooling functions of the module: their call, as it follows from a PoolInfo. */
import {sizeOf} from '../../../util/shapes';
import {type PoolInfo, rowsOf} from '../../pool_info';
import {CallPlan, type Fields, operand} from '../plan/call_plan';
import type {WasmRuntime} from '../runtime/wasm_runtime';

type PoolCall = Fields<'PoolCall'>;

/** Addresses of tensors; one that a function does not use may be left out. */
type PoolOperands = Partial<Record<'x' | 'y' | 'dx' | 'taps', number>>;

const ENTRY_WORDS = 2;

type Gradient = 'maxPoolGradient' | 'averagePoolGradient';
type Forward = 'maxPool' | 'maxPoolWholes' | 'maxPoolTaps' | 'maxPoolTapsOfWholes' | 'averagePool';

/** Runs a function over every row of the output or, of a gradient, every line of the input. */
export function runPool(
  runtime: WasmRuntime,
  run: Forward | Gradient,
  info: PoolInfo,
  operands: PoolOperands,
): void {
  const forward = run !== 'maxPoolGradient' && run !== 'averagePoolGradient';
  const window = sizeOf(info.window);
  const addressOf = (name: keyof PoolOperands) => (operands[name] === undefined ? 0 : operand(name));
  const plan = new CallPlan();
  const head = plan.call('PoolCall');
  plan.write(head, 'PoolCall', {
    ...{x: addressOf('x'), y: addressOf('y'), dx: addressOf('dx'), taps: addressOf('taps')},
    list: plan.floats(window * ENTRY_WORDS),
    ...geometry(info),
  });
  const rows = forward ? rowsOf(info.outputShape) : sizeOf(info.inputShape.slice(0, 3));
  runtime.runRows(plan.finish(run, {rows, steps: sizeOf(info.outputShape) * window}), operands);
}

function geometry(info: PoolInfo): Omit<PoolCall, 'list' | 'x' | 'y' | 'dx' | 'taps'> {
  const [, inputTime, inputHeight, inputWidth, channels] = info.inputShape;
  const [, outputTime, outputHeight, outputWidth] = info.outputShape;
  const [windowTime, windowHeight, windowWidth] = info.window;
  const [strideTime, strideHeight, strideWidth] = info.strides;
  const [paddingTime, paddingHeight, paddingWidth] = info.padding;
  return {
    channels,
    ...{inputTime, inputHeight, inputWidth, outputTime, outputHeight, outputWidth},
    ...{windowTime, windowHeight, windowWidth, strideTime, strideHeight, strideWidth},
    ...{paddingTime, paddingHeight, paddingWidth},
  };
}
