/**
 * The layer that counts the colours of each frame of a clip, as networks do that compare frames by them. Counting is no
 * smooth function: no gradient passes.
 */
import {
  add,
  cast,
  clipByValue,
  customGrad,
  denseBincount,
  floor,
  matMul,
  mul,
  range,
  reshape,
  scalar,
  type serialization,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor2d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import {InputSpec, layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {
  type HostShape,
  type Kwargs,
  type LayerArgs,
  oneShape5D,
  oneTensor,
  shapeText,
} from '../host/layer_arguments';

/** Arguments of `sts.layers.colorHistogram`. */
export interface ColorHistogramLayerArgs extends LayerArgs {
  /** Equal parts of 0..255 that are told apart in each of red, green and blue. Default 8: 512 colours. */
  levels?: number;
}

/** Whole numbers up to here are exact in float32. */
const EXACT_FLOATS = 2 ** 24;

/** Input `[batch, time, height, width, 3]`, values 0..255; output `[batch, time, levels^3]`: counts of pixels. */
export class ColorHistogram extends layers.Layer {
  /** @nocollapse */
  static className = 'ColorHistogram';
  private readonly levels: number;

  constructor(args: ColorHistogramLayerArgs = {}) {
    super(args);
    this.levels = args.levels ?? 8;
    if (!Number.isInteger(this.levels) || this.levels < 1 || this.levels > 256) {
      throw new InvalidArgumentError(
        `${this.label()}: levels must be a whole number from 1 to 256; got ${args.levels}.`,
      );
    }
    this.inputSpec = [new InputSpec({ndim: 5, axes: {[-1]: 3}})];
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, this.label());
      const count = customGrad((given) => ({
        value: this.count(given as Tensor),
        gradFunc: () => zeros(x.shape),
      }));
      return count(x);
    });
  }

  /** Of each pixel the number of its colour, red before green before blue; of each frame how often each comes. */
  private count(x: Tensor): Tensor {
    const {levels} = this;
    const [batch, time, height, width] = x.shape as [number, number, number, number];
    const level = floor(mul(clipByValue(x, 0, 255), levels / 256));
    const places = tensor2d([levels * levels, levels, 1], [3, 1]);
    // Sums of whole numbers, exact in float32 up to 256^3.
    const colors = matMul(reshape(level, [-1, 3]) as Tensor2D, places);
    const bins = batch * time * levels ** 3;
    // Adding whole numbers to each row takes the host's wasm backend a hundred times as long.
    const dtype = bins <= EXACT_FLOATS ? 'float32' : 'int32';
    const firstBins = mul(range(0, batch * time, 1, dtype), scalar(levels ** 3, dtype));
    const byFrame = cast(reshape(colors, [batch * time, height * width]), dtype);
    // Of all frames at once: with a row for each the host's webgpu kernel leaves pixels or frames out.
    const pixels = cast(add(byFrame, reshape(firstBins, [-1, 1])), 'int32');
    const counts = denseBincount(reshape(pixels, [x.size / 3]) as Tensor1D, [], bins);
    return reshape(counts, [batch, time, levels ** 3]);
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    const shape = oneShape5D(inputShape, this.label());
    if (shape[4] !== 3) {
      throw new InvalidArgumentError(
        `${this.label()}: colours are red, green and blue, [batch, time, height, width, 3]; got ${shapeText(shape)}.`,
      );
    }
    return [shape[0]!, shape[1]!, this.levels ** 3];
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), levels: this.levels};
  }

  private label(): string {
    return `${this.getClassName()} "${this.name}"`;
  }
}
