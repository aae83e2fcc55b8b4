/**
 * The host's dense layer on values of rank 3 and more, in a frozen model. It copies its weights in every call, to where they lie already,
 * so that a backend that packs them does so again and again.
 */
import {fused, reshape, type Tensor, type Tensor1D, type Tensor2D, tidy} from '@tensorflow/tfjs-core';
import {weightsByName} from '../../../layers/models/copy_weights';
import type {Layer} from '../../../layers/models/graph';

type LayerVariable = Layer['weights'][number];

/** What the host fuses to a matrix product, by the names of its layers. */
const FUSED = ['linear', 'relu', 'elu'] as const;

/** A dense layer as this runs it; undefined for another layer, or where the host does as well. */
export class HostDense {
  private constructor(
    private readonly activation: (typeof FUSED)[number],
    private readonly kernel: LayerVariable,
    private readonly bias: LayerVariable | undefined,
  ) {}

  /** @param layer built */
  static of(layer: Layer): HostDense | undefined {
    if (layer.getClassName() !== 'Dense') return undefined;
    const activation = FUSED.find((name) => name === layer.getConfig().activation);
    const weights = weightsByName(layer);
    return activation && new HostDense(activation, weights.get('kernel')!, weights.get('bias'));
  }

  /** What the layer gives, to the bit; undefined for what it does as well itself. */
  run(x: Tensor): Tensor | undefined {
    if (x.rank < 3 || x.dtype !== 'float32') return undefined;
    const kernel = this.kernel.read() as Tensor2D;
    const bias = this.bias?.read() as Tensor1D | undefined;
    return tidy(() => {
      const [inputs, units] = kernel.shape;
      const rows = reshape(x, [-1, inputs]) as Tensor2D;
      const y = fused.matMul({a: rows, b: kernel, activation: this.activation, ...(bias && {bias})});
      return reshape(y, [...x.shape.slice(0, -1), units]);
    });
  }
}
