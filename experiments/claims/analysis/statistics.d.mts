/** Types of statistics.mjs, for its test. */
export interface TResult {
  mean: number;
  error: number;
  freedom: number;
  interval: [number, number];
  p: number;
}

export function mean(values: readonly number[]): number;
export function variance(values: readonly number[]): number;
export function signFlipTest(differences: readonly number[]): number;
export function dealingTest(one: readonly number[], other: readonly number[]): number;
export function pairedT(differences: readonly number[]): TResult;
export function welchT(one: readonly number[], other: readonly number[]): TResult;
export function tTail(t: number, freedom: number): number;
export function tQuantile(probability: number, freedom: number): number;
export function shareInterval(right: number, all: number): [number, number];
