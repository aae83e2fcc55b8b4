/** Types of draw_tap_tables.mjs, for the test that draws again from the sources. */
type Tables = Pick<
  typeof import('../src/entries'),
  'conv3dInfo' | 'depthwiseConv3dInfo' | 'stsConv3dInfo' | 'stsDepthwiseConv3dInfo' | 'tapTable'
>;

export function drawTapTables(sts: Tables): Record<string, string>;
