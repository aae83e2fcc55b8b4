/**
 * A convolution that a frozen model runs: whose op and weights, what is folded into the weights, what is fused to the
 * end. Planning allocates nothing; `foldWeights` makes the tensors once the whole plan stands.
 */
import {add, keep, mul, reshape, type Tensor1D, type Tensor5D, tidy} from '@tensorflow/tfjs-core';
import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import {ACTIVATIONS, type Activation} from '../geometry/kernel_names';
import {BaseConv3D, GroupedConv3D, type GroupedConv3DLayerArgs} from '../layers';
import type {Call, Layer} from '../layers/models/graph';
import type {FusedOptions} from '../ops';
import {activate} from '../ops/activations';
import {runConvolution as convolve} from '../ops/run_convolution';
import {isHostConv3D, runHostConv3D} from './host_conv3d';
import {affineOf} from './norm';

/** A planned convolution: y = activation(conv(input) + bias + residual). The passes of plan.ts fill it in. */
export interface Convolution {
  /** Runs the op. */
  readonly op: BaseConv3D;
  /** Has the weights: the same layer, except for the host's Conv3D. */
  readonly layer: Layer;
  readonly input: SymbolicTensor;
  output: SymbolicTensor;
  /** A batch normalization, ours or the host's, over the last axis. */
  norm?: Layer;
  residual?: SymbolicTensor;
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

export interface FoldedWeights {
  readonly filter: Tensor5D;
  readonly bias?: Tensor1D;
}

/** Filter and bias that give conv and batch normalization in one: new tensors, kept, the caller's to dispose of. */
export function foldWeights({layer, norm}: Convolution): FoldedWeights {
  return tidy(() => {
    const weight = (name: RegExp) => layer.weights.find(({originalName}) => name.test(originalName))?.read();
    const filter = weight(/kernel$/) as Tensor5D;
    const bias = weight(/bias$/) as Tensor1D | undefined;
    // A clone shares the values, and so outlives the model at no cost.
    if (norm === undefined) return {filter: keep(filter.clone()), ...(bias && {bias: keep(bias.clone())})};
    const {scale, offset} = affineOf(norm);
    // The last axis of a filter is the output channel; a depthwise one has the multiplier there, the channel before it.
    const [channels, outputs] = filter.shape.slice(3) as [number, number];
    // At rank 5: of rank 5 with rank 1 the host makes a webgpu program that the device refuses without an exception.
    const perOutput = reshape(scale, [1, 1, 1, scale.size === outputs ? 1 : channels, outputs]);
    return {
      filter: keep(mul(filter, perOutput)) as Tensor5D,
      bias: keep(bias ? add(mul(bias, scale), offset) : offset.clone()) as Tensor1D,
    };
  });
}

/** The planned convolution with its folded weights. */
export function runConvolution(
  {op, layer, activation}: Convolution,
  {filter, bias}: FoldedWeights,
  x: Tensor5D,
  residual: Tensor5D | undefined,
): Tensor5D {
  if (layer !== op && isHostConv3D()) {
    const y = runHostConv3D(layer, x, filter, bias);
    return activate(residual === undefined ? y : add(y, residual), activation) as Tensor5D;
  }
  // Shapes that are one for the sizes that the model was made for may differ for others, and then broadcast.
  const isFused = residual === undefined || String(op.computeOutputShape(x.shape)) === String(residual.shape);
  const run = (fused: FusedOptions) => convolve(op.convSettings(), x, filter, 'NDHWC', fused);
  if (isFused) return run({bias, residual, activation});
  return activate(add(run({bias}), residual), activation) as Tensor5D;
}
