/**
 * A convolution that a frozen model runs: whose op and weights, what is folded into the weights, what is fused to the
 * end. Planning allocates nothing; `foldWeights` makes the tensors once the whole plan stands.
 */
import {add, keep, mul, reshape, type Tensor1D, type Tensor5D, tidy} from '@tensorflow/tfjs-core';
import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import {BaseConv3D, type BatchNorm3D, GroupedConv3D, type GroupedConv3DLayerArgs} from '../layers';
import {ACTIVATIONS, type Activation} from '../ops/kernel_names';
import type {Call, Layer} from './graph';

/** A planned convolution: y = activation(conv(input) + bias + residual). The passes of plan.ts fill it in. */
export interface Convolution {
  /** Runs the op. */
  readonly op: BaseConv3D;
  /** Has the weights: the same layer, except for the host's Conv3D. */
  readonly layer: Layer;
  readonly input: SymbolicTensor;
  output: SymbolicTensor;
  norm?: BatchNorm3D;
  residual?: SymbolicTensor;
  activation: Activation;
}

/** The activation that the kernels have under this name of the host; undefined if they have none. */
export function fusedActivation(name: unknown): Activation | undefined {
  return ACTIVATIONS.find((known) => known === name);
}

/**
 * The layer's call as a convolution; undefined for another kind of layer, for channels first, and for an activation that
 * the kernels do not have.
 */
export function asConvolution({layer, inputs, outputs}: Call): Convolution | undefined {
  if (!(layer instanceof BaseConv3D) && layer.getClassName() !== 'Conv3D') return undefined;
  const config = layer.getConfig();
  const activation = fusedActivation(config.activation);
  if (activation === undefined || config.dataFormat === 'channelsFirst') return undefined;
  // The host's Conv3D is an ordinary convolution whose config has the same keys.
  const op =
    layer instanceof BaseConv3D ? layer : new GroupedConv3D(config as unknown as GroupedConv3DLayerArgs);
  return {op, layer, input: inputs[0]!, output: outputs[0]!, activation};
}

/** Filter and bias that give conv and batch normalization in one: new tensors, kept, the caller's to dispose of. */
export function foldWeights({layer, norm}: Convolution): {filter: Tensor5D; bias?: Tensor1D} {
  return tidy(() => {
    const weight = (name: RegExp) => layer.weights.find(({originalName}) => name.test(originalName))?.read();
    const filter = weight(/kernel$/) as Tensor5D;
    const bias = weight(/bias$/) as Tensor1D | undefined;
    // A clone shares the values, and so outlives the model at no cost.
    if (norm === undefined) return {filter: keep(filter.clone()), ...(bias && {bias: keep(bias.clone())})};
    const {scale, offset} = norm.affine();
    // The last axis of a filter is the output channel; a depthwise one has the multiplier there, the channel before it.
    const [channels, outputs] = filter.shape.slice(3) as [number, number];
    const perOutput = scale.size === outputs ? scale : reshape(scale, [channels, outputs]);
    return {
      filter: keep(mul(filter, perOutput)) as Tensor5D,
      bias: keep(bias ? add(mul(bias, scale), offset) : offset.clone()) as Tensor1D,
    };
  });
}
