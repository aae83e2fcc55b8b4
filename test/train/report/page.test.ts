/** What a report says: curves of a log against plain sums, places of a drawing against its own axes, tables. */
import {describe, expect, it} from 'vitest';
import {MetricsCounter} from '../../../src/train/evaluation/metrics';
import {drawChart, short, ticks} from '../../../src/train/report/chart';
import {drawCurves, readCurves} from '../../../src/train/report/curves';
import {evaluationReport} from '../../../src/train/report/page';
import type {LogLine} from '../../../src/train/run_files/run_directory';

/** A log of epochs of 10 updates. */
async function* log(updates: number): AsyncGenerator<LogLine> {
  for (let update = 1; update <= updates; update++) {
    const epoch = Math.floor((update - 1) / 10);
    const figures = {loss: 100 / update, accuracy: update / updates, learningRate: 1 / (update + 1)};
    yield {kind: 'update', update, epoch, step: (update - 1) % 10, ...figures};
    if (update % 10 === 0) yield {kind: 'epoch', epoch, loss: 1, accuracy: 0.5};
  }
}

/** Class and answer, so often. */
function metrics(classes: number, answers: readonly (readonly [is: number, said: number, count: number])[]) {
  const counter = new MetricsCounter(Array.from({length: classes}, (_, c) => `c${c}`));
  for (const [is, said, count] of answers)
    for (let i = 0; i < count; i++)
      counter.add(
        Array.from({length: classes}, (_, c) => Number(c === said)),
        is,
      );
  return counter.result();
}

describe('curves of a log', () => {
  it.each([1, 7, 240, 241, 1000])('of %i updates: every one is in one stretch', async (updates) => {
    const {stretches, epochs} = await readCurves(log(updates), updates, 10);
    expect(epochs).toHaveLength(Math.floor(updates / 10));
    expect(stretches).toHaveLength(Math.min(240, updates));
    let begin = 0;
    for (const {at, loss, lowest, highest, accuracy, learningRate} of stretches) {
      // Epochs at its end are twice those at its middle less those at its beginning.
      const end = Math.round(20 * at) - begin;
      const losses = Array.from({length: end - begin}, (_, i) => 100 / (begin + i + 1));
      expect(losses.length).toBeGreaterThan(0);
      expect(loss).toBeCloseTo(losses.reduce((sum, one) => sum + one) / losses.length, 9);
      expect([highest, lowest]).toEqual([losses[0], losses.at(-1)]);
      expect(accuracy).toBeCloseTo((begin + 1 + end) / 2 / updates, 9);
      expect(learningRate).toBe(1 / (end + 1));
      begin = end;
    }
    expect(begin).toBe(updates);
  });

  it('are drawn with the validation of an epoch at its end', async () => {
    async function* judged(): AsyncGenerator<LogLine> {
      for await (const line of log(20)) {
        const validation = metrics(6, [[0, line.kind === 'epoch' ? line.epoch : 0, 1]]);
        yield line.kind === 'epoch' ? {...line, validation: {...validation, loss: 0.25}} : line;
      }
    }
    const [loss, accuracy] = drawCurves(await readCurves(judged(), 20, 10));
    const marks = (svg: string) => [...svg.matchAll(/<title>([^<]*)</g)].map(([, says]) => says);
    expect(marks(loss!)).toEqual(['validation after epoch 1: 0.25', 'validation after epoch 2: 0.25']);
    // The single sample of class 0 is known after the first epoch and taken for class 1, still among the best five, after the second.
    expect(marks(accuracy!)).toEqual([
      'validation, top-1 after epoch 1: 100 %',
      'validation, top-1 after epoch 2: 0 %',
      'top-5 after epoch 1: 100 %',
      'top-5 after epoch 2: 100 %',
    ]);
  });
});

describe('a chart', () => {
  it('has its points where its axes say, and says their values', () => {
    const points = [
      [1, 0.5],
      [2, Number.NaN],
      [4, 0.125],
    ] as const;
    const svg = drawChart({
      ...{title: 'Loss', xEnd: 4, yEnd: 1, format: short},
      lines: [{hue: 'b', name: '<validation>', points, isMarked: true}],
    });
    const number = (pattern: RegExp) => Number(pattern.exec(svg)![1]);
    // Lines of the grid stand at their values; numbers of the axis at theirs.
    const [zero, one] = [
      number(/y1="([\d.]+)"[^>]*\/><text class="y"[^>]*>0</),
      number(/y1="([\d.]+)"[^>]*\/><text class="y"[^>]*>1</),
    ];
    const [start, end] = [number(/<text x="([\d.]+)"[^>]*>0</), number(/<text x="([\d.]+)"[^>]*>4</)];
    const drawn = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"[^>]*><title>([^<]*)</g)].map(
      ([, x, y, says]) => [
        ((Number(x) - start) / (end - start)) * 4,
        (Number(y) - zero) / (one - zero),
        says,
      ],
    );
    expect(drawn).toEqual([
      [expect.closeTo(1, 2), expect.closeTo(0.5, 2), '&lt;validation&gt; after epoch 1: 0.5'],
      [expect.closeTo(4, 2), expect.closeTo(0.125, 2), '&lt;validation&gt; after epoch 4: 0.125'],
    ]);
    expect(svg).not.toContain('NaN');
  });

  it('draws what is higher than its end at its end', () => {
    const line = (points: readonly (readonly [number, number])[]) => {
      const svg = drawChart({
        ...{title: 'Loss', xEnd: 2, yEnd: 1, format: short},
        lines: [{hue: 'a', name: '', points}],
      });
      return /<polyline points="([^"]*)"/
        .exec(svg)![1]!
        .split(' ')
        .map((at) => at.split(',').map(Number));
    };
    const [end, beyond, below] = line([
      [1, 1],
      [1, 7],
      [1, 0.5],
    ]);
    expect(beyond).toEqual(end);
    expect(below![1]).toBeGreaterThan(end![1]!);
  });

  it.each([
    [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [8, [0, 2, 4, 6, 8]],
    [0.0123, [0, 0.005, 0.01]],
    [3400, [0, 1000, 2000, 3000]],
    [0, [0]],
  ])('up to %f has round numbers', (end, expected) => {
    expect(ticks(end, 5).map((value) => Number(value.toPrecision(12)))).toEqual(expected);
  });

  it.each([
    [0.123456, '0.1235'],
    [0.00001, '1e-5'],
    [0.000123, '1.23e-4'],
    [1234, '1234'],
    [0, '0'],
  ])('writes %f as %s', (value, text) => {
    expect(short(value)).toBe(text);
  });
});

