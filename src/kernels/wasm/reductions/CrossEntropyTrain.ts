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

export const crossEntropyTrainConfig: KernelConfig = wasmKernel(CrossEntropyTrain, (args, runtime) => {
  const {logits, targets, weights} = args.inputs as CrossEntropyTrainInputs;
  const {labelSmoothing} = args.attrs as CrossEntropyTrainAttrs;
  const [batch, classes] = logits.shape as [number, number];
  const plan = kept.get(`${batch}|${classes}|${labelSmoothing}|${weights != null}`, () => {
    const call = new CallPlan();
    call.write(call.call('CrossEntropyCall'), 'CrossEntropyCall', {
      ...{logits: operand('x'), targets: operand('values')},
      weights: weights == null ? 0 : operand('weights'),
      ...{loss: operand('y'), hits: operand('sums'), gradient: operand('to')},
      ...{batch, classes, smoothing: bitsOf(labelSmoothing)},
    });
    // One row is nothing for a second thread.
    return call.finish('crossEntropy', {rows: 1, steps: 0});
  });
  const [loss, hits] = [runtime.makeOutput([]), runtime.makeOutput([])];
  const gradient = runtime.makeOutput(logits.shape);
  const made = {y: loss, sums: hits, to: gradient};
  const given = {x: logits, values: targets, ...(weights != null && {weights})};
  runtime.runRows(plan, runtime.addressesOf({...given, ...made}));
  return [loss, gradient, hits];
});
