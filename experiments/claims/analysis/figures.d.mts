/** Types of figures.mjs, for its test. */
export function testFigures(
  confusion: readonly (readonly number[])[],
  motions: number,
): {clips: number; joint: number; motion: number; thing: number; motionConfusion: number[][]};
