/**
 * Which steps a frozen model takes: convolutions with what could be fused to them, and all other layers as they are.
 * What follows a convolution is fused if nobody else reads the convolution's output: one batch normalization, then one
 * sum with a value of the same shape, then one activation.
 */
import type {LayersModel, SymbolicTensor} from '@tensorflow/tfjs-layers';
import {BatchNorm3D} from '../layers';
import type {Activation} from '../ops';
import {asConvolution, type Convolution, fusedActivation} from './convolution';
import {type Call, callsOf, type Layer} from './graph';

export type PlannedStep = Convolution | Call;

export function isConvolution(step: PlannedStep): step is Convolution {
  return 'op' in step;
}

/** The steps in an order in which they can run. */
export function planSteps(model: LayersModel): PlannedStep[] {
  const calls = callsOf(model);
  const readers = countReaders(model, calls);
  const steps: PlannedStep[] = [];
  /** The convolution that makes a value which one call alone reads. */
  const open = new Map<SymbolicTensor, Convolution>();
  const keepOpen = (convolution: Convolution) => {
    if (readers.get(convolution.output) === 1) open.set(convolution.output, convolution);
  };
  const fuse = (call: Call): boolean => {
    const convolution = call.inputs.flatMap((input) => open.get(input) ?? []).at(-1);
    if (convolution === undefined || !fuseInto(convolution, call)) return false;
    open.delete(convolution.output);
    convolution.output = call.outputs[0]!;
    keepOpen(convolution);
    // It runs when the call would have run: the other summand is there by then.
    steps.splice(steps.indexOf(convolution), 1);
    steps.push(convolution);
    return true;
  };
  for (const call of calls) {
    if (fuse(call)) continue;
    const [input, output] = [call.inputs[0], call.outputs[0]];
    const convolution = call.inputs.length === 1 ? asConvolution(call.layer, input!, output!) : undefined;
    steps.push(convolution ?? call);
    if (convolution !== undefined) keepOpen(convolution);
  }
  return steps;
}

/** How many times each value is read; being an output of the model counts as being read twice. */
function countReaders(model: LayersModel, calls: readonly Call[]): Map<SymbolicTensor, number> {
  const readers = new Map<SymbolicTensor, number>();
  const read = (value: SymbolicTensor, times: number) =>
    readers.set(value, (readers.get(value) ?? 0) + times);
  for (const {inputs} of calls) for (const input of inputs) read(input, 1);
  for (const output of model.outputs) read(output, 2);
  return readers;
}

/** Adds the call to the convolution if they fit together; whether they did. */
function fuseInto(convolution: Convolution, {layer, inputs}: Call): boolean {
  if (convolution.activation !== 'linear') return false;
  if (layer instanceof BatchNorm3D) {
    if (convolution.residual !== undefined || convolution.norm !== undefined || !layer.isChannelsLast()) {
      return false;
    }
    convolution.norm = layer;
    return true;
  }
  if (layer.getClassName() === 'Add') {
    const residual = inputs.find((input) => input !== convolution.output);
    if (inputs.length !== 2 || residual === undefined || convolution.residual !== undefined) return false;
    // Kernels add values of one shape; a length that is unknown now may turn out to be 1, which broadcasts.
    const [shape, other] = [convolution.output.shape.slice(1), residual.shape.slice(1)];
    if (shape.includes(null) || String(shape) !== String(other)) return false;
    convolution.residual = residual;
    return true;
  }
  const activation = activationOf(layer);
  if (activation === undefined) return false;
  convolution.activation = activation;
  return true;
}

/** The activation that is all that a layer does. */
function activationOf(layer: Layer): Activation | undefined {
  const {activation, maxValue} = layer.getConfig();
  if (layer.getClassName() === 'Activation') return fusedActivation(activation);
  if (layer.getClassName() !== 'ReLU') return undefined;
  if (maxValue == null) return 'relu';
  return maxValue === 6 ? 'relu6' : undefined;
}
