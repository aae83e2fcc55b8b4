/**
 * A run or an evaluation as one page that needs nothing but itself: curves, figures, which classes are taken for which, the samples
 * that the model knows worst. Its policy lets nothing load and nothing run: pictures are in it, and there is no script.
 */
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import {pageDocument} from '../../util/page/document';
import {escapeHtml, isPictureUrl} from '../../util/page/escape';
import type {Metrics} from '../evaluation/metrics';
import type {WorstSample} from '../evaluation/worst';
import {short} from './chart';
import {type Curves, drawCurves} from './curves';
import {STYLE} from './style';
import {classTable, confusionTable, grouped, MOST_CLASSES, occurring, percent} from './tables';

/** SHA-256 of STYLE, without which no browser takes it. A test says what it has to be. */
const STYLE_HASH = 'PlIRKwgzIgKuf9iIRx1wDBfdEBiY1NoP5ZfRgn/KQCQ=';

/** What `evaluate` gives, or figures of one's own. */
export interface ReportedMetrics extends Metrics {
  readonly loss?: number;
  readonly worst?: readonly WorstSample[];
}

export interface ReportContents {
  readonly title: string;
  /** Lines below the title. */
  readonly notes: readonly string[];
  readonly curves?: Curves;
  readonly metrics?: ReportedMetrics;
  /** What else belongs to it, as JSON, folded away: by its name. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** @returns the file as text */
export function reportPage({title, notes, curves, metrics, details = {}}: ReportContents): string {
  const sections = [
    ...(metrics ? [tiles(metrics)] : []),
    ...(curves ? [`<h2>How it went</h2>\n<div class="charts">${drawCurves(curves).join('\n')}</div>`] : []),
    ...(metrics ? evaluated(metrics) : []),
    ...Object.entries(details).map(
      ([name, value]) =>
        `<details><summary>${escapeHtml(name)}</summary><pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre></details>`,
    ),
  ];
  const body = `<header>
<h1>${escapeHtml(title)}</h1>
${notes.map((note) => `<p>${escapeHtml(note)}</p>`).join('\n')}
</header>
<main>
${sections.join('\n')}
</main>`;
  return pageDocument({title, style: STYLE, styleHash: STYLE_HASH, body});
}

function tiles(metrics: ReportedMetrics): string {
  const {samples, top1, top5, meanClass, loss, classes} = metrics;
  const figures = [
    ['top-1', percent(top1)],
    ...(classes.length > 5 ? [['top-5', percent(top5)]] : []),
    ['mean class accuracy', percent(meanClass)],
    ...(loss === undefined ? [] : [['loss', short(loss)]]),
    ['samples', grouped(samples)],
  ];
  return `<ul class="tiles">${figures.map(([name, value]) => `<li><b>${value}</b>${name}</li>`).join('')}</ul>`;
}

function evaluated(metrics: ReportedMetrics): string[] {
  const there = occurring(metrics);
  const [some, all] = [there.classes.length, metrics.classes.length];
  const {worst = []} = metrics;
  return [
    `<h2>${some > MOST_CLASSES ? 'What is confused most often' : 'Confusion matrix'}</h2>`,
    ...(some < all ? [`<p>${grouped(some)} of ${grouped(all)} classes occur.</p>`] : []),
    confusionTable(there),
    ...(worst.length > 0 ? ['<h2>Samples with the highest loss</h2>', worstList(worst)] : []),
    '<h2>Classes</h2>',
    classTable(there.classes),
  ];
}

function worstList(worst: readonly WorstSample[]): string {
  const cards = worst.map(({name, label, answer, score, loss, pictures}) => {
    const isKnown = label === answer;
    const [right, said] = [label, answer].map(escapeHtml);
    const frames = pictures.map((url) => `<img src="${url}" alt="" loading="lazy">`);
    const what = isKnown ? `<b>${right}</b>, <em>known</em>` : `<b>${right}</b> taken for <em>${said}</em>`;
    return (
      `<li${isKnown ? ' class="known"' : ''}><span class="frames">${frames.join('')}</span>` +
      `<div>${what} with ${percent(score)}<small>loss ${short(loss)} · ${escapeHtml(name)}</small></div></li>`
    );
  });
  return `<ol class="worst">${cards.join('\n')}</ol>`;
}

export interface EvaluationReportOptions {
  /** Heads the page. Default `Evaluation`. */
  readonly title?: string;
  /** Below the title: what was evaluated on what. */
  readonly notes?: readonly string[];
}

const OPTIONS = optionNames<EvaluationReportOptions>({title: true, notes: true});

/**
 * An evaluation as a page of HTML that needs nothing but itself: confusion matrix, figures of each class, and with `worst` the samples
 * that the model knows worst.
 *
 * @param metrics what `evaluate` gives
 * @returns the file as text
 * @throws InvalidArgumentError for pictures that are no `data:` URLs of JPEG, PNG or WebP
 * @example
 * const result = await evaluate(model, testSet, {worst: 12});
 * await writeFile('report.html', evaluationReport(result, {title: 'X3D-S on the test clips'}));
 */
export function evaluationReport(metrics: ReportedMetrics, options: EvaluationReportOptions = {}): string {
  checkOptions('evaluationReport', options, OPTIONS);
  const {title = 'Evaluation', notes = []} = options;
  const isForeign = ({pictures}: WorstSample) => !pictures.every(isPictureUrl);
  const bad = metrics.worst?.findIndex(isForeign) ?? -1;
  if (bad >= 0)
    throw new InvalidArgumentError(
      `evaluationReport: pictures of worst[${bad}] must be data: URLs of JPEG, PNG or WebP in base64, as evaluate makes them.`,
    );
  return reportPage({title, notes, metrics});
}
