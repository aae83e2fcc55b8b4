/** Types of draw_benchmarks.mjs, for the test that draws again from the results. */
export interface BenchmarkReport {
  processor: string;
  system: string;
  node: string;
  relaxedSimd: boolean;
  cases: {
    name: string;
    loadBefore: number;
    rivals: Record<string, {cpu: number; wall: number; peakMemory: number}>;
  }[];
}

export const RESULTS: Record<'networks' | 'ops' | 'narrow', string>;

export function timeText(milliseconds: number): string;

export function drawBenchmarks(reports: Record<string, BenchmarkReport>): {
  pictures: Record<string, string>;
  tables: Record<string, string>;
};

export function withTables(page: string, tables: Record<string, string>): string;
