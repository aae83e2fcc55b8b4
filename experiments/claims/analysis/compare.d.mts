/** Types of compare.mjs, for its test. */
import type {Protocol, RunLine} from '../protocol.mjs';
import type {TResult} from './statistics.mjs';

export interface Figure {
  mean: number;
  spread: number | undefined;
}

export type Verdict = 'better' | 'worse' | 'open';

export interface Comparison {
  name: string;
  one: string;
  other: string;
  paired: boolean;
  joint: TResult & {permutation: number; differences?: number[]};
  motion: TResult & {permutation: number; differences?: number[]};
  thing: TResult & {permutation: number; differences?: number[]};
  verdict?: Verdict;
}

export interface FormAnalysis {
  form: string;
  done: number;
  planned: number;
  complete: boolean;
  arms: {
    name: string;
    units: number;
    runs: number;
    values: number[];
    joint: Figure | undefined;
    motion: Figure | undefined;
    thing: Figure | undefined;
  }[];
  comparisons: Comparison[];
}

export function analyse(protocol: Protocol, lines: readonly RunLine[]): FormAnalysis[];
