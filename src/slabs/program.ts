/** From a model and the shape of a volume to the steps of a slab stream. Nothing is computed here. */
import {LayersModel, type SymbolicTensor} from '@tensorflow/tfjs-layers';
import {FrozenModel, type Work} from '../freeze';
import {callsOf, type Layer} from '../layers/models/graph';
import {InvalidArgumentError} from '../util/errors';
import {convolutionStep, isConvolutionLayer} from './convolution';
import {cut} from './frames';
import {convolutionSteps, scalingStep} from './frozen_steps';
import {layerSpan} from './layer_rules';
import {type Step, Value} from './step';

/** What runs in slabs. */
export type SlabModel = LayersModel | FrozenModel;

/** A layer or a model inside, or a step of a frozen model. */
interface Part {
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  readonly work: Work | {readonly kind: 'model'; readonly model: LayersModel};
}

/** A model on one volume. */
export interface Program {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly steps: readonly Step[];
}

type Values = Map<SymbolicTensor, Value>;

/**
 * The steps of a model for inputs of these shapes, in an order in which they can run. Models inside the model are taken
 * apart: their layers are steps like all others.
 *
 * @param caller begins the messages
 * @throws InvalidArgumentError naming the first layer that does not work frame by frame, and why
 */
export function programOf(model: SlabModel, shapes: readonly (readonly number[])[], caller: string): Program {
  const inputs = shapes.map((shape) => new Value(shape));
  const steps: Step[] = [];
  const outputs = addModel(model, inputs, steps, caller);
  const passed = outputs.find((value) => inputs.includes(value));
  if (passed !== undefined || steps.length === 0) {
    throw new InvalidArgumentError(`${caller}: the model has no layers between an input and an output.`);
  }
  return {inputs, outputs, steps};
}

function addModel(model: SlabModel, inputs: readonly Value[], steps: Step[], caller: string): Value[] {
  const values: Values = new Map(model.inputs.map((input, i) => [input, inputs[i]!]));
  for (const part of partsOf(model, caller)) {
    const given = part.inputs.map((input) => values.get(input)!);
    const made =
      part.work.kind === 'model'
        ? addModel(part.work.model, given, steps, caller)
        : [addSteps(partSteps(part, part.work, given, caller), steps)];
    part.outputs.forEach((output, i) => {
      values.set(output, made[i]!);
    });
  }
  return model.outputs.map((output) => values.get(output)!);
}

/** What either kind of model is made of. */
function partsOf(model: SlabModel, caller: string): readonly Part[] {
  if (model instanceof FrozenModel) return model.stepsFor(caller);
  return callsOf(model).map(({layer, inputs, outputs}) => ({
    inputs,
    outputs,
    work: layer instanceof LayersModel ? {kind: 'model', model: layer} : {kind: 'layer', layer},
  }));
}

/** Adds steps that follow one another; the value that the last one makes. */
function addSteps(made: readonly Step[], steps: Step[]): Value {
  steps.push(...made);
  return made.at(-1)!.output;
}

function partSteps(
  {outputs}: Part,
  work: Exclude<Part['work'], {kind: 'model'}>,
  inputs: readonly Value[],
  caller: string,
): Step[] {
  // What is fused has the name of the layer that ended it.
  const layer = work.kind === 'layer' ? work.layer : outputs[0]!.sourceLayer;
  const refuse = (reason: string): never => {
    throw new InvalidArgumentError(
      `${caller}: layer "${layer.name}" (${layer.getClassName()}) does not work frame by frame: ${reason}. ` +
        'Run the model up to the layer before it, or call predict on the whole volume.',
    );
  };
  const made =
    work.kind === 'layer'
      ? [layerStep(work.layer, outputs.length, inputs, refuse)]
      : work.kind === 'scaling'
        ? [scalingStep(work.planned, inputs)]
        : convolutionSteps(work, inputs);
  for (const step of made) {
    const lengths = step.inputs.map(({value}) => value.frames.length);
    if (new Set(lengths).size > 1) refuse(`its inputs have ${lengths.join(' and ')} frames`);
    if (step.output.frames.length < 1) refuse(`of ${lengths[0]} frames it makes none`);
  }
  return made;
}

function layerStep(
  layer: Layer,
  outputs: number,
  inputs: readonly Value[],
  refuse: (reason: string) => never,
): Step {
  const isFirst = (layer.getConfig() as {dataFormat?: string}).dataFormat === 'channelsFirst';
  if (isConvolutionLayer(layer) && !isFirst) return convolutionStep(layer, inputs[0]!);
  const shapes = inputs.map(({shape}) => [...shape]);
  const rule = layerSpan(layer, shapes);
  if (typeof rule === 'string') return refuse(rule);
  if (outputs > 1) refuse('it has several outputs');
  const shape = layer.computeOutputShape(shapes.length === 1 ? shapes[0]! : shapes) as number[];
  return wholeLayerStep(layer, inputs, new Value(shape), rule);
}

/** A layer called as it is on a stretch of its input; what it makes of the stretch's own ends is dropped. */
function wholeLayerStep(
  layer: Layer,
  inputs: readonly Value[],
  output: Value,
  {span, period}: ReturnType<typeof layerSpan> & object,
): Step {
  return {
    inputs: inputs.map((value) => ({value, span})),
    output,
    together: 1,
    period,
    run: (values, {input, output: wanted}) => {
      // Not `apply`, which compares lengths with those that the model was made for.
      const [y] = [layer.call(values.length === 1 ? values[0]! : [...values], {training: false})].flat();
      return cut(y!, wanted.first - (input.first * span.up) / span.down, wanted.count);
    },
  };
}
