/** Softmax cross entropy in training, on the wasm backend: loss, gradient and right answers in one call. */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {
  CrossEntropyTrain,
  type CrossEntropyTrainAttrs,
  type CrossEntropyTrainInputs,
} from '../../../geometry/kernel_names';
import {Kept} from '../../../util/kept';
import {bitsOf, CallPlan, operand, type RowPlan} from '../plan/call_plan';
import {wasmKernel} from '../runtime/wasm_kernel';

const kept = new Kept<RowPlan>(64);

export const crossEntropyTrainConfig: KernelConfig = wasmKernel(CrossEntropyTrain, ({inputs, attrs}, runtime) => {
  const {logits, targets, weights} = inputs as CrossEntropyTrainInputs;
  const {labelSmoothing} = attrs as CrossEntropyTrainAttrs;
  const [loss, hits] = [runtime.makeOutput([]), runtime.makeOutput([])];
  const gradient = runtime.makeOutput(logits.shape);
  const [batch, classes] = logits.shape as [number, number];
  const plan = kept.get(`${batch}|${classes}|${labelSmoothing}|${weights != null}`, () => {
    const call = new CallPlan();
    call.write(call.call('CrossEntropyCall'), 'CrossEntropyCall', {
      ...{logits: operand('x'), targets: operand('values'), weights: weights == null ? 0 : operand('weights')},
      ...{loss: operand('y'), hits: operand('sums'), gradient: operand('to')},
      ...{batch, classes, smoothing: bitsOf(labelSmoothing)},
    });
    // One row is nothing for a second thread.
    return call.finish('crossEntropy', {rows: 1, steps: 0});
  });
  runtime.runRows(
    plan,
    runtime.addressesOf({
      ...{x: logits, values: targets, weights: weights ?? undefined, y: loss, sums: hits, to: gradient},
    }),
  );
  return [loss, gradient, hits];
});
