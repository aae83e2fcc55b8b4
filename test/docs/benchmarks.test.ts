/**
 * The figures of docs/guide/performance.md: pictures and tables are those that the committed results give, and say what
 * is in them, read here in another way.
 */
import {describe, expect, it} from 'vitest';
import {type BenchmarkReport, drawBenchmarks, RESULTS, withTables} from '../../scripts/draw_benchmarks.mjs';
import {readRepositoryFile} from '../support/golden';

const readText = async (path: string) => new TextDecoder().decode(await readRepositoryFile(path));
const read = async (path: string) => JSON.parse(await readText(path)) as BenchmarkReport;
const reports = {
  networks: await read(RESULTS.networks),
  ops: await read(RESULTS.ops),
  narrow: await read(RESULTS.narrow),
};
const {pictures, tables} = drawBenchmarks(reports);
const page = await readText('docs/guide/performance.md');

it('the tables are up to date; if not, run: node scripts/draw_benchmarks.mjs', () => {
  expect(withTables(page, tables) === page).toBe(true);
});

describe.each(['networks', 'ops'] as const)('the picture of %s', (key) => {
  const {cases} = reports[key];
  const svg = pictures[`benchmarks_${key}.svg`]!;

  it('has the picture of the results', async () => {
    expect((await readText(`docs/images/benchmarks_${key}.svg`)) === svg).toBe(true);
    expect(page).toContain(`(../images/benchmarks_${key}.svg)`);
    expect(svg).not.toMatch(/<script|<foreignObject|<image|href=|url\(/);
  });

  it('draws bars as long as the times, the slowest of each case as long as the others', () => {
    const widths = [...svg.matchAll(/class="bar"[^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
    const oneThread = cases.map(({rivals}) =>
      Object.entries(rivals).filter(([name]) => !/threads|array|stock/.test(name)),
    );
    expect(widths.length).toBe(oneThread.flat().length);
    const longest = Math.max(...widths);
    for (const rivals of oneThread) {
      const times = rivals.map(([, {cpu}]) => cpu).sort((a, b) => a - b);
      const drawn = widths.splice(0, times.length).sort((a, b) => a - b);
      times.forEach((time, i) => {
        const width = (time / times.at(-1)!) * longest;
        expect(Math.abs(drawn[i]! - Math.max(1, width))).toBeLessThan(0.1);
      });
    }
  });
});

describe.each(['networks', 'ops', 'narrow'] as const)('the table of %s', (key) => {
  const {cases} = reports[key];

  it('has a row for each case that says by how much ours is faster', () => {
    const [heading, , ...rows] = tables[key]!.split('\n\n')[0]!
      .split('\n')
      .map((row) => row.slice(1, -1).split('|'))
      .map((cells) => cells.map((cell) => cell.trim()));
    const column = heading!.indexOf('ours faster');
    expect(rows.map(([name]) => name)).toEqual(cases.map(({name}) => name));
    rows.forEach((cells, i) => {
      const {rivals} = cases[i]!;
      const isNetwork = key === 'networks' || cases[i]!.name.startsWith('MeshNet');
      const ours = isNetwork ? 'tfjs-sts frozen' : 'tfjs-sts';
      const ratio = rivals['onnxruntime-web']!.cpu / rivals[ours]!.cpu;
      expect(Math.abs(Number.parseFloat(cells[column]!) - ratio)).toBeLessThanOrEqual(
        ratio >= 10 ? 0.5 : 0.05001,
      );
    });
  });

  it('quotes no rival that failed or answered something else', async () => {
    expect(await readText(RESULTS[key])).not.toMatch(/"differs"/);
  });
});
