/** What an evaluation says of classes, as HTML: which are taken for which, and how well each is known. */
import {escapeHtml} from '../../util/page/escape';
import type {ClassMetrics, Metrics} from '../evaluation/metrics';

/** More do not fit a page; then the confusions that occur most often are listed. */
export const MOST_CLASSES = 24;
const MOST_CONFUSIONS = 20;

/** Cells have one of so many shades, from 0 on. */
export const SHADES = 8;

export const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ' ');

type Confusion = Pick<Metrics, 'confusion' | 'classes'>;

/** Of the classes only those that occur, among the samples or the answers. */
export function occurring({confusion, classes}: Confusion): Confusion {
  const there = classes.flatMap(({count, predicted}, c) => (count + predicted > 0 ? [c] : []));
  return {
    classes: there.map((c) => classes[c]!),
    confusion: there.map((row) => there.map((column) => confusion[row]![column]!)),
  };
}

/** Row: the class; column: the answer. Where there are too many classes, the pairs that are confused. */
export function confusionTable({confusion, classes}: Confusion): string {
  if (classes.length > MOST_CLASSES) return confusedPairs({confusion, classes});
  const heads = classes.map(
    ({label}) => `<th scope="col"><span title="${escapeHtml(label)}">${escapeHtml(label)}</span></th>`,
  );
  const rows = classes.map(({label, count}, row) => {
    const cells = confusion[row]!.map((hits, column) => {
      const shade = hits === 0 ? 0 : Math.max(1, Math.round((hits / count) * SHADES));
      const kind = row === column ? 'right' : 'wrong';
      const said = row === column ? 'known' : `taken for ${classes[column]!.label}`;
      const title = escapeHtml(`${label} ${said}: ${hits} of ${count}`);
      return `<td class="${kind} s${shade}" title="${title}">${hits === 0 ? '' : grouped(hits)}</td>`;
    });
    return `<tr><th scope="row" title="${escapeHtml(label)}">${escapeHtml(label)}</th>${cells.join('')}</tr>`;
  });
  return (
    '<div class="wide"><table class="confusion"><thead><tr><th scope="col" class="corner">class ↓ &nbsp;answer →</th>' +
    `${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
  );
}

function confusedPairs({confusion, classes}: Confusion): string {
  const pairs = confusion.flatMap((row, is) =>
    row.flatMap((hits, said) => (is === said || hits === 0 ? [] : [{is, said, hits}])),
  );
  pairs.sort((a, b) => b.hits - a.hits);
  const rows = pairs.slice(0, MOST_CONFUSIONS).map(({is, said, hits}) => {
    const [right, wrong] = [classes[is]!, classes[said]!].map(({label}) => escapeHtml(label));
    return `<tr><th scope="row">${right}</th><td>${wrong}</td><td class="number">${grouped(hits)}</td><td class="number">${percent(hits / classes[is]!.count)}</td></tr>`;
  });
  return (
    '<div class="wide"><table class="list"><thead><tr><th scope="col">class</th><th scope="col">taken for</th>' +
    '<th scope="col" class="number">samples</th><th scope="col" class="number">of the class</th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody></table></div>`
  );
}

/** A row for each class, those that are known worst first, those of which there is none last. */
export function classTable(classes: readonly ClassMetrics[]): string {
  const share = (hits: number, of: number) => (of === 0 ? undefined : hits / of);
  const figure = (value: number | undefined) =>
    value === undefined
      ? '<td class="number">–</td>'
      : `<td class="number">${percent(value)} <svg class="bar" aria-hidden="true"><rect width="${percent(value).replace('\u00a0', '')}" height="100%"/></svg></td>`;
  const rows = classes
    .map((one) => ({...one, recall: share(one.hits, one.count), precision: share(one.hits, one.predicted)}))
    .sort((a, b) => (a.recall ?? 2) - (b.recall ?? 2))
    .map(
      ({label, count, predicted, hits, recall, precision}) =>
        `<tr><th scope="row">${escapeHtml(label)}</th>${[count, predicted, hits].map((value) => `<td class="number">${grouped(value)}</td>`).join('')}${figure(recall)}${figure(precision)}</tr>`,
    );
  const heads = [
    ['samples', 'samples of the class'],
    ['predicted', 'samples that are said to be of the class'],
    ['hits', 'samples of the class that are said to be'],
    ['recall', 'hits of the samples of the class'],
    ['precision', 'hits of the samples that are said to be of the class'],
  ].map(([name, meaning]) => `<th scope="col" class="number" title="${meaning}">${name}</th>`);
  return (
    `<div class="wide"><table class="list"><thead><tr><th scope="col">class</th>${heads.join('')}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div>`
  );
}
