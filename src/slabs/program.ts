/** From a model and the shape of a volume to the steps of a slab stream. Nothing is computed here. */
import {LayersModel, type SymbolicTensor} from '@tensorflow/tfjs-layers';
import {type Call, callsOf, type Layer} from '../layers/graph';
import {InvalidArgumentError} from '../util/errors';
import {convolutionStep, isConvolutionLayer} from './convolution';
import {cut} from './frames';
import {layerSpan} from './layer_rules';
import {type Step, Value} from './step';

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
export function programOf(
  model: LayersModel,
  shapes: readonly (readonly number[])[],
  caller: string,
): Program {
  const inputs = shapes.map((shape) => new Value(shape));
  const steps: Step[] = [];
  const outputs = addModel(model, inputs, steps, caller);
  const passed = outputs.find((value) => inputs.includes(value));
  if (passed !== undefined || steps.length === 0) {
    throw new InvalidArgumentError(`${caller}: the model has no layers between an input and an output.`);
  }
  return {inputs, outputs, steps};
}

function addModel(model: LayersModel, inputs: readonly Value[], steps: Step[], caller: string): Value[] {
  const values: Values = new Map(model.inputs.map((input, i) => [input, inputs[i]!]));
  for (const call of callsOf(model)) {
    const given = call.inputs.map((input) => values.get(input)!);
    const made =
      call.layer instanceof LayersModel
        ? addModel(call.layer, given, steps, caller)
        : [addStep(layerStep(call, given, caller), steps)];
    call.outputs.forEach((output, i) => {
      values.set(output, made[i]!);
    });
  }
  return model.outputs.map((output) => values.get(output)!);
}

function addStep(step: Step, steps: Step[]): Value {
  steps.push(step);
  return step.output;
}

function layerStep({layer, outputs}: Call, inputs: readonly Value[], caller: string): Step {
  const refuse = (reason: string): never => {
    throw new InvalidArgumentError(
      `${caller}: layer "${layer.name}" (${layer.getClassName()}) does not work frame by frame: ${reason}. ` +
        'Run the model up to the layer before it, or call predict on the whole volume.',
    );
  };
  const isFirst = (layer.getConfig() as {dataFormat?: string}).dataFormat === 'channelsFirst';
  if (isConvolutionLayer(layer) && !isFirst) return convolutionStep(layer, inputs[0]!);
  const shapes = inputs.map(({shape}) => [...shape]);
  const rule = layerSpan(layer, shapes);
  if (typeof rule === 'string') return refuse(rule);
  if (outputs.length > 1) refuse('it has several outputs');
  const shape = layer.computeOutputShape(shapes.length === 1 ? shapes[0]! : shapes) as number[];
  const sameLength = inputs.every(({frames}) => frames.length === inputs[0]!.frames.length);
  if (!sameLength) refuse(`its inputs have ${inputs.map(({frames}) => frames.length).join(' and ')} frames`);
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
