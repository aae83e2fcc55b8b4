/** Types of draw_tap_tables.mjs, for the test that draws again from the sources. */
type Tables = typeof import('../src/geometry');

export function drawTapTables(sts: Tables): Record<string, string>;
