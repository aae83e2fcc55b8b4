/** How good a model is, for people: the figures, and a row for each class. */
import type {Metrics} from '../../train/evaluation/metrics';
import {alignedTable, grouped} from './table';

export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Classes of which a table is no help any more. */
const MANY = 60;

const CLASS_COLUMNS = [
  {title: 'class'},
  {title: 'samples', align: 'right'},
  {title: 'right', align: 'right'},
  {title: 'most taken for'},
] as const;

/** The figures in a column, then the classes, those that are known worst first. */
export function metricsText({samples, top1, top5, meanClass, confusion, classes}: Metrics): string {
  const figures = [
    ['samples', grouped(samples)],
    ['top-1', percent(top1)],
    ...(classes.length > 5 ? [['top-5', percent(top5)]] : []),
    ['mean class', percent(meanClass)],
  ];
  const rows = classes
    .map((one, c) => {
      const others = confusion[c]!.map((count, other) => ({count: other === c ? 0 : count, other}));
      return {...one, wrong: others.reduce((most, next) => (next.count > most.count ? next : most))};
    })
    .filter(({count}) => count > 0)
    .sort((a, b) => a.hits / a.count - b.hits / b.count)
    .slice(0, MANY)
    .map(({label, count, hits, wrong}) => [
      label,
      grouped(count),
      percent(hits / count),
      wrong.count === 0 ? '' : `${classes[wrong.other]!.label} (${wrong.count})`,
    ]);
  const head = alignedTable([{}, {align: 'right'}], figures);
  return rows.length === 0 ? head : `${head}\n${alignedTable(CLASS_COLUMNS, rows)}`;
}
