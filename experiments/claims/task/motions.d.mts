/** Types of motions.mjs, for its test. */
export const motionNames: string[];
export function motionPath(
  motion: number,
  frames: number,
  speeds: Record<'slow' | 'fast' | 'turning', readonly [number, number]>,
  random: {uniform(): number},
): [number, number][];
