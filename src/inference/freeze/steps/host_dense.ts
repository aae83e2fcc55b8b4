/**
 * The host's dense layer on values of rank 3 and more, in a frozen model. It copies its weights in every call, to where they lie already,
 * so that a backend that packs them does so again and again.
 */
import {fused, reshape, type Tensor, type Tensor1D, type Tensor2D, tidy} from '@tensorflow/tfjs-core';
import type {Layer} from '../../../layers/models/graph';

/** What the host fuses to a matrix product, by the names of its layers. */
const FUSED = ['linear', 'relu', 'elu'] as const;

/** What the layer gives, to the bit; undefined for another layer, or where the host does as well. */
export function runDense(layer: Layer, x: Tensor): Tensor | undefined {
  if (layer.getClassName() !== 'Dense' || x.rank < 3 || x.dtype !== 'float32') return undefined;
  const activation = FUSED.find((name) => name === layer.getConfig().activation);
  const weight = (name: string) =>
    layer.weights.find(({originalName}) => originalName.endsWith(name))?.read();
  const kernel = weight('kernel') as Tensor2D;
  const bias = weight('bias') as Tensor1D | undefined;
  if (activation === undefined) return undefined;
  return tidy(() => {
    const [inputs, units] = kernel.shape;
    const rows = reshape(x, [-1, inputs]) as Tensor2D;
    const y = fused.matMul({a: rows, b: kernel, activation, ...(bias && {bias})});
    return reshape(y, [...x.shape.slice(0, -1), units]);
  });
}
