/**
 * A convolution as it is planned: whose settings and weights, what is folded into the weights, what is fused to the end.
 * Planning allocates nothing; `foldWeights` makes the tensors once the whole plan stands.
 */
import {add, keep, mul, reshape, type Tensor, type Tensor1D, tidy} from '@tensorflow/tfjs-core';
import type {ConvSettings} from '../../../geometry/conv_settings';
import {ACTIVATIONS, type Activation} from '../../../geometry/kernel_names';
import {BaseConv3D, GroupedConv3D, type GroupedConv3DLayerArgs} from '../../../layers';
import type {Layer} from '../../../layers/models/graph';
import type {FlatCall, Value} from './flat_calls';
import {affineOf, type FoldedNorm} from './norm';

/** y = activation(conv(input) + bias + residual). The passes of plan_steps.ts fill it in. */
export interface PlannedConvolution {
  readonly kind: 'convolution';
  readonly settings: ConvSettings;
  /** Has the weights. */
  readonly layer: Layer;
  readonly input: Value;
  output: Value;
  /** A batch normalization, ours or the host's, over the last axis. */
  norm?: FoldedNorm;
  residual?: Value;
  activation: Activation;
}

/** Other names of activations that the kernels have. */
const SYNONYMS: Readonly<Record<string, Activation>> = {
  silu: 'swish',
  hardSilu: 'hardSwish',
  celu: 'elu',
  // Keras' slope of the activation; that of the layer is its own.
  leakyRelu: {leakyRelu: 0.2},
};

/** The activation that the kernels have under this name of a layer's; undefined if they have none. */
export function fusedActivation(name: unknown): Activation | undefined {
  if (typeof name === 'string' && Object.hasOwn(SYNONYMS, name)) return SYNONYMS[name];
  return ACTIVATIONS.find((known) => known === name);
}

/**
 * The layer's call as a convolution; undefined for another kind of layer, for channels first, and for an activation that
 * the kernels do not have.
 */
export function asConvolution({layer, inputs, outputs}: FlatCall): PlannedConvolution | undefined {
  if (!(layer instanceof BaseConv3D) && layer?.getClassName() !== 'Conv3D') return undefined;
  const config = layer.getConfig();
  const activation = fusedActivation(config.activation);
  if (activation === undefined || config.dataFormat === 'channelsFirst') return undefined;
  // The host's Conv3D is an ordinary convolution whose config has the same keys.
  const ours =
    layer instanceof BaseConv3D ? layer : new GroupedConv3D(config as unknown as GroupedConv3DLayerArgs);
  const settings = ours.convSettings();
  return {kind: 'convolution', settings, layer, input: inputs[0]!, output: outputs[0]!, activation};
}

/** Filter and bias that give conv and batch normalization in one: new tensors, kept, the caller's to dispose of. */
export function foldWeights({layer, norm, output}: PlannedConvolution): Record<string, Tensor> {
  return tidy(() => {
    const weight = (name: RegExp) => layer.weights.find(({originalName}) => name.test(originalName))?.read();
    const filter = weight(/kernel$/)!;
    const bias = weight(/bias$/) as Tensor1D | undefined;
    // A clone shares the values, and so outlives the model at no cost.
    if (norm === undefined) return {filter: keep(filter.clone()), ...(bias && {bias: keep(bias.clone())})};
    // The last axis of a filter is the output channel; a depthwise one has the multiplier there, the channel before it.
    const [channels, outputs] = filter.shape.slice(3) as [number, number];
    const {scale, offset} = affineOf(norm, output.shape.at(-1)!);
    // At rank 5: of rank 5 with rank 1 the host makes a webgpu program that the device refuses without an exception.
    const perOutput = reshape(scale, [1, 1, 1, scale.size === outputs ? 1 : channels, outputs]);
    return {
      filter: keep(mul(filter, perOutput)),
      bias: keep(bias ? add(mul(bias, scale), offset) : offset.clone()),
    };
  });
}
