/**
 * Which steps a frozen model takes: convolutions and squeeze-excite's products with what could be fused to them, and all
 * other layers as they are. What follows a convolution is fused if nobody else reads the convolution's output: one batch
 * normalization, then one sum with a value of the same shape, then one activation; to a product the activation.
 */
import type {LayersModel, SymbolicTensor} from '@tensorflow/tfjs-layers';
import {type Call, callsOf, type Layer} from '../layers/models/graph';
import type {Activation} from '../ops';
import {asConvolution, type Convolution, fusedActivation} from './convolution';
import {isChannelNorm} from './norm';
import {asScaling, type Scaling} from './scaling';

type Fusing = Convolution | Scaling;
export type PlannedStep = Fusing | Call;

export function isConvolution(step: PlannedStep): step is Convolution {
  return 'op' in step;
}

export function isScaling(step: PlannedStep): step is Scaling {
  return 'factors' in step;
}

/** The steps in an order in which they can run. */
export function planSteps(model: LayersModel): PlannedStep[] {
  const calls = callsOf(model);
  const readers = countReaders(model, calls);
  const steps: PlannedStep[] = [];
  /** The step that makes a value which one call alone reads, and to which that call may be fused. */
  const open = new Map<SymbolicTensor, Fusing>();
  const keepOpen = (step: Fusing) => {
    if (readers.get(step.output) === 1) open.set(step.output, step);
  };
  const fuse = (call: Call): boolean => {
    const step = call.inputs.flatMap((input) => open.get(input) ?? []).at(-1);
    if (step === undefined || !fuseInto(step, call)) return false;
    open.delete(step.output);
    step.output = call.outputs[0]!;
    keepOpen(step);
    // It runs when the call would have run: the other summand is there by then.
    steps.splice(steps.indexOf(step), 1);
    steps.push(step);
    return true;
  };
  for (const call of calls) {
    if (fuse(call)) continue;
    const step = asConvolution(call) ?? asScaling(call);
    steps.push(step ?? call);
    if (step !== undefined) keepOpen(step);
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

/** Adds the call to the step before it if they fit together; whether they did. */
function fuseInto(step: Fusing, call: Call): boolean {
  if (step.activation !== 'linear') return false;
  if (isConvolution(step) && (fuseNorm(step, call) || fuseSum(step, call))) return true;
  const activation = activationOf(call.layer);
  if (activation === undefined) return false;
  step.activation = activation;
  return true;
}

function fuseNorm(convolution: Convolution, {layer}: Call): boolean {
  const isFree = convolution.residual === undefined && convolution.norm === undefined;
  if (!isFree || !isChannelNorm(layer)) return false;
  convolution.norm = layer;
  return true;
}

function fuseSum(convolution: Convolution, {layer, inputs}: Call): boolean {
  const residual = inputs.find((input) => input !== convolution.output);
  if (layer.getClassName() !== 'Add' || inputs.length !== 2) return false;
  if (residual === undefined || convolution.residual !== undefined) return false;
  // Kernels add values of one shape. A length that is unknown now may turn out to be 1 in one of them, which broadcasts:
  // the step looks again when it runs.
  if (String(convolution.output.shape.slice(1)) !== String(residual.shape.slice(1))) return false;
  convolution.residual = residual;
  return true;
}

/** The activation that is all that a layer does. */
function activationOf(layer: Layer): Activation | undefined {
  const {activation, alpha, maxValue} = layer.getConfig();
  switch (layer.getClassName()) {
    case 'Activation':
      return fusedActivation(activation);
    case 'ELU':
      return 'elu'; // the host's has no alpha but 1
    case 'LeakyReLU':
      return typeof alpha === 'number' && alpha >= 0 ? {leakyRelu: alpha} : undefined;
    case 'ReLU':
      if (maxValue == null) return 'relu';
      return maxValue === 6 ? 'relu6' : undefined;
    default:
      return undefined;
  }
}
