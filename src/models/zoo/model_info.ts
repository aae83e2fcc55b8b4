/** What is known of a model: how a video becomes its input and what its output means. */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {OutputKind} from '../../layers';

/** One number for all channels, or one each for red, green, blue. */
export type ChannelValues = number | readonly [number, number, number];

/** Pixels of a picture: the length of its shorter side, the aspect kept, or exactly `[height, width]`. */
export type PictureLength = number | readonly [height: number, width: number];

/** How a video becomes the input of a model: frames, scaled, cut in the middle, values normalised. Options of `readClip`. */
export interface ModelInput {
  readonly frames: number;
  /** Distance between neighbouring frames, or `'uniform'`: spread over the whole video. Default `'uniform'`. */
  readonly interval?: number | 'uniform';
  /** What a frame is scaled to. */
  readonly size: PictureLength;
  /** Side of the square, or `[height, width]`, cut from the middle. Absent where `size` is exact. */
  readonly crop?: PictureLength;
  /** Subtracted from values of 0 to 255. */
  readonly mean: ChannelValues;
  /** Divides them afterwards. */
  readonly std: ChannelValues;
}

/** Lengths of the clips that a model takes. */
export interface ClipSize {
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

/** The clips that an input makes of any video. */
export function clipOf({frames, size, crop = size}: Pick<ModelInput, 'frames' | 'size' | 'crop'>): ClipSize {
  const [height, width] = typeof crop === 'number' ? [crop, crop] : crop;
  return {frames, height, width};
}

/** How the model's input is made and its output read. */
export interface ModelInfo extends ModelInput {
  /** The name, path or address that was asked for; `IOHandler` or `Checkpoint` for such a one. */
  readonly name: string;
  /** Name in the network registry; null for a model.json. */
  readonly network: string | null;
  /** Names of the classes; empty where they are not known. */
  readonly labels: readonly string[];
  /** What comes out of the model: probabilities if it ends in a softmax or sigmoid, see `recognize`. */
  readonly output: OutputKind;
}

export interface LoadedModel {
  /** On clips `[batch, frames, height, width, 3]`; of a classifier to `[batch, classes]`. */
  readonly model: LayersModel;
  readonly info: ModelInfo;
}
