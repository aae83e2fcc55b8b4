/** The page of a report as a browser shows it: its policy lets its style pass and nothing else, hostile names stay text, it fits a phone and a desk. */
import {afterEach, expect, it} from 'vitest';
import {MetricsCounter} from '../../../src/train/evaluation/metrics';
import {evaluationReport, type ReportedMetrics} from '../../../src/train/report/page';
import {STYLE} from '../../../src/train/report/style';

const DOT =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg==';

const HOSTILE = [
  '<img src=x onerror="parent.hacked=1">',
  '"><script>parent.hacked=1</script>',
  "' onmouseover='parent.hacked=1",
  '</style></title><script>parent.hacked=1</script>',
];

/** Answers for `labels.length` classes: each class is known twice and taken for the next one once. */
function metricsOf(labels: readonly string[]): ReportedMetrics {
  const counter = new MetricsCounter(labels);
  labels.forEach((_, c) => {
    for (const answer of [c, c, (c + 1) % labels.length])
      counter.add(
        labels.map((_, i) => Number(i === answer)),
        c,
      );
  });
  const sample = (name: string, i: number) => ({
    ...{name, label: name, answer: labels[(i + 1) % labels.length]!, score: 0.9, loss: 2.3},
    pictures: [DOT, DOT, DOT],
  });
  return {...counter.result(), loss: 0.5, worst: labels.slice(0, 6).map(sample)};
}

const frame = document.createElement('iframe');
afterEach(() => frame.remove());

async function show(html: string, width: number): Promise<Document> {
  Object.assign(frame.style, {width: `${width}px`, height: '800px', border: '0'});
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, {once: true}));
  frame.srcdoc = html;
  document.body.append(frame);
  await loaded;
  return frame.contentDocument!;
}

it('the policy has the hash of the style; if not, put it into page.ts', async () => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  expect(evaluationReport(metricsOf(['a', 'b']))).toContain(`style-src 'sha256-${hash}'`);
});

it('shows names as text, runs nothing and asks for nothing', async () => {
  const html = evaluationReport(metricsOf(HOSTILE), {title: HOSTILE[3]!, notes: [HOSTILE[1]!]});
  const page = await show(html, 800);
  expect(page.querySelector('h1')!.textContent).toBe(HOSTILE[3]);
  expect(page.title).toBe(HOSTILE[3]);
  expect([...page.querySelectorAll('.confusion tbody th')].map((cell) => cell.textContent)).toEqual(HOSTILE);
  expect(page.querySelectorAll('script, [onerror], [onmouseover], :not(.frames) > img')).toHaveLength(0);
  expect('hacked' in globalThis).toBe(false);
  // The policy lets pictures pass, and the style.
  const shown = () => [...page.images].filter(({naturalWidth}) => naturalWidth > 0).length;
  for (const image of page.images) image.loading = 'eager';
  await expect.poll(shown).toBe(12);
  expect(page.defaultView!.getComputedStyle(page.querySelector('.tiles')!).display).toBe('flex');
  const asked = frame.contentWindow!.performance.getEntriesByType('resource');
  expect(asked.filter(({name}) => !name.startsWith('data:'))).toEqual([]);
});

/** Contrast as WCAG 2 defines it. */
function contrast(a: readonly number[], b: readonly number[]): number {
  const [dark, light] = [a, b]
    .map((colour) => {
      const [red, green, blue] = colour.map((value) =>
        value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
      ) as [number, number, number];
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    })
    .sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** `rgb(1, 2, 3)` or `color(srgb 0.1 0.2 0.3)`, as parts of 1. */
function coloured(text: string): number[] {
  const parts = text
    .match(/[\d.]+/g)!
    .slice(0, 3)
    .map(Number);
  return text.startsWith('rgb') ? parts.map((part) => part / 255) : parts;
}

it.each(['light', 'dark'])(
  'fits a phone and a desk, %s: nothing is cut off, figures can be read',
  async (scheme) => {
    const labels = Array.from({length: 12}, (_, i) => `class ${i} with a name of some length`);
    // As the reader's system would ask for it.
    const html = evaluationReport(metricsOf(labels)).replace(
      '(prefers-color-scheme: dark)',
      scheme === 'dark' ? 'all' : 'not all',
    );
    // Another style needs another hash; this is about the looks.
    const unbound = html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '');
    for (const width of [360, 1280]) {
      const page = await show(unbound, width);
      expect(page.documentElement.scrollWidth).toBe(width);
      const view = page.defaultView!;
      const cells = [
        ...page.querySelectorAll('.confusion td.right, .confusion td.wrong:not(.s0), .tiles li'),
      ];
      expect(cells.length).toBeGreaterThan(20);
      for (const cell of cells) {
        const {color, backgroundColor} = view.getComputedStyle(cell);
        expect(contrast(coloured(color), coloured(backgroundColor))).toBeGreaterThan(4.5);
      }
      frame.remove();
    }
  },
);
