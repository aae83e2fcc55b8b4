/** From a LayersModel to a FrozenModel: plan (plan.ts), fold the weights (convolution.ts), copy the layers that stay. */
import {dispose, type serialization, type Tensor, type Tensor5D} from '@tensorflow/tfjs-core';
import {LayersModel} from '@tensorflow/tfjs-layers';
import {inOrderOfCreation} from '../layers';
import {InvalidArgumentError} from '../util/errors';
import {type Convolution, foldWeights} from './convolution';
import {FrozenModel, type Step} from './frozen_model';
import type {Call, Layer} from './graph';
import {isConvolution, isScaling, planSteps} from './plan';
import {type Scaling, scaleChannels} from './scaling';

/**
 * Makes a model for inference alone out of a LayersModel: batch normalizations are folded into the convolutions before
 * them, bias, sum with a shortcut and activation become part of the convolution's kernel, and a value is freed when its
 * last reader has run. Logits differ from the model's by rounding alone.
 *
 * Folded are `sts.layers` convolutions and the host's conv3d, channels last, followed by `batchNorm3d`, `add` of two values
 * and `reLU` or `activation` with relu, relu6, swish, hardSwish, sigmoid, and squeeze-excite's `multiply` with an
 * activation. Every other layer runs as it is, as in `predict`: without dropout, with the moving averages.
 *
 * The frozen model has the weights as they are now and needs the model no more: whoever needs the memory disposes of the
 * model after freezing.
 *
 * @param model a built functional or sequential model
 * @throws InvalidArgumentError for a model that masks values, which the steps would not pass on
 *
 * ```ts
 * const frozen = freeze(model);
 * const logits = frozen.predict(clip); // as model.predict(clip)
 * ```
 */
export function freeze(model: LayersModel): FrozenModel {
  const masking = model.layers.find((layer) => layer.getClassName() === 'Masking');
  if (masking !== undefined) {
    throw new InvalidArgumentError(
      `freeze: layer "${masking.name}" masks values, which a frozen model does not pass on; call predict of the model itself.`,
    );
  }
  const copies = new Map<Layer, LayerCopy>();
  const steps = planSteps(model).map((planned) => {
    if (isConvolution(planned)) return convolutionStep(planned);
    return isScaling(planned) ? scalingStep(planned) : layerStep(planned, copies);
  });
  return new FrozenModel(model.name, model.inputs, model.outputs, steps);
}

function convolutionStep(planned: Convolution): Step {
  const {op, input, output, residual, activation} = planned;
  const {filter, bias} = foldWeights(planned);
  return {
    inputs: residual === undefined ? [input] : [input, residual],
    outputs: [output],
    run: ([x, added]) =>
      op.convolve(x as Tensor5D, filter, {bias, residual: added as Tensor5D | undefined, activation}),
    dispose: () => dispose([filter, ...(bias ? [bias] : [])]),
  };
}

function scalingStep({input, factors, output, activation}: Scaling): Step {
  return {
    inputs: [input, factors],
    outputs: [output],
    run: ([x, y]) => scaleChannels(x as Tensor5D, y as Tensor5D, activation),
    dispose: () => {},
  };
}

/** The layer as it is, in a copy of its own. A layer that is called several times is copied once. */
function layerStep({layer, inputs, outputs}: Call, copies: Map<Layer, LayerCopy>): Step {
  const known = copies.get(layer);
  const copy = known ?? copyLayer(layer);
  copies.set(layer, copy);
  return {inputs, outputs, run: copy.run, dispose: known === undefined ? copy.dispose : () => {}};
}

interface LayerCopy {
  run(values: Tensor[]): Tensor | Tensor[];
  dispose(): void;
}

/** Shares the values of the layer's weights, and stays when its model is disposed of. */
function copyLayer(layer: Layer): LayerCopy {
  if (layer instanceof LayersModel) {
    const frozen = freeze(layer);
    return {run: (values) => frozen.run(values), dispose: () => frozen.dispose()};
  }
  const copy = copyFromConfig(layer);
  return {
    run: (values) =>
      copy.apply(values.length === 1 ? values[0]! : values, {training: false}) as Tensor | Tensor[],
    dispose: () => {
      for (const weight of copy.weights) weight.dispose();
    },
  };
}

function copyFromConfig(layer: Layer): Layer {
  try {
    const cls = layer.constructor as serialization.SerializableConstructor<Layer>;
    const copy = cls.fromConfig(cls, layer.getConfig());
    // Its values are the layer's in a moment.
    copy.setFastWeightInitDuringBuild(true);
    copy.build(layer.inboundNodes[0]!.inputShapes);
    const weights = inOrderOfCreation(layer);
    inOrderOfCreation(copy).forEach((place, i) => {
      place.write(weights[i]!.read());
    });
    return copy;
  } catch (error) {
    throw new InvalidArgumentError(
      `freeze: layer "${layer.name}" (${layer.getClassName()}) cannot be made anew from its config: ` +
        `${(error as Error).message}. Give it a complete getConfig, or call predict of the model itself.`,
      {cause: error},
    );
  }
}
