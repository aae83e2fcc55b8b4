/** Runs batch normalization or its gradient, pass by pass; plans are kept by shape and settings. */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {BatchNormFusedInputs, BatchNormTrainInputs} from '../../../geometry/kernel_names';
import {Kept} from '../../../util/kept';
import {sizeOf} from '../../../util/shapes';
import {type NormPlan, type NormSettings, planNorm} from '../plan/norm';
import type {WasmRuntime} from '../runtime/wasm_runtime';

type NormTensors = {readonly x: TensorInfo; readonly gamma: TensorInfo} & Partial<
  Record<
    ('dy' | 'to' | 'beta' | 'mean' | 'variance' | 'dgamma' | 'dbeta') | ('residual' | 'sigmoid'),
    TensorInfo | undefined
  >
>;

const kept = new Kept<NormPlan>(512);

export function runNorm(
  runtime: WasmRuntime,
  direction: 'forward' | 'backward',
  tensors: NormTensors,
  {epsilon, activation}: Omit<NormSettings, 'adds'>,
): void {
  const {x, gamma} = tensors;
  const channels = sizeOf(gamma.shape);
  const rows = sizeOf(x.shape.slice(0, -1));
  const settings = {epsilon, activation, adds: tensors.residual !== undefined};
  const key = `${direction}|${rows}|${channels}|${activation}|${settings.adds}|${epsilon}`;
  const {passes, floats} = kept.get(key, () => planNorm(direction, {rows, channels}, settings));
  const operands = runtime.addressesOf(tensors);
  runtime.withSpace(floats, (blocks) => {
    for (const pass of passes) runtime.runRows(pass, {...operands, blocks});
  });
}

/** A batch, normalized, with what is behind that: results as of BatchNormFused. */
export function normalize(
  runtime: WasmRuntime,
  {x, gamma, beta, residual}: BatchNormTrainInputs & Partial<BatchNormFusedInputs>,
  settings: Omit<NormSettings, 'adds'>,
): TensorInfo[] {
  const to = runtime.makeOutput(x.shape);
  const mean = runtime.makeOutput(gamma.shape);
  const variance = runtime.makeOutput(gamma.shape);
  const sigmoid = settings.activation === 'swish' ? runtime.makeOutput(x.shape) : undefined;
  runNorm(runtime, 'forward', {x, gamma, beta, residual, to, mean, variance, sigmoid}, settings);
  return [to, mean, variance, ...(sigmoid ? [sigmoid] : [])];
}
