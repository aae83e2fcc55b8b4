/**
 * The calls of a model as a step of training makes them: a batch normalization and the ReLU behind it are one call, whose kernel keeps
 * nothing of what is between them. The numbers are those of the two.
 */
import type {LayersModel, SymbolicTensor} from '@tensorflow/tfjs-layers';
import type {NormActivation} from '../../geometry/kernel_names';
import {BatchNorm3D} from '../normalization/batch_norm3d';
import {type Call, callsOf, type Layer} from './graph';

export interface TrainingCall extends Call {
  /** What the layer, a BatchNorm3D, is to end with. */
  readonly activation?: NormActivation;
}

/** In the order in which the host calls its layers. */
export function trainingCalls(model: LayersModel): TrainingCall[] {
  const calls = callsOf(model, 'host');
  const readers = new Map<SymbolicTensor, Call[]>();
  for (const call of calls)
    for (const value of call.inputs) readers.set(value, [...(readers.get(value) ?? []), call]);
  const done = new Set<Call>();
  return calls.flatMap((call): TrainingCall[] => {
    if (done.has(call)) return [];
    const [value] = call.outputs as [SymbolicTensor];
    const [reader, ...others] = readers.get(value) ?? [];
    const isRead = others.length > 0 || model.outputs.includes(value);
    const activation = reader === undefined ? undefined : reluOf(reader.layer);
    if (!(call.layer instanceof BatchNorm3D) || isRead || activation === undefined) return [call];
    done.add(reader!);
    return [{...call, outputs: reader!.outputs, activation}];
  });
}

/** The ReLU that is all that a layer does. */
function reluOf(layer: Layer): NormActivation | undefined {
  const {activation, maxValue, threshold, negativeSlope} = layer.getConfig();
  const name = layer.getClassName();
  if (name === 'Activation') return activation === 'relu' || activation === 'relu6' ? activation : undefined;
  if (name !== 'ReLU' || threshold || negativeSlope) return undefined;
  if (maxValue == null) return 'relu';
  return maxValue === 6 ? 'relu6' : undefined;
}
