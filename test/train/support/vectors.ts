/** What scripts/reference/training.py made: PyTorch's, timm's, mmcv's and mmaction2's answers. */
import {bitsAt, hashOf} from '../../support/fill';
import {readGoldenJson} from '../../support/golden';

type Weights = Record<string, number[]>;

export interface TrainingVectors {
  /** Weights after some steps in float64, and how far PyTorch's own float32 is from them. */
  optimizers: Record<string, {weights: Record<string, Weights>; float32Off: Record<string, number>}>;
  schedules: Record<string, number[]>;
  losses: {
    logits: number[][];
    cases: Record<
      string,
      {name: 'softmax' | 'binary'; options: object; targets: number[][]; loss: number; gradient: number[][]}
    >;
  };
  /** Classes, samples, top-1, top-5, mean class accuracy, hits, confusion matrix of the classes that occur or 0. */
  metrics: [number, number, number, number, number, number, number[] | 0][];
}

export const readTrainingVectors = () => readGoldenJson<TrainingVectors>('train/training.json');

/** From [-1, 1), a hash of key and index: `noise` of the script. */
export function noise(key: string, count: number): number[] {
  const hash = hashOf(key);
  return Array.from({length: count}, (_, i) => ((bitsAt(hash, i) >>> 9) - 4194304) / 4194304);
}
