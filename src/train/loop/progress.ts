/** What a run tells while it goes on and when it is over, and its error when the loss is no number. */
import {StsError} from '../../util/errors';
import type {Evaluation} from '../evaluation/evaluate';

/** After every update. */
export interface TrainProgress {
  /** Counted from 0. */
  readonly epoch: number;
  readonly epochs: number;
  /** Updates of the epoch that are done. */
  readonly step: number;
  readonly steps: number;
  /** Means over the epoch so far. */
  readonly loss: number;
  readonly accuracy: number;
  readonly learningRate: number;
  /** Of this session, without validation. */
  readonly samplesPerSecond: number;
  readonly secondsLeft: number;
}

/** An epoch that is over. */
export interface EpochResult {
  readonly epoch: number;
  /** Means over its samples while it went on, with the weights of the moment. */
  readonly loss: number;
  readonly accuracy: number;
  /** Absent in epochs without validation. */
  readonly validation?: Evaluation;
}

/** A run that is over. The model has its last weights, or their averages where the recipe makes some. */
export interface TrainingRun {
  /** The epochs of this session; a run that was taken up has the ones before in its log. */
  readonly epochs: readonly EpochResult[];
  /** Updates since the beginning of the run. */
  readonly updates: number;
  /** The epoch with the best validation, `best.safetensors` in the directory; null without validation. */
  readonly best: {readonly epoch: number; readonly top1: number} | null;
}

/** The loss is not a number or infinite, and nothing sensible can follow. */
export class TrainingDivergedError extends StsError {
  protected static override readonly stsKind: string = 'TrainingDivergedError';

  /** @param checkpoint the last good state, if there is one */
  constructor(
    message: string,
    readonly epoch: number,
    readonly step: number,
    readonly checkpoint: string | undefined,
  ) {
    super(message);
  }
}