describe('tables', () => {
  const rows = (html: string, table: string) =>
    [
      ...html
        .split(`<table class="${table}">`)[1]!
        .split('</table>')[0]!
        .matchAll(/<tr>(.*?)<\/tr>/g),
    ].map(([, row]) =>
      [...row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) =>
        cell!.replace(/<[^>]*>/g, '').trim(),
      ),
    );

  it('show classes that occur, the worst known first', () => {
    const html = evaluationReport(
      metrics(300, [
        [2, 2, 1],
        [2, 7, 3],
        [7, 7, 4],
        [9, 2, 1],
        [7, 11, 1],
      ]),
    );
    expect(html).toContain('4 of 300 classes occur');
    expect(rows(html, 'confusion').slice(1)).toEqual([
      ['c2', '1', '3', '', ''],
      ['c7', '', '4', '', '1'],
      ['c9', '1', '', '', ''],
      ['c11', '', '', '', ''],
    ]);
    expect(rows(html, 'list').slice(1)).toEqual([
      ['c9', '1', '0', '0', '0.0\u00a0%', '–'],
      ['c2', '4', '2', '1', '25.0\u00a0%', '50.0\u00a0%'],
      ['c7', '5', '7', '4', '80.0\u00a0%', '57.1\u00a0%'],
      ['c11', '0', '1', '0', '–', '0.0\u00a0%'],
    ]);
  });

  it.each([
    [5, false],
    [6, true],
  ])('of %i classes: top-5 is %s', (classes, isThere) => {
    const html = evaluationReport(metrics(classes, [[0, 0, 1]]));
    expect(html.includes('top-5')).toBe(isThere);
  });

  it('of many classes lists what is confused most often', () => {
    const right = Array.from({length: 30}, (_, c) => [c, c, 2] as const);
    const html = evaluationReport(metrics(30, [...right, [3, 4, 1], [5, 6, 3]]));
    expect(html).not.toContain('<table class="confusion">');
    expect(rows(html, 'list').slice(1)).toEqual([
      ['c5', 'c6', '3', '60.0\u00a0%'],
      ['c3', 'c4', '1', '33.3\u00a0%'],
    ]);
  });
});

it('names of classes and samples are text, whatever is in them', () => {
  const label = '<i>"a"&';
  const counter = new MetricsCounter([label, 'b']);
  counter.add([1, 0], 0);
  const worst = [{name: '<u>.mp4', label, answer: label, score: 1, loss: 0, pictures: []}];
  const html = evaluationReport({...counter.result(), worst}, {title: '<s>', notes: ['<q>']});
  expect(html).not.toMatch(/<[iusq]>/);
  // In the matrix twice as head and row, once in the list, twice with the sample's place among the worst.
  expect(html.match(/&lt;i&gt;&quot;a&quot;&amp;</g)!.length).toBeGreaterThanOrEqual(4);
  expect(html).toContain('&lt;u&gt;.mp4');
});

it('a cell of the matrix is the darker the larger its share of the class, and blank without any', () => {
  const counter = new MetricsCounter(['a', 'b', 'c']);
  for (let i = 0; i < 100; i++) counter.add(i < 50 ? [1, 0, 0] : i < 99 ? [0, 1, 0] : [0, 0, 1], 0);
  const html = evaluationReport(counter.result());
  const cells = html.split('<table class="confusion">')[1]!.split('</table>')[0]!;
  const shades = [...cells.matchAll(/<td class="(\w+ s\d)"/g)].map(([, kind]) => kind);
  // Halves are shade 4 of 8, one of a hundred is 1 and not 0.
  expect(shades.slice(0, 3)).toEqual(['right s4', 'wrong s4', 'wrong s1']);
  expect(shades.slice(3)).toEqual(['wrong s0', 'right s0', 'wrong s0', 'wrong s0', 'wrong s0', 'right s0']);
});

it('refuses pictures from elsewhere', () => {
  const one = {name: 'a', label: 'a', answer: 'a', score: 1, loss: 0};
  const metrics = new MetricsCounter(['a']).result();
  const worst = [
    {...one, pictures: []},
    {...one, pictures: ['https://example.com/x.png']},
  ];
  expect(() => evaluationReport({...metrics, worst})).toThrow(/pictures of worst\[1\] must be data: URLs/);
});
