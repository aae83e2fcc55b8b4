/** Types of plan.mjs, for its test. */
import type {Protocol} from './protocol.mjs';

export interface PlannedRun {
  id: string;
  kind: 'image' | 'video';
  form: string;
  checkpoint: number;
  imageSeed: number;
  arm?: string;
  seed?: number;
  videoSeed?: number;
}

export const ARMS: {name: string; start: 'image' | 'random'; convolution: string; all: boolean}[];
export function plannedRuns(protocol: Protocol, only?: readonly string[]): PlannedRun[];
export function isToMake(
  run: PlannedRun,
  runs: readonly PlannedRun[],
  made: ReadonlySet<string>,
  hasFile: (run: PlannedRun) => boolean,
): boolean;
export function expectedTime(
  runs: readonly PlannedRun[],
  lines: readonly {form: string; kind: string; seconds: number}[],
): {seconds: number; borrowed: boolean};
