/**
 * Which steps a frozen model takes: convolutions and squeeze-excite's products with what could be fused to them, and all
 * other layers as they are. What follows a convolution is fused if nobody else reads the convolution's output: one batch
 * normalization, then one sum with a value of the same shape, then one activation; to a product the activation.
 */
import type {Layer} from '../../layers/models/graph';
import type {Activation} from '../../ops';
import {asConvolution, fusedActivation, type PlannedConvolution} from './convolution';
import type {FlatCall, FlatModel, Value} from './flat_calls';
import {isChannelNorm} from './norm';

/** A product of a clip and one number for each of its channels: y = activation(input * factors). */
export interface PlannedScaling {
  readonly kind: 'scaling';
  /** `[batch, time, height, width, channels]` */
  readonly input: Value;
  /** `[batch, 1, 1, 1, channels]` */
  readonly factors: Value;
  output: Value;
  activation: Activation;
}

type Fusing = PlannedConvolution | PlannedScaling;
export type PlannedStep = Fusing | {readonly kind: 'call'; readonly call: FlatCall};

/** The steps in an order in which they can run. */
export function planSteps({calls, outputs}: FlatModel): PlannedStep[] {
  const readers = countReaders(calls, outputs);
  const steps: PlannedStep[] = [];
  /** The step that makes a value which one call alone reads, and to which that call may be fused. */
  const open = new Map<Value, Fusing>();
  const keepOpen = (step: Fusing) => {
    if (readers.get(step.output) === 1) open.set(step.output, step);
  };
  const fuse = (call: FlatCall): boolean => {
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
    steps.push(step ?? {kind: 'call', call});
    if (step !== undefined) keepOpen(step);
  }
  return steps;
}

/** How many times each value is read; being an output of the model counts as being read twice. */
function countReaders(calls: readonly FlatCall[], outputs: readonly Value[]): Map<Value, number> {
  const readers = new Map<Value, number>();
  const read = (value: Value, times: number) => readers.set(value, (readers.get(value) ?? 0) + times);
  for (const {inputs} of calls) for (const input of inputs) read(input, 1);
  for (const output of outputs) read(output, 2);
  return readers;
}

/** Adds the call to the step before it if they fit together; whether they did. */
function fuseInto(step: Fusing, {layer, inputs}: FlatCall): boolean {
  if (step.activation !== 'linear' || layer === undefined) return false;
  if (step.kind === 'convolution' && (fuseNorm(step, layer) || fuseSum(step, layer, inputs))) return true;
  const activation = activationOf(layer);
  if (activation === undefined) return false;
  step.activation = activation;
  return true;
}

function fuseNorm(convolution: PlannedConvolution, layer: Layer): boolean {
  const isFree = convolution.residual === undefined && convolution.norm === undefined;
  if (!isFree || !isChannelNorm(layer)) return false;
  convolution.norm = layer;
  return true;
}

function fuseSum(convolution: PlannedConvolution, layer: Layer, inputs: readonly Value[]): boolean {
  const residual = inputs.find((input) => input !== convolution.output);
  if (layer.getClassName() !== 'Add' || inputs.length !== 2) return false;
  if (residual === undefined || convolution.residual !== undefined) return false;
  // Kernels add values of one shape. A length that is unknown now may turn out to be 1 in one of them, which broadcasts:
  // the step looks again when it runs.
  if (String(convolution.output.shape.slice(1)) !== String(residual.shape.slice(1))) return false;
  convolution.residual = residual;
  return true;
}

/** The call as such a product; undefined for any other. */
function asScaling({layer, inputs, outputs}: FlatCall): PlannedScaling | undefined {
  if (layer?.getClassName() !== 'Multiply' || inputs.length !== 2) return undefined;
  const [input, factors] = positions(inputs[0]!) === 1 ? [inputs[1]!, inputs[0]!] : [inputs[0]!, inputs[1]!];
  const fits = input.shape.length === 5 && positions(factors) === 1 && input.shape[4] === factors.shape[4];
  return fits ? {kind: 'scaling', input, factors, output: outputs[0]!, activation: 'linear'} : undefined;
}

/** Positions of a rank-5 value; unknown ones count as many. */
function positions({shape}: Value): number {
  return shape.length === 5 ? shape.slice(1, 4).reduce<number>((size, n) => size * (n ?? Infinity), 1) : 0;
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
