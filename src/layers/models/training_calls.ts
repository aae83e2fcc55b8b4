/**
 * The calls of a model as a step of training makes them: a batch normalization and what is done to its values one by one right behind it,
 * the sum with a shortcut, a ReLU or swish, are one call, and so are the gate of a squeeze-and-excitation block and the swish behind it.
 * Their kernels keep nothing of what is between them. The numbers are those of the calls apart, but for the order in which the gradient of
 * a gate is summed up.
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel, SymbolicTensor} from '@tensorflow/tfjs-layers';
import {isOfChannels} from '../../geometry/channels';
import type {FusedNormActivation} from '../../geometry/kernel_names';
import {gatedSwish} from '../../ops/gated_swish';
import {BatchNorm3D} from '../normalization/batch_norm3d';
import {type Call, callsOf, type Layer} from './graph';

export interface TrainingCall extends Call {
  /** What the layer, a BatchNorm3D, is to end with. */
  readonly activation?: FusedNormActivation;
  /** Whether the last of the inputs is not the layer's: it is added to what the layer makes, before the activation. */
  readonly adds?: boolean;
  /** Called in the place of the layer, with its inputs. */
  readonly run?: (inputs: readonly Tensor[]) => Tensor;
}

/** In the order in which the host calls its layers. */
export function trainingCalls(model: LayersModel): TrainingCall[] {
  const calls = callsOf(model, 'host');
  const readers = new Map<SymbolicTensor, Call[]>();
  for (const call of calls)
    for (const value of call.inputs) readers.set(value, [...(readers.get(value) ?? []), call]);
  /** The one call that reads a value which nobody else does. */
  const onlyReader = (value: SymbolicTensor): Call | undefined => {
    const [reader, ...others] = readers.get(value) ?? [];
    return others.length > 0 || model.outputs.includes(value) ? undefined : reader;
  };
  const done = new Set<Call>();
  return calls.flatMap((call, i): TrainingCall[] => {
    if (done.has(call)) return [];
    let made: TrainingCall = call;
    let reader = onlyReader(made.outputs[0]!);
    const run = reader && gateWith(call, reader.layer);
    if (run !== undefined) {
      done.add(reader!);
      return [{...call, outputs: reader!.outputs, run}];
    }
    if (!(call.layer instanceof BatchNorm3D)) return [call];
    // Right behind it there is all that is added, and the gradients of what either reads keep their order.
    if (reader !== undefined && reader === calls[i + 1] && isSumOfTwo(reader)) {
      const other = reader.inputs.find((value) => value !== call.outputs[0])!;
      made = {...call, inputs: [...call.inputs, other], outputs: reader.outputs, adds: true};
      done.add(reader);
      reader = onlyReader(made.outputs[0]!);
    }
    const activation = reader && activationOf(reader.layer);
    if (activation === undefined || (made.adds && activation !== 'relu')) return [made];
    done.add(reader!);
    return [{...made, outputs: reader!.outputs, activation}];
  });
}

/** What computes a gate and the swish behind it. */
function gateWith({layer, inputs}: Call, next: Layer): TrainingCall['run'] {
  const [a, b] = inputs;
  if (layer.getClassName() !== 'Multiply' || inputs.length !== 2 || activationOf(next) !== 'swish')
    return undefined;
  // Lengths that are not known are not 1.
  const isGate = (gate: SymbolicTensor, x: SymbolicTensor) =>
    isOfChannels(gate.shape as number[], x.shape as number[]);
  if (isGate(b!, a!)) return ([x, gate]) => gatedSwish(x!, gate!);
  return isGate(a!, b!) ? ([gate, x]) => gatedSwish(x!, gate!) : undefined;
}

/** Whether a call adds two values of one shape. */
function isSumOfTwo({layer, inputs}: Call): boolean {
  const [a, b, ...others] = inputs.map(({shape}) => shape);
  return (
    layer.getClassName() === 'Add' &&
    others.length === 0 &&
    a!.length === b!.length &&
    a!.every((length, axis) => length === b![axis])
  );
}

/** The activation that is all that a layer does. */
function activationOf(layer: Layer): FusedNormActivation | undefined {
  const {activation, maxValue, threshold, negativeSlope} = layer.getConfig();
  const name = layer.getClassName();
  if (name === 'Activation') return ACTIVATIONS[String(activation)];
  if (name !== 'ReLU' || threshold || negativeSlope) return undefined;
  if (maxValue == null) return 'relu';
  return maxValue === 6 ? 'relu6' : undefined;
}

/** By their names in a config. */
const ACTIVATIONS: Readonly<Record<string, FusedNormActivation>> = {
  relu: 'relu',
  relu6: 'relu6',
  swish: 'swish',
  silu: 'swish',
};
