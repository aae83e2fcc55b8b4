/** The table and the picture of the analysis, as Markdown and SVG. Nothing is computed here. */

const percent = (share) => (100 * share).toFixed(1);
const signed = (share) => `${share >= 0 ? '+' : '-'}${percent(Math.abs(share))}`;
const points = ([low, high]) => `${signed(low)} to ${signed(high)}`;
const p = (value) => (value < 0.001 ? '< 0.001' : value.toFixed(3));
const VERDICTS = {better: 'shown', worse: 'shown, the other way round', open: 'not shown'};

function formTable({form, done, planned, complete, arms, comparisons}) {
  const cell = (figure) =>
    figure === undefined
      ? ''
      : `${percent(figure.mean)}${figure.spread === undefined ? '' : ` (${percent(figure.spread)})`}`;
  const rows = arms.map(
    ({name, units, runs, joint, motion, thing}) =>
      `| ${name} | ${units} | ${runs} | ${[joint, motion, thing].map(cell).join(' | ')} |`,
  );
  const lines = [
    `## ${form}`,
    '',
    complete
      ? `All ${planned} runs are there.`
      : `**Incomplete: ${done} of ${planned} runs. No comparison is judged.**`,
    '',
    '| arm | checkpoints | runs | thing and motion | motion alone | thing alone |',
    '|---|---|---|---|---|---|',
    ...rows,
  ];
  if (!complete) return lines;
  const compared = comparisons.map(
    ({name, one, other, joint, motion, thing, verdict}) =>
      `| ${name} | ${one} - ${other} | ${signed(joint.mean)} | ${points(joint.interval)} | ${p(joint.permutation)} | ${p(joint.p)} | ${signed(motion.mean)} (${points(motion.interval)}) | ${signed(thing.mean)} (${points(thing.interval)}) | ${verdict === undefined ? '' : VERDICTS[verdict]} |`,
  );
  return [
    ...lines,
    '',
    '| comparison | difference of | points | 95% interval | p, exact permutation | p, t test | motion alone | thing alone | verdict |',
    '|---|---|---|---|---|---|---|---|---|',
    ...compared,
  ];
}

/** Of all forms, without a heading of its own. */
export function reportTable(forms) {
  return [
    'Percent of the test clips; in brackets the standard deviation of checkpoints (seeds of one averaged). Written by',
    '`npm run experiment -- claims analyze`; do not edit.',
    '',
    ...forms.flatMap((form) => [...formTable(form), '']),
  ].join('\n');
}

const COLOURS = ['#5b9be6', '#0a5fc2', '#c2410c', '#8c959f', '#57606a'];
const [left, top, width, row, gap] = [130, 46, 640, 26, 34];

/** Each checkpoint a point, each arm a row, its mean a line. */
export function reportPicture(forms) {
  const shown = forms.filter(({done}) => done > 0);
  const height = top + shown.reduce((sum, {arms}) => sum + arms.length * row + gap + 14, 0);
  const x = (share) => (left + share * width).toFixed(1);
  const text = (at, y, words, extra = '') => `<text x="${at}" y="${y}" ${extra}>${words}</text>`;
  const parts = [];
  let y = top;
  for (const {form, arms, done, planned, complete} of shown) {
    const state = complete ? '' : `, incomplete: ${done} of ${planned} runs`;
    parts.push(text(12, y - 8, `${form}${state}`, 'font-weight="600"'));
    for (const share of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
      const end = y + arms.length * row;
      parts.push(`<line x1="${x(share)}" x2="${x(share)}" y1="${y}" y2="${end}" stroke="#d0d7de"/>`);
      parts.push(text(x(share), end + 14, `${100 * share}%`, 'text-anchor="middle" fill="#57606a"'));
    }
    arms.forEach(({name, values, joint}, at) => {
      const middle = y + at * row + row / 2;
      parts.push(text(left - 10, middle + 4, name, 'text-anchor="end"'));
      for (const value of values)
        parts.push(
          `<circle cx="${x(value)}" cy="${middle}" r="4" fill="${COLOURS[at]}" fill-opacity="0.55"/>`,
        );
      if (joint !== undefined)
        parts.push(
          `<line x1="${x(joint.mean)}" x2="${x(joint.mean)}" y1="${middle - 10}" y2="${middle + 10}" stroke="${COLOURS[at]}" stroke-width="2"/>`,
        );
    });
    y += arms.length * row + gap + 14;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 40} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#1f2328">`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    text(
      12,
      18,
      'Right about thing and motion: a point for each image checkpoint, a line for their mean',
      'font-size="13"',
    ),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
