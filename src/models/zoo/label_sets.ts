/**
 * The data sets whose names of classes ship with the package, each a list of names in a file with its hash. Data only: labels.ts
 * reads them, models/README.md says where they come from.
 */

import type {PackagedFile} from '../../files/files';

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
