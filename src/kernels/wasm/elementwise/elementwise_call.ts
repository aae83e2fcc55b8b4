/** Runs the module's functions on values (assembly/elementwise.ts); plans are kept by how many there are. */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {Kept} from '../../../util/kept';
import {sizeOf} from '../../../util/shapes';
import {CHUNK} from '../module/calls';
import {CallPlan, MEMORY_STEPS, operand, type RowPlan} from '../plan/call_plan';
import type {WasmRuntime} from '../runtime/wasm_runtime';

/** Their numbers are the places here. Gradients are of dy as the first tensor and what was saved as the others. */
const OPERATIONS = [
  ...(['add', 'multiply', 'subtract', 'relu', 'reluGradient'] as const),
  ...(['sigmoid', 'swish', 'swishGradient'] as const),
] as const;
export type Operation = (typeof OPERATIONS)[number];

const kept = new Kept<RowPlan>(512);

/** Of the shape of the first tensor, those that an operation takes besides. */
interface Others {
  readonly other?: TensorInfo;
  readonly sigmoid?: TensorInfo;
}

/** A new tensor of the shape of `a`. */
export function runElementwise(
  runtime: WasmRuntime,
  operation: Operation,
  a: TensorInfo,
  {other, sigmoid}: Others = {},
): TensorInfo {
  const to = runtime.makeOutput(a.shape);
  const count = sizeOf(a.shape);
  const operands = runtime.addressesOf({x: a, to, other, sigmoid});
  const plan = kept.get(`${operation}|${count}`, () => {
    const call = new CallPlan();
    call.write(call.call('ElementwiseCall'), 'ElementwiseCall', {
      ...{a: operand('x'), b: other === undefined ? 0 : operand('other'), to: operand('to')},
      ...{sigmoid: sigmoid === undefined ? 0 : operand('sigmoid')},
      ...{operation: OPERATIONS.indexOf(operation), count},
    });
    return call.finish('elementwise', {
      rows: Math.ceil(count / CHUNK),
      steps: Object.keys(operands).length * count * MEMORY_STEPS,
    });
  });
  runtime.runRows(plan, operands);
  return to;
}
