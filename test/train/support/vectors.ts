/** What scripts/reference/training.py made: PyTorch's, timm's, mmcv's and mmaction2's answers. */
import {expect} from 'vitest';
import {bitsAt, hashOf} from '../../support/fill';
import {readGoldenJson} from '../../support/golden';

type Weights = Record<string, number[]>;

/** Weights after some steps in float64, and how far PyTorch's own float32 is from them. */
export interface WeightsBySteps {
  weights: Record<string, Weights>;
  float32Off: Record<string, number>;
}

export interface TrainingVectors {
  optimizers: Record<string, WeightsBySteps>;
  /** Of weights, along `sgd_nesterov`. */
  averages: WeightsBySteps;
  /** A classifier of one hidden layer whose batches of 5 go through it in pieces of 3 and 2. */
  accumulated: WeightsBySteps;
  schedules: Record<string, number[]>;
  losses: {
    logits: number[][];
    cases: Record<
      string,
      {name: 'softmax' | 'binary'; options: object; targets: number[][]; loss: number; gradient: number[][]}
    >;
  };
  /**
   * Classes, samples, top-1, top-5, mean class accuracy, hits, and of the confusion matrix of the classes that occur the sum of cells
   * times their places, counted from 1.
   */
  metrics: [number, number, number, number, number, number, number][];
}

export const readTrainingVectors = () => readGoldenJson<TrainingVectors>('train/training.json');

/** From [-1, 1), a hash of key and index: `noise` of the script. */
export function noise(key: string, count: number): number[] {
  const hash = hashOf(key);
  return Array.from({length: count}, (_, i) => ((bitsAt(hash, i) >>> 9) - 4194304) / 4194304);
}

/** The values after so many steps, where they were kept, are as near to the truth as float32 that rounds at other places can be. */
export function expectAsGiven(
  {weights, float32Off}: WeightsBySteps,
  steps: number,
  values: ReadonlyMap<string, ArrayLike<number>>,
): void {
  for (const [name, expected] of Object.entries(weights[steps] ?? {})) {
    const off = expected.map((value, k) => Math.abs(value - values.get(name)![k]!));
    expect(Math.max(...off), `${name} after ${steps} steps`).toBeLessThan(4 * float32Off[steps]! + 2 ** -22);
  }
}
