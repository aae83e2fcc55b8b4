export const GROUPED: string;
export function turnOf(index: number): string;
export function groupedMovement(index: number, grouped: {standing: number}): string;
export function poolsOf(task: {
  drawings: number;
  grouped: {drawings: number; standing: number};
}): Record<string, number[]>;
