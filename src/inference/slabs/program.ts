/** From a model and the shape of a volume to the steps of a slab stream. Nothing is computed here. */
import {LayersModel, type SymbolicTensor} from '@tensorflow/tfjs-layers';
import {inputShapesOf} from '../../layers/host/layer_arguments';
import {callsOf, type Layer} from '../../layers/models/graph';
import {InvalidArgumentError} from '../../util/errors';
import {FrozenModel, type Step as FrozenStep} from '../freeze';
import {convolutionStep, isConvolutionLayer} from './convolution';
import {cut} from './frames';
import {convolutionSteps, scalingStep} from './frozen_steps';
import {layerSpan} from './layer_rules';
import {type Step, Value} from './step';

/** What runs in slabs. */
export type SlabModel = LayersModel | FrozenModel;

/** A value of the model: its symbolic tensor, or in a frozen model its name. */
type Key = SymbolicTensor | string;

/** A layer or a model inside, or a step of a frozen model. */
interface Part {
  readonly inputs: readonly Key[];
  readonly outputs: readonly Key[];
  /** How messages call it. */
  readonly label: string;
  readonly work: FrozenStep | {readonly kind: 'layer'; readonly layer: Layer} | NestedModel;
}

interface NestedModel {
  readonly kind: 'model';
  readonly model: LayersModel;
}

/** Either kind of model, taken apart. */
interface Parts {
  readonly inputs: readonly Key[];
  readonly outputs: readonly Key[];
  readonly parts: readonly Part[];
}

/** A model on one volume. */
export interface Program {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly steps: readonly Step[];
}

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
  const parts = model instanceof FrozenModel ? partsOfFrozen(model, caller) : partsOf(model);
  const outputs = addParts(parts, inputs, steps, caller);
  const passed = outputs.find((value) => inputs.includes(value));
  if (passed !== undefined || steps.length === 0) {
    throw new InvalidArgumentError(`${caller}: the model has no layers between an input and an output.`);
  }
  return {inputs, outputs, steps};
}

function addParts(
  {inputs: keys, outputs, parts}: Parts,
  inputs: readonly Value[],
  steps: Step[],
  caller: string,
): Value[] {
  const values = new Map<Key, Value>(keys.map((key, i) => [key, inputs[i]!]));
  for (const part of parts) {
    const given = part.inputs.map((input) => values.get(input)!);
    const made = addPart(part, given, steps, caller);
    part.outputs.forEach((output, i) => {
      values.set(output, made[i]!);
    });
  }
  return outputs.map((output) => values.get(output)!);
}

/** @returns the values that the part makes */
function addPart(part: Part, given: readonly Value[], steps: Step[], caller: string): readonly Value[] {
  const {work} = part;
  if (work.kind === 'identity') return given;
  if (work.kind === 'model') return addParts(partsOf(work.model), given, steps, caller);
  return [addSteps(partSteps(part, work, given, caller), steps)];
}

function partsOf(model: LayersModel): Parts {
  const parts = callsOf(model).map(
    ({layer, inputs, outputs}): Part => ({
      inputs,
      outputs,
      label: labelOf(layer),
      work: layer instanceof LayersModel ? {kind: 'model', model: layer} : {kind: 'layer', layer},
    }),
  );
  return {inputs: model.inputs, outputs: model.outputs, parts};
}

function partsOfFrozen(model: FrozenModel, caller: string): Parts {
  const {graph, steps} = model.partsFor(caller);
  const parts = graph.steps.map(({inputs, outputs}, i): Part => {
    const work = steps[i]!;
    // What is fused has the name of the layer that ended it.
    const label =
      work.kind === 'layer' ? labelOf(work.layer) : `layer "${outputs[0]}" (${graph.steps[i]!.op})`;
    return {inputs, outputs, label, work};
  });
  return {
    inputs: graph.inputs.map(({name}) => name),
    outputs: graph.outputs.map(({value}) => value),
    parts,
  };
}

function labelOf(layer: Layer): string {
  return `layer "${layer.name}" (${layer.getClassName()})`;
}

/** Adds steps that follow one another; the value that the last one makes. */
function addSteps(made: readonly Step[], steps: Step[]): Value {
  steps.push(...made);
  return made.at(-1)!.output;
}

function partSteps(
  {outputs, label}: Part,
  work: Exclude<Part['work'], {kind: 'model' | 'identity'}>,
  inputs: readonly Value[],
  caller: string,
): Step[] {
  const refuse = (reason: string): never => {
    throw new InvalidArgumentError(
      `${caller}: ${label} does not work frame by frame: ${reason}. ` +
        'Run the model up to the layer before it, or call predict on the whole volume.',
    );
  };
  const made =
    work.kind === 'pooling'
      ? refuse('it needs all frames at once')
      : work.kind === 'layer'
        ? [layerStep(work.layer, outputs.length, inputs, refuse)]
        : work.kind === 'scaling'
          ? [scalingStep(work, inputs)]
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
  const shape = layer.computeOutputShape(inputShapesOf(shapes)) as number[];
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
