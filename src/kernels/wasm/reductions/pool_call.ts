/** Runs the pooling functions of the module: their call, as it follows from a PoolInfo. */
import {sizeOf} from '../../../util/shapes';
import {type PoolInfo, rowsOf} from '../../pool_info';
import {CallPlan, type Fields, operand} from '../plan/call_plan';
import type {WasmRuntime} from '../runtime/wasm_runtime';

type PoolCall = Fields<'PoolCall'>;

/** Addresses of tensors; one that a function does not use may be left out. */
type PoolOperands = Partial<Record<'x' | 'y' | 'dx', number>>;

/** What it takes to read a value of a window and compare or add it, four at a time, as multiply-adds. */
const STEPS = 4;

type Gradient = 'maxPoolGradient' | 'maxPoolGradientOfWholes' | 'averagePoolGradient';
type Forward = 'maxPool' | 'maxPoolWholes' | 'averagePool';

/** Runs a function over every row of the output or, of a gradient, every line of the input. */
export function runPool(
  runtime: WasmRuntime,
  run: Forward | Gradient,
  info: PoolInfo,
  operands: PoolOperands,
): void {
  const isForward = run === 'maxPool' || run === 'maxPoolWholes' || run === 'averagePool';
  const window = sizeOf(info.window);
  const addressOf = (name: keyof PoolOperands) => (operands[name] === undefined ? 0 : operand(name));
  const plan = new CallPlan();
  const head = plan.call('PoolCall');
  plan.write(head, 'PoolCall', {
    ...{x: addressOf('x'), y: addressOf('y'), dx: addressOf('dx')},
    list: plan.floats(window),
    ...geometry(info),
  });
  const rows = isForward ? rowsOf(info.outputShape) : sizeOf(info.inputShape.slice(0, 3));
  runtime.runRows(plan.finish(run, {rows, steps: sizeOf(info.outputShape) * window * STEPS}), operands);
}

function geometry(info: PoolInfo): Omit<PoolCall, 'list' | 'x' | 'y' | 'dx'> {
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
