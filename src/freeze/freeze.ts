/** From a LayersModel to a FrozenModel: plan (plan.ts), fold the weights (convolution.ts), copy the layers that stay. */
import {dispose, type Tensor5D} from '@tensorflow/tfjs-core';
import {LayersModel, type SymbolicTensor} from '@tensorflow/tfjs-layers';
import {type Call, callsOf, type Layer} from '../layers/models/graph';
import {InvalidArgumentError} from '../util/errors';
import {checkLayersModel} from '../util/models';
import {acceptedShapes} from './accepted_shapes';
import {type Convolution, foldWeights, runConvolution} from './convolution';
import {FrozenModel, type Step} from './frozen_model';
import {type LayerCopy, layerCopy} from './layer_copy';
import {maskedValues} from './masks';
import {isConvolution, isScaling, planSteps} from './plan';
import {type Scaling, scaleChannels} from './scaling';

/**
 * Makes a model for inference alone out of a LayersModel: batch normalizations are folded into the convolutions before
 * them, bias, sum with a shortcut and activation become part of the convolution's kernel, and a value is freed when its
 * last reader has run. Logits differ from the model's by rounding alone.
 *
 * Folded are `sts.layers` convolutions and the host's conv3d, channels last, followed by `batchNorm3d` or
 * `batchNormalization`, `add` of two values and `reLU`, `leakyReLU`, `elu` or `activation` with relu, leakyRelu, relu6,
 * swish, hardSwish, sigmoid, elu, tanh, softplus, gelu, and squeeze-excite's `multiply` with an activation. Every other
 * layer runs as it is, as in `predict`: without dropout, with the moving averages, with the masks of sequences. Nested models are frozen, too.
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
  checkLayers(model, []);
  return frozen(model);
}

/**
 * Refuses what would be wrong, in nested models too, before anything is made.
 *
 * @param masked the inputs that may come with a mask
 */
function checkLayers(model: LayersModel, masked: readonly SymbolicTensor[]): void {
  const calls = callsOf(model);
  const values = maskedValues(calls, masked);
  for (const {layer, inputs} of calls) {
    if (layer instanceof LayersModel) {
      checkLayers(
        layer,
        layer.inputs.filter((_, i) => values.has(inputs[i]!)),
      );
    } else if (layer.stateful) refuseStates(layer);
  }
}

function refuseStates(layer: Layer): never {
  throw new InvalidArgumentError(
    `freeze: layer "${layer.name}" (${layer.getClassName()}) is stateful, and a frozen model keeps nothing between its calls; ` +
      'call predict of the model itself.',
  );
}

function frozen(model: LayersModel): FrozenModel {
  const copies = new Map<Layer, LayerCopy>();
  const steps: Step[] = [];
  try {
    for (const planned of planSteps(model)) {
      if (isConvolution(planned)) steps.push(convolutionStep(planned));
      else steps.push(isScaling(planned) ? scalingStep(planned) : layerStep(planned, copies));
    }
  } catch (error) {
    for (const step of steps) step.dispose();
    throw error;
  }
  return new FrozenModel(model.name, model.inputs, model.outputs, steps, acceptedShapes(model));
}

function convolutionStep(planned: Convolution): Step {
  const {input, output, residual} = planned;
  const weights = foldWeights(planned);
  return {
    inputs: residual === undefined ? [input] : [input, residual],
    outputs: [output],
    work: {kind: 'convolution', planned, weights},
    run: ([x, added]) => runConvolution(planned, weights, x as Tensor5D, added as Tensor5D | undefined),
    dispose: () => dispose(Object.values(weights)),
  };
}

function scalingStep(planned: Scaling): Step {
  const {input, factors, output, activation} = planned;
  return {
    inputs: [input, factors],
    outputs: [output],
    work: {kind: 'scaling', planned},
    run: ([x, y]) => scaleChannels(x as Tensor5D, y as Tensor5D, activation),
    dispose: () => {},
  };
}

/** The layer as it is, in a copy of its own. A layer that is called several times is copied once. */
function layerStep({layer, inputs, outputs}: Call, copies: Map<Layer, LayerCopy>): Step {
  const known = copies.get(layer);
  const copy = known ?? (layer instanceof LayersModel ? nestedCopy(layer) : layerCopy(layer));
  copies.set(layer, copy);
  return {...copy, inputs, outputs, dispose: known === undefined ? copy.dispose : () => {}};
}

/** A nested model, whose outputs come without masks, as in the host. */
function nestedCopy(model: LayersModel): LayerCopy {
  const nested = frozen(model);
  return {
    work: {kind: 'model', model: nested},
    run: (values, masks) => nested.run(values, masks),
    dispose: () => nested.dispose(),
  };
}
