/** Values that are set to zero before parts of a gradient are added to them. */
import {CHUNK} from '../module/calls';
import {CallPlan, MEMORY_STEPS, type Operand, operand, type RowPlan} from './call_plan';

export function planZeros(to: Operand, count: number): RowPlan {
  const plan = new CallPlan();
  plan.write(plan.call('ZeroCall'), 'ZeroCall', {to: operand(to), count});
  const rows = Math.ceil(count / CHUNK);
  return plan.finish('zeroChunks', {rows, block: rows, steps: (count * MEMORY_STEPS) / 4});
}
