/**
 * From a LayersModel to a FrozenModel: one list of calls (plan/flat_calls.ts), what is fused (plan/plan_steps.ts), weights
 * folded, and all of it written down as data.
 */
import {clone, dispose, keep, type Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {outputKind} from '../../layers';
import {copyLayer} from '../../layers/models/clone_model';
import {weightsByName} from '../../layers/models/copy_weights';
import type {Layer} from '../../layers/models/graph';
import {InvalidArgumentError} from '../../util/errors';
import {checkLayersModel} from '../../util/models';
import type {FrozenGraph, FrozenStep, Json, JsonObject} from './frozen_data';
import {FROZEN_VERSION} from './frozen_data';
import {FrozenModel} from './frozen_model';
import {acceptedShapes} from './plan/accepted_shapes';
import {foldWeights, type PlannedConvolution} from './plan/convolution';
import {type FlatCall, type FlatModel, flatCalls} from './plan/flat_calls';
import type {FoldedNorm} from './plan/norm';
import {type PlannedPooling, type PlannedScaling, type PlannedStep, planSteps} from './plan/plan_steps';
import {convolutionSettings, HOST_CONV3D} from './steps/convolution';
import {IDENTITY} from './steps/identity';
import {LAYER} from './steps/layer';
import {makeSteps} from './steps/make_steps';
import {GLOBAL_AVERAGE} from './steps/pooling';
import {SCALE_CHANNELS} from './steps/scaling';

/**
 * Makes a model for inference alone out of a LayersModel: batch normalizations are folded into the convolutions before
 * them, bias, sum with a shortcut and activation become part of the convolution's kernel, and a value is freed when its
 * last reader has run. Logits differ from the model's by rounding alone.
 *
 * Folded are `sts.layers` convolutions and the host's conv3d, channels last, followed by `batchNorm3d` or
 * `batchNormalization`, `add` of two values and `reLU`, `leakyReLU`, `elu` or `activation` with relu, leakyRelu, relu6,
 * swish, hardSwish, sigmoid, elu, tanh, softplus, gelu, and squeeze-excite's `multiply` with an activation; normalization and
 * activation also behind a `concatenate` of the channels of convolutions. Every other layer runs as it is, as in `predict`: without dropout, with the moving averages, with the masks of sequences. Nested models are frozen, too.
 *
 * It takes inputs of every size that its layers take, whatever sizes the model was built for.
 *
 * The frozen model has the weights as they are now and needs the model no more: whoever needs the memory disposes of the
 * model after freezing.
 *
 * @param model a built functional or sequential model
 * @throws InvalidArgumentError for a GraphModel; for a layer that keeps states between calls (`stateful`), that combines
 *     masked values, which the host does wrongly, or that cannot be made anew from its config
 *
 * ```ts
 * const frozen = freeze(model);
 * const logits = frozen.predict(clip); // as model.predict(clip)
 * ```
 */
export function freeze(model: LayersModel): FrozenModel {
  checkLayersModel('freeze', model);
  const flat = flatCalls(model);
  const writing = new Writing();
  try {
    const graph = graphOf(
      model,
      flat,
      planSteps(flat).map((step) => writing.step(step)),
    );
    const steps = makeSteps(graph, writing.tensors, {
      layerOf: (step) => copyLayer(writing.layers.get(step)!),
      explained: (error, step) => notMade(writing.layers.get(step), error),
    });
    return FrozenModel.ofSteps(graph, writing.tensors, steps);
  } catch (error) {
    dispose([...writing.tensors.values()]);
    throw error;
  }
}

function graphOf(model: LayersModel, flat: FlatModel, steps: FrozenStep[]): FrozenGraph {
  const accepted = acceptedShapes(flat);
  // Not the model's outputNames, which a sequential model gets with its first call.
  const layers = model.outputs.map(({sourceLayer}) => sourceLayer.name);
  const names = layers.map((name, i) =>
    layers.indexOf(name) === layers.lastIndexOf(name) ? name : `${name}:${i}`,
  );
  return {
    version: FROZEN_VERSION,
    name: model.name,
    inputs: model.inputs.map(({dtype, shape}, i) => ({
      name: flat.inputs[i]!.name,
      dtype,
      shape: [...shape],
      accepts: accepted[i]!,
    })),
    outputs: model.outputs.map((output, i) => ({
      name: names[i]!,
      value: flat.outputs[i]!.name,
      dtype: output.dtype,
      shape: [...output.shape],
      kind: outputKind({outputs: [output]}),
    })),
    steps,
  };
}

/** The tensors of a layer with a normalization folded in, or with none. */
interface Folded {
  readonly norm: FoldedNorm | undefined;
  readonly tensors: FrozenStep['tensors'];
}

/** Planned steps as data, and the tensors that they name. A layer that is called several times has them once. */
class Writing {
  readonly tensors = new Map<string, Tensor>();
  /** The layer that a step is a copy of. */
  readonly layers = new Map<FrozenStep, Layer>();
  private readonly folded = new Map<Layer, Folded[]>();

  step(planned: PlannedStep): FrozenStep {
    if (planned.kind === 'convolution') return this.convolution(planned);
    if (planned.kind === 'scaling') return scaling(planned);
    return planned.kind === 'pooling' ? pooling(planned) : this.call(planned.call);
  }

  private convolution(planned: PlannedConvolution): FrozenStep {
    const {layer, norm, settings, activation, input, output, residual} = planned;
    return {
      op: layer.getClassName() === 'Conv3D' ? HOST_CONV3D : settings.kind,
      settings: convolutionSettings(settings, activation),
      inputs: [input, ...(residual ? [residual] : [])].map(({name}) => name),
      outputs: [output.name],
      tensors: this.named(layer, norm, output.name, () => foldWeights(planned)),
    };
  }

  private call({layer, inputs, outputs, masked}: FlatCall): FrozenStep {
    const values = {inputs: inputs.map(({name}) => name), outputs: outputs.map(({name}) => name)};
    if (layer === undefined) return {op: IDENTITY, settings: {}, ...values, tensors: {}};
    const weights = () =>
      Object.fromEntries(
        [...weightsByName(layer)].map(([name, weight]) => [name, keep(clone(weight.read()))]),
      );
    const {inputShapes} = layer.inboundNodes[0]!;
    const step: FrozenStep = {
      op: LAYER,
      settings: plain({
        className: layer.getClassName(),
        config: layer.getConfig(),
        inputShapes,
      }) as JsonObject,
      ...values,
      tensors: this.named(layer, undefined, values.outputs[0]!, weights),
      ...(masked && {masked}),
    };
    this.layers.set(step, layer);
    return step;
  }

  /** Tensors of a layer, those of one with a normalization folded in apart, named after the first step that has them. */
  private named(
    layer: Layer,
    norm: FoldedNorm | undefined,
    step: string,
    make: () => Record<string, Tensor>,
  ): FrozenStep['tensors'] {
    const ofLayer = this.folded.get(layer) ?? [];
    this.folded.set(layer, ofLayer);
    const known = ofLayer.find((one) => one.norm?.layer === norm?.layer && one.norm?.first === norm?.first);
    if (known !== undefined) return known.tensors;
    const named = Object.entries(make()).map(([what, tensor]) => {
      const name = `${step}/${what}`;
      this.tensors.set(name, tensor);
      return [what, name];
    });
    const tensors = Object.fromEntries(named) as FrozenStep['tensors'];
    ofLayer.push({norm, tensors});
    return tensors;
  }
}

function scaling({input, factors, output, activation}: PlannedScaling): FrozenStep {
  const values = {inputs: [input.name, factors.name], outputs: [output.name]};
  return {op: SCALE_CHANNELS, settings: {activation: activation as Json}, ...values, tensors: {}};
}

function pooling({keepDims, input, output}: PlannedPooling): FrozenStep {
  const values = {inputs: [input.name], outputs: [output.name]};
  return {op: GLOBAL_AVERAGE, settings: {keepDims}, ...values, tensors: {}};
}

/** As JSON has it, but for numbers that are not finite. */
function plain(value: unknown): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return (value ?? null) as Json;
  const kept = Object.entries(value).filter(([, one]) => one !== undefined && typeof one !== 'function');
  return Object.fromEntries(kept.map(([key, one]) => [key, plain(one)]));
}

function notMade(layer: Layer | undefined, error: unknown): unknown {
  if (layer === undefined) return error;
  return new InvalidArgumentError(
    `freeze: layer "${layer.name}" (${layer.getClassName()}) cannot be made anew from its config: ` +
      `${(error as Error).message}. Give it a complete getConfig, or call predict of the model itself.`,
    {cause: error},
  );
}
