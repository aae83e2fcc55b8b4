/**
 * Runs the module's functions of batch normalization: a call with its rooms for factors of each channel. Which factors,
 * the kernels say.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {FLOAT_BYTES, writeFields} from '../convolution/part_call';
import {MEMORY_STEPS, type RowWork, type WasmHost} from '../runtime/wasm_runtime';

/** The fields of the module's class `NormCall`. */
export const NORM_CALL_FIELDS = [
  ...(['x', 'dy', 'to', 'mean', 'sums', 'products', 'gradient', 'deviation', 'shift', 'rows'] as const),
  'channels',
] as const;

type Tensors = Partial<Record<'x' | 'dy' | 'to' | 'mean' | 'sums' | 'products', TensorInfo>>;
type Factors = Partial<Record<'gradient' | 'deviation' | 'shift', ArrayLike<number>>>;

/**
 * @param run      over channels (statistics, sums) or over rows (what is written for each value)
 * @param tensors  `[rows, channels]` and `[channels]`, those that the function reads or writes
 * @param factors  `[channels]` each, those that it reads
 */
export function runNorm(
  host: WasmHost,
  run: 'normStatistics' | 'normSums' | 'normScale' | 'normBackprop',
  [rows, channels]: readonly [number, number],
  tensors: Tensors,
  factors: Factors = {},
): void {
  const head = Math.ceil(NORM_CALL_FIELDS.length / 4) * 4 * FLOAT_BYTES;
  const room = Math.ceil(channels / 4) * 4 * FLOAT_BYTES;
  const address = (tensor: TensorInfo | undefined) => (tensor === undefined ? 0 : host.addressOf(tensor));
  const byChannel = run === 'normStatistics' || run === 'normSums';
  const work: RowWork = {
    run,
    rows: byChannel ? channels : rows,
    // One range of channels for each thread: all rows are gone through for every range.
    block: byChannel ? channels : host.module.BLOCK.value,
    steps: rows * channels * MEMORY_STEPS,
    scratchBytes: head + 3 * room,
    writeCall: (at) => {
      const rooms = {gradient: at + head, deviation: at + head + room, shift: at + head + 2 * room};
      writeFields(host.memory, at, NORM_CALL_FIELDS, {
        x: address(tensors.x),
        dy: address(tensors.dy),
        to: address(tensors.to),
        mean: address(tensors.mean),
        sums: address(tensors.sums),
        products: address(tensors.products),
        ...rooms,
        rows,
        channels,
      });
      for (const [name, values] of Object.entries(factors)) {
        new Float32Array(host.memory.buffer, rooms[name as keyof Factors], channels).set(values);
      }
    },
  };
  host.runRows(work);
}
