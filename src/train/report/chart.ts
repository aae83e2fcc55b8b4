/** A chart of lines over epochs as SVG: axes with round numbers, lines, a band, points that say what they are. No script, no style of its own. */
import {escapeHtml} from '../../util/page/escape';

/** A place of a line; what is not finite is left out. */
export type Point = readonly [x: number, y: number];

export interface ChartLine {
  /** The class that has its colour. */
  readonly hue: 'a' | 'b' | 'c';
  readonly name: string;
  readonly points: readonly Point[];
  /** Whether each point is marked, and says its value to who points at it. */
  readonly isMarked?: boolean;
}

export interface Chart {
  /** As it stands in HTML. */
  readonly title: string;
  readonly lines: readonly ChartLine[];
  /** Between a lower and an upper edge, under the lines. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[];
  readonly xEnd: number;
  /** Upper end of the values; higher ones are drawn at it. */
  readonly yEnd: number;
  readonly format: (value: number) => string;
}

/** Pixels of the drawing, of which the browser makes any size. */
const WIDTH = 420;
const HEIGHT = 230;
const LEFT = 56;
const RIGHT = 12;
const TOP = 10;
/** Where the values begin. */
const FLOOR = HEIGHT - 44;

/** Round numbers from 0 on: about `count` steps of 1, 2 or 5 times a power of ten. */
export function ticks(end: number, count: number): number[] {
  if (!(end > 0 && Number.isFinite(end))) return [0];
  const power = 10 ** Math.floor(Math.log10(end / count));
  const step = power * ([1, 2, 5].find((factor) => factor * power * count >= end * (1 - 1e-9)) ?? 10);
  return Array.from({length: Math.floor((end / step) * (1 + 1e-9)) + 1}, (_, i) => i * step);
}

/** A number of at most four digits. */
export function short(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5)
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}

const place = (value: number) => String(Math.round(value * 100) / 100);

const isDrawable = (numbers: readonly number[]) => numbers.every(Number.isFinite);

/** @returns a `figure`: title, legend with the last values, the drawing */
export function drawChart({title, lines, band = [], xEnd, yEnd, format}: Chart): string {
  const x = (value: number) => place(LEFT + (value / xEnd) * (WIDTH - LEFT - RIGHT));
  const y = (value: number) => place(FLOOR - (Math.min(value, yEnd) / yEnd) * (FLOOR - TOP));
  const at = (px: number, py: number) => `${x(px)},${y(py)}`;
  const there = lines.map((line) => ({...line, points: line.points.filter(isDrawable)}));
  const drawn = there.map(({hue, name, points, isMarked = false}) => {
    const marks = (isMarked ? points : []).map(([px, py]) => {
      const says = escapeHtml(`${name} after epoch ${short(px)}: ${format(py)}`);
      return `<circle cx="${x(px)}" cy="${y(py)}" r="3.5"><title>${says}</title></circle>`;
    });
    const line = `<polyline points="${points.map(([px, py]) => at(px, py)).join(' ')}"/>`;
    return `<g class="line ${hue}">${line}${marks.join('')}</g>`;
  });
  const edges = band.filter(isDrawable);
  const outline = [
    ...edges.map(([px, , high]) => at(px, high)),
    ...[...edges].reverse().map(([px, low]) => at(px, low)),
  ];
  const values = ticks(yEnd, 5).map((value) => {
    const text = `<text class="y" x="${LEFT - 7}" y="${Number(y(value)) + 4}">${format(value)}</text>`;
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/>${text}`;
  });
  const epochs = ticks(xEnd, 8).map((value) => {
    const text = `<text x="${x(value)}" y="${FLOOR + 18}">${short(value)}</text>`;
    return `<line x1="${x(value)}" x2="${x(value)}" y1="${FLOOR}" y2="${FLOOR + 4}"/>${text}`;
  });
  const last = there.map(({hue, name, points}) => {
    const value = points.at(-1)?.[1];
    return {hue, name: escapeHtml(name), value: value === undefined ? '' : format(value)};
  });
  const legend = last.map(({hue, name, value}) => `<li class="${hue}"><i></i>${name} <b>${value}</b></li>`);
  const inWords = `${title} over epochs: ${last.map(({name, value}) => `${name} ${value}`).join(', ')}`;
  const axis = `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 5}">epochs</text>`;
  return (
    `<figure><figcaption>${title}</figcaption><ul class="legend">${legend.join('')}</ul>` +
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${inWords}">` +
    `<g class="grid">${values.join('')}${epochs.join('')}${axis}</g>` +
    `<polygon class="band" points="${outline.join(' ')}"/>${drawn.join('')}</svg></figure>`
  );
}
