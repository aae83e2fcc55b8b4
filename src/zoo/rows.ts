/**
 * What the rows of the catalogs are made of: files with their hashes, inputs, and the lists of names that ship. Data only.
 */

import type {PackagedFile} from '../files/files';

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
  readonly crop: number;
  /** Subtracted from values of 0 to 255. */
  readonly mean: ChannelValues;
  /** Divides them afterwards. */
  readonly std: ChannelValues;
}

/** A JSON list of names. */
export interface LabelFile extends PackagedFile {
  readonly count: number;
}

export const LABELS = {
  imagenet1k: {
    path: 'models/imagenet1k_labels.json',
    bytes: 13_507,
    sha256: '7fcd2fc80ee092823b06eecf2b27deb0c245c4b1babd51c957aa615df5acf4f0',
    count: 1000,
  },
  kinetics400: {
    path: 'models/kinetics400_labels.json',
    bytes: 7159,
    sha256: 'bbd71282ee312ed679cfccec130e17697ded77d2a6225548d125ee9b99bf5290',
    count: 400,
  },
  somethingSomethingV2: {
    path: 'models/something_something_v2_labels.json',
    bytes: 8126,
    sha256: '329daa6808b4613b94cf826fade29420fda96ef0d338945d2634624540c495a3',
    count: 174,
  },
} as const satisfies Readonly<Record<string, LabelFile>>;

/** Data sets whose names of classes ship with the package. */
export type LabelSet = keyof typeof LABELS;
