/**
 * Runs the pooling functions of the module: what they are told, the fields of `PoolCall` in
 * module/assembly/layout.ts in their order, and how it follows from a PoolInfo.
 */
import {sizeOf} from '../../../util/shapes';
import {type PoolInfo, rowsOf} from '../../pool_info';
import {writeFields} from '../convolution/part_call';
import type {WasmHost} from '../runtime/wasm_runtime';

/** In the order of the module's class; test/kernels/wasm/module.test.ts compares. */
export const POOL_CALL_FIELDS = [
  ...(['x', 'y', 'dx', 'taps', 'list', 'channels'] as const),
  ...(['inputTime', 'inputHeight', 'inputWidth', 'outputTime', 'outputHeight', 'outputWidth'] as const),
  ...(['windowTime', 'windowHeight', 'windowWidth', 'strideTime', 'strideHeight', 'strideWidth'] as const),
  ...(['paddingTime', 'paddingHeight', 'paddingWidth'] as const),
] as const;

type PoolCall = Record<(typeof POOL_CALL_FIELDS)[number], number>;

/** Addresses of tensors; one that a function does not use may be left out. */
type PoolAddresses = Partial<Pick<PoolCall, 'x' | 'y' | 'dx' | 'taps'>>;

const WORD_BYTES = 4;
const ENTRY_WORDS = 3;

type Gradient = 'maxPoolGradient' | 'averagePoolGradient';
type Forward = 'maxPool' | 'maxPoolWholes' | 'maxPoolTaps' | 'maxPoolTapsOfWholes' | 'averagePool';

/** Runs a function over every row of the output or, of a gradient, of the input. */
export function runPool(
  host: WasmHost,
  run: Forward | Gradient,
  info: PoolInfo,
  addresses: PoolAddresses,
): void {
  const forward = run !== 'maxPoolGradient' && run !== 'averagePoolGradient';
  const window = sizeOf(info.window);
  host.runRows({
    run,
    rows: rowsOf(forward ? info.outputShape : info.inputShape),
    scratchBytes: (POOL_CALL_FIELDS.length + window * ENTRY_WORDS) * WORD_BYTES,
    steps: sizeOf(info.outputShape) * window,
    writeCall: (at) => {
      const list = at + POOL_CALL_FIELDS.length * WORD_BYTES;
      const call = {x: 0, y: 0, dx: 0, taps: 0, ...addresses, list, ...geometry(info)};
      writeFields(host.memory, at, POOL_CALL_FIELDS, call);
    },
  });
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
