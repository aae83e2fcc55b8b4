/** What is known of a model: how a video becomes its input and what its output means. Types only. */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {OutputKind} from '../layers';

/** One number for all channels, or one each for red, green, blue. */
export type ChannelValues = number | readonly [number, number, number];

/** How a video becomes the input of a model: frames, then short side scaled, centre cut, values normalised. */
export interface ModelInput {
  readonly frames: number;
  /** Distance between neighbouring frames, or `'uniform'`: spread over the whole video. Default `'uniform'`. */
  readonly interval?: number | 'uniform';
  /** Pixels of the short side after scaling. */
  readonly size: number;
  /** Side of the square cut from the middle, in pixels. */
  readonly cropSize: number;
  /** Subtracted from values of 0 to 255. */
  readonly mean: ChannelValues;
  /** Divides them afterwards. */
  readonly std: ChannelValues;
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
  /** `[batch, frames, cropSize, cropSize, 3]` to `[batch, classes]`. */
  readonly model: LayersModel;
  readonly info: ModelInfo;
}
