/** What the table of models says of each. Types and what follows from a row; the rows are in models.ts. */
import type {PackagedFile} from '../../../files/files';
import type {NetworkTask} from '../../../networks';
import type {LabelSet} from '../label_sets';
import type {ModelInput} from '../model_info';

/** Where the weights of a model are. */
export type ModelWeights =
  /** In the package. */
  | ({readonly from: 'package'} & PackagedFile)
  /** At an address, fetched once and kept. */
  | {readonly from: 'url'; readonly url: string; readonly bytes: number; readonly sha256: string}
  /** In a file of somebody else, which the user brings and `tfjs-sts convert` makes one of ours of. */
  | {
      readonly from: 'convert';
      /** Where its authors list it. */
      readonly file: string;
      /** The file that describes network and test in the authors' repository. */
      readonly config: string;
      /** What makes a file for `loadModel` of the one that was downloaded, here called FILE. */
      readonly command: string;
      /** Null where nobody published it, as `sha256`. */
      readonly bytes: number | null;
      readonly sha256: string | null;
    };

/** How well a model does, by the word of `source`. */
export interface Accuracy {
  /** Fraction of right first answers, or the harmonic mean of precision and recall. */
  readonly metric: 'top-1' | 'F1';
  /** In percent. */
  readonly percent: number;
  /** The data that it was tested on. */
  readonly on: string;
  readonly source: string;
}

/** One model: a network with certain weights. */
export interface ModelRow {
  /** `network.tag`; of a model that is no network of the registry its own name and tag. */
  readonly name: string;
  /** Name in the network registry; null where the file says layer by layer what the model is. */
  readonly network: string | null;
  /** What the weights were trained on, and the length of training where there are two. */
  readonly tag: string;
  readonly task: NetworkTask;
  /** One line for people. */
  readonly description: string;
  readonly weights: ModelWeights;
  /** As `readClip` takes it. Networks of one frame take images. */
  readonly input: ModelInput;
  /** Views whose probabilities the authors average, per video; null where it was never tested on videos. */
  readonly views: {readonly clips: number; readonly crops: number} | null;
  /** The names of its classes, for `loadLabels`; null where it has no classes, or its file names them. */
  readonly labels: LabelSet | null;
  /** Of the weights; null where their authors state none. */
  readonly licence: string | null;
  /** Where the weights come from. */
  readonly source: string;
  /** What its authors say; empty where they have not tested it. */
  readonly reported: readonly Accuracy[];
  /** What was measured with this package; empty where nobody has. */
  readonly measured: readonly Accuracy[];
}

/** Which file to bring, and what to do with it: the end of a sentence that says that the model does not ship. */
export function howToBring({file, config, command}: ModelWeights & {from: 'convert'}): string {
  return `download it yourself (${file}; ${config}), run \`${command}\`, and load the file that it writes`;
}
