/**
 * Which steps a frozen model takes: convolutions and squeeze-excite's products with what could be fused to them, and all
 * other layers as they are. What follows a convolution is fused if nobody else reads the convolution's output: one batch
 * normalization, then one sum with a value of the same shape, then one activation; to a product the activation. Behind a
 * concatenation of the channels of convolutions a normalization and an activation go into each of them. Layers of training alone are
 * passed over where they stand between.
 */
import {GlobalAveragePooling3D} from '../../../layers';
import type {Layer} from '../../../layers/models/graph';
import {TRAINING_ONLY} from '../../../layers/models/training_only';
import type {Activation} from '../../../ops';
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

/** Global average pooling. */
export interface PlannedPooling {
  readonly kind: 'pooling';
  readonly keepDims: boolean;
  readonly input: Value;
  readonly output: Value;
}

/** A call of a layer as it is. */
interface PlannedCall {
  readonly kind: 'call';
  readonly call: FlatCall;
}

/** Convolutions that nobody reads but a call that puts their channels side by side. */
interface PlannedJoin {
  readonly kind: 'join';
  readonly branches: readonly PlannedConvolution[];
  readonly layer: Layer;
  output: Value;
}

type Fusing = PlannedConvolution | PlannedScaling | PlannedJoin;
export type PlannedStep = PlannedConvolution | PlannedScaling | PlannedPooling | PlannedCall;

/** The steps in an order in which they can run. */
export function planSteps({calls, outputs}: FlatModel): PlannedStep[] {
  const readers = countReaders(calls, outputs);
  const steps: (Fusing | PlannedPooling | PlannedCall)[] = [];
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
    const step = asConvolution(call) ?? asScaling(call) ?? asJoin(call, open);
    steps.push(step ?? asPooling(call) ?? {kind: 'call', call});
    if (step !== undefined) keepOpen(step);
  }
  return steps.map((step) => (step.kind === 'join' ? joinCall(step) : step));
}

/** The call as a join, if convolutions that are open make all of its inputs; undefined for any other. */
function asJoin(
  {layer, inputs, outputs}: FlatCall,
  open: ReadonlyMap<Value, Fusing>,
): PlannedJoin | undefined {
  if (layer?.getClassName() !== 'Concatenate') return undefined;
  const {axis} = layer.getConfig();
  const branches = inputs.flatMap((input) => {
    const step = open.get(input);
    return step?.kind === 'convolution' && step.activation === 'linear' ? [step] : [];
  });
  const isOfChannels = outputs[0]!.shape.length === 5 && (axis === -1 || axis === 4);
  if (!isOfChannels || branches.length < inputs.length) return undefined;
  return {kind: 'join', branches, layer, output: outputs[0]!};
}

function joinCall({layer, branches, output}: PlannedJoin): PlannedCall {
  return {
    kind: 'call',
    call: {layer, inputs: branches.map((branch) => branch.output), outputs: [output], masked: false},
  };
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
function fuseInto(step: Fusing, call: FlatCall): boolean {
  if (step.kind === 'join') return fuseIntoBranches(step, call);
  const {layer, inputs} = call;
  if (step.activation !== 'linear' || layer === undefined) return false;
  if (TRAINING_ONLY.has(layer.getClassName())) return true;
  if (step.kind === 'convolution' && (fuseNorm(step, layer) || fuseSum(step, layer, inputs))) return true;
  const activation = activationOf(layer);
  if (activation === undefined) return false;
  step.activation = activation;
  return true;
}

/** Adds a normalization or an activation to each branch; what a branch makes then has another name, since it is another value. */
function fuseIntoBranches({branches}: PlannedJoin, {layer, outputs}: FlatCall): boolean {
  if (layer === undefined || branches.some((branch) => branch.activation !== 'linear')) return false;
  const activation = activationOf(layer);
  if (activation === undefined && !(isChannelNorm(layer) && branches.every(isFree))) return false;
  let first = 0;
  branches.forEach((branch, i) => {
    if (activation === undefined) branch.norm = {layer, first};
    else branch.activation = activation;
    first += branch.output.shape.at(-1)!;
    branch.output = {name: `${outputs[0]!.name}/${i}`, shape: branch.output.shape};
  });
  return true;
}

const isFree = ({residual, norm}: PlannedConvolution) => residual === undefined && norm === undefined;

function fuseNorm(convolution: PlannedConvolution, layer: Layer): boolean {
  if (!isFree(convolution) || !isChannelNorm(layer)) return false;
  convolution.norm = {layer, first: 0};
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

/** The call as such a pooling; undefined for any other. */
function asPooling({layer, inputs, outputs, masked}: FlatCall): PlannedPooling | undefined {
  if (!(layer instanceof GlobalAveragePooling3D) || masked) return undefined;
  const {dataFormat, keepDims} = layer.getConfig() as {dataFormat: string; keepDims: boolean};
  if (dataFormat === 'channelsFirst') return undefined;
  return {kind: 'pooling', keepDims, input: inputs[0]!, output: outputs[0]!};
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
