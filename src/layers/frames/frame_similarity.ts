/**
 * The layer that compares each frame of a clip with those around it: cosines of their features. What is alike within a
 * shot and differs between shots shows as a band that breaks off. TransNetV2 (Soucek and Lokoc 2020) has it twice.
 */
import {
  div,
  matMul,
  maximum,
  norm,
  pad,
  reshape,
  type serialization,
  slice,
  type Tensor,
  type Tensor3D,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import {InputSpec, layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {type HostShape, type Kwargs, type LayerArgs, oneTensor, shapeText} from '../host/layer_arguments';

/** Arguments of `sts.layers.frameSimilarity`. */
export interface FrameSimilarityLayerArgs extends LayerArgs {
  /** How many frames before and behind each frame it is compared with. Default 50. */
  reach?: number;
}

/** Below this a vector counts as that long, so that zeros have a direction: none. */
const LEAST_LENGTH = 1e-12;

/**
 * Input `[batch, time, features]`; output `[batch, time, 2 * reach + 1]`: entry k is the cosine of the frame and the one
 * k - reach behind it, 0 where the clip has none. No weights.
 */
export class FrameSimilarity extends layers.Layer {
  /** @nocollapse */
  static className = 'FrameSimilarity';
  private readonly reach: number;

  constructor(args: FrameSimilarityLayerArgs = {}) {
    super(args);
    this.reach = args.reach ?? 50;
    if (!Number.isInteger(this.reach) || this.reach < 0) {
      throw new InvalidArgumentError(
        `${this.label()}: reach must be a whole number of frames, at least 0; got ${args.reach}.`,
      );
    }
    this.inputSpec = [new InputSpec({ndim: 3})];
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, this.label()) as Tensor3D;
      const unit = div(x, maximum(norm(x, 'euclidean', -1, true), LEAST_LENGTH));
      // A copy, since kernels of products take what lies in their order alone; the host's wasm takes ten times as long.
      return bandOf(matMul(unit, transpose(unit, [0, 2, 1])) as Tensor3D, this.reach);
    });
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    const shapes = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as HostShape[];
    if (shapes.length !== 1 || shapes[0]!.length !== 3) {
      throw new InvalidArgumentError(
        `${this.label()}: takes one input [batch, time, features]; got ${shapes.map(shapeText).join(' and ')}.`,
      );
    }
    return [shapes[0]![0]!, shapes[0]![1]!, 2 * this.reach + 1];
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), reach: this.reach};
  }

  private label(): string {
    return `${this.getClassName()} "${this.name}"`;
  }
}

/**
 * Of `[batch, time, time]` the entries around the diagonal, `[batch, time, 2 * reach + 1]`. With `reach` zeros on both
 * sides a row has w entries, and row t wants those from t on: in rows of w + 1 they all begin at the left.
 */
function bandOf(table: Tensor3D, reach: number): Tensor3D {
  const [batch, time] = table.shape;
  const width = time + 2 * reach;
  const rows = reshape(pad(table, [ALL, ALL, [reach, reach]]), [batch, time * width]);
  const sheared = reshape(pad(rows, [ALL, [0, time]]), [batch, time, width + 1]);
  return slice(sheared, [0, 0, 0], [batch, time, 2 * reach + 1]) as Tensor3D;
}

const ALL: [number, number] = [0, 0];
