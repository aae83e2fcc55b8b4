/**
 * The pictures of the tap tables: what is committed is what the sources draw today, and the places in it are those
 * that the paper describes, counted by hand here.
 */
import {describe, expect, it} from 'vitest';
import {drawTapTables} from '../../scripts/draw_tap_tables.mjs';
import * as sts from '../../src/entries';
import {readRepositoryFile} from '../support/golden';

const pictures = drawTapTables(sts.geometry);

/** The numbers or names in the coloured squares with their places `[x, y]`, row by row as drawn. */
function marks(svg: string): {label: string; x: number; y: number}[] {
  const pattern = /<text x="([\d.]+)" y="([\d.]+)" font-size="13" font-weight="600"[^>]*>([^<]+)</g;
  return [...svg.matchAll(pattern)].map(([, x, y, label]) => ({label: label!, x: Number(x), y: Number(y)}));
}

describe.each(Object.keys(pictures))('docs/images/%s', (name) => {
  const svg = pictures[name]!;

  it('is up to date; if not, run: npm run build && node scripts/draw_tap_tables.mjs', async () => {
    const committed = new TextDecoder().decode(await readRepositoryFile(`docs/images/${name}`));
    expect(committed === svg).toBe(true);
  });

  it('is plain SVG that GitHub shows: a background, no script, nothing from elsewhere', () => {
    expect(svg).toMatch(/<rect x="0.5" y="0.5" width="\d+" height="\d+" rx="10" fill="#fbfcfd"/);
    expect(svg).not.toMatch(/<script|<foreignObject|<image|href=|url\(/);
    expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
  });
});

describe('tap_tables.svg', () => {
  // The first three marks are those of the legend, then come four rows of three.
  const rows = [0, 1, 2, 3].map((row) => marks(pictures['tap_tables.svg']!).slice(3 + 3 * row, 6 + 3 * row));
  const steps = rows.map(([a, b, c]) => [b!.x - a!.x, c!.x - b!.x, b!.y - a!.y, c!.y - b!.y]);
  const [cell, frame] = [26, 5 * 26 + 26];

  it('shows neighbours in time, along a row, along a column, in time', () => {
    expect(rows.map((row) => row.map(({label}) => label))).toEqual(Array(4).fill(['w₀', 'w₁', 'w₂']));
    expect(steps).toEqual([
      [frame, frame, 0, 0],
      [cell, cell, 0, 0],
      [0, 0, cell, cell],
      [frame, frame, 0, 0],
    ]);
  });
});

describe('tap_tables_depthwise.svg', () => {
  it('shows 27 weights of the ordinary, the static and the dynamic channels', () => {
    const found = marks(pictures['tap_tables_depthwise.svg']!).slice(3);
    const slice = ['0', '1', '2', '3', '4', '5', '6', '7', '8'];
    expect(found.map(({label}) => label)).toEqual(Array(9).fill(slice).flat());
  });
});
