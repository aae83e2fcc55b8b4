/**
 * The calls of a model as a step of training makes them: a batch normalization and the ReLU behind it are one call, and so are the gate of
 * a squeeze-and-excitation block and the swish behind it. Their kernels keep nothing of what is between the two. The numbers are those of
 * the two, but for the order in which the gradient of a gate is summed up.
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel, SymbolicTensor} from '@tensorflow/tfjs-layers';
import {isOfChannels} from '../../geometry/channels';
import type {NormActivation} from '../../geometry/kernel_names';
import {gatedSwish} from '../../ops/gated_swish';
import {BatchNorm3D} from '../normalization/batch_norm3d';
import {type Call, callsOf, type Layer} from './graph';

export interface TrainingCall extends Call {
  /** What the layer, a BatchNorm3D, is to end with. */
  readonly activation?: NormActivation;
  /** Called in the place of the layer, with its inputs. */
  readonly run?: (inputs: readonly Tensor[]) => Tensor;
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
    if (reader === undefined || others.length > 0 || model.outputs.includes(value)) return [call];
    const fused = normWith(call, reader.layer) ?? gateWith(call, reader.layer);
    if (fused === undefined) return [call];
    done.add(reader);
    return [{...call, outputs: reader.outputs, ...fused}];
  });
}

type Fused = Pick<TrainingCall, 'activation' | 'run'>;

function normWith({layer}: Call, next: Layer): Fused | undefined {
  const activation = layer instanceof BatchNorm3D ? reluOf(next) : undefined;
  return activation && {activation};
}

function gateWith({layer, inputs}: Call, next: Layer): Fused | undefined {
  const [a, b] = inputs;
  const {activation} = next.getConfig();
  const isSwish = next.getClassName() === 'Activation' && (activation === 'swish' || activation === 'silu');
  if (!isSwish || layer.getClassName() !== 'Multiply' || inputs.length !== 2) return undefined;
  // Lengths that are not known are not 1.
  const isGate = (gate: SymbolicTensor, x: SymbolicTensor) =>
    isOfChannels(gate.shape as number[], x.shape as number[]);
  if (isGate(b!, a!)) return {run: ([x, gate]) => gatedSwish(x!, gate!)};
  return isGate(a!, b!) ? {run: ([gate, x]) => gatedSwish(x!, gate!)} : undefined;
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
