/** The samples that a model knows worst: a few of many, kept while an evaluation goes on. */
import {jpegUrl} from '../../util/page/jpeg';
import type {RgbImage} from '../../util/rgb_image';

/** A sample with a high loss. */
export interface WorstSample {
  /** The path of its file, or what the data set calls it; else its place in the data set, `sample 7`. */
  readonly name: string;
  /** The class that it is of. */
  readonly label: string;
  /** The class that the model says. */
  readonly answer: string;
  /** What the model gives to its answer, 0 to 1. */
  readonly score: number;
  readonly loss: number;
  /** Up to three frames as the network sees them, made smaller: `data:` URLs of JPEG. Empty for what is no picture. */
  readonly pictures: readonly string[];
}

/** While the evaluation goes on pictures are kept as they are. */
export type WorstCandidate = Omit<WorstSample, 'pictures'> & {readonly pictures: readonly RgbImage[]};

const QUALITY = 80;

/** Holds the `limit` worst of the samples that it is given, whatever their number. */
export class WorstSamples {
  /** The highest loss first, of equal ones the earlier sample. */
  private readonly kept: WorstCandidate[] = [];

  constructor(private readonly limit: number) {}

  /** Whether a sample of this loss would be kept. A loss that is no number is the worst. */
  wants(loss: number): boolean {
    if (this.limit === 0) return false;
    const last = this.kept[this.limit - 1];
    return last === undefined || isWorse(loss, last.loss);
  }

  add(sample: WorstCandidate): void {
    const place = this.kept.findIndex(({loss}) => isWorse(sample.loss, loss));
    this.kept.splice(place < 0 ? this.kept.length : place, 0, sample);
    this.kept.splice(this.limit);
  }

  result(): WorstSample[] {
    return this.kept.map((sample) => ({
      ...sample,
      pictures: sample.pictures.map((picture) => jpegUrl(picture, QUALITY)),
    }));
  }
}

const isWorse = (a: number, b: number) => a > b || (Number.isNaN(a) && !Number.isNaN(b));
