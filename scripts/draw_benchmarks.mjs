/**
 * `node scripts/draw_benchmarks.mjs` draws docs/images/benchmarks_*.svg and writes the tables of docs/guide/performance.md
 * from the files of benchmarks/results that are named here. Every figure is the file's; nothing is measured.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/** What the docs show, and from which file. */
export const RESULTS = {
  networks: 'benchmarks/results/networks-AMD_EPYC-node22-relaxed_simd.json',
  ops: 'benchmarks/results/ops-AMD_EPYC-node22-relaxed_simd.json',
  narrow: 'benchmarks/results/narrow-AMD_EPYC-node22-relaxed_simd.json',
};

/** Of the pictures: what has none is a table alone. */
const TITLES = {
  networks: 'Whole networks: one clip, one thread',
  ops: 'Single convolutions: one clip, one thread',
};

/**
 * The bars of a case, in this order; a rival without a result has none. Stock conv3d is not among them: a hundred times as
 * long, it would leave the others a pixel.
 */
const BARS = [
  {rival: 'tfjs-sts frozen', colour: '#0a5fc2'},
  {rival: 'tfjs-sts', colour: '#5b9be6'},
  {rival: 'tfjs-sts on tensorflow', colour: '#7c6bd6', native: true},
  {rival: 'onnxruntime-web', colour: '#c2410c'},
  {rival: 'conv2d on views', colour: '#8c959f'},
  {rival: 'onnxruntime-node', colour: '#0b7a64', native: true},
  {rival: 'PyTorch', colour: '#5fae9d', native: true},
];

// ---- The picture ----

const ink = '#1f2328';
const softInk = '#57606a';
const bar = 14;
const barGap = 3;
const caseGap = 20;
const left = 28;
const barLeft = 190;
const barWidth = 520;
const pictureWidth = 820;

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function words(x, y, text, {size = 12, colour = ink, weight = 400, anchor = 'start'} = {}) {
  return (
    `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${colour}" ` +
    `text-anchor="${anchor}">${escaped(text)}</text>`
  );
}

/** 1234 -> 1.23 s, 56.94 -> 56.9 ms. */
export function timeText(milliseconds) {
  const [value, unit] = milliseconds >= 1000 ? [milliseconds / 1000, 's'] : [milliseconds, 'ms'];
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`;
}

const barsOf = ({rivals}) => BARS.filter(({rival}) => rivals[rival] !== undefined);

/** One case: its bars have a scale of their own, on which the slowest is as long as there is room. */
function caseBars(given, top) {
  const bars = barsOf(given);
  const slowest = Math.max(...bars.map(({rival}) => given.rivals[rival].cpu));
  const lines = [words(left, top + 11, given.name, {weight: 600})];
  bars.forEach(({rival, colour}, i) => {
    const {cpu} = given.rivals[rival];
    const y = top + 18 + i * (bar + barGap);
    const width = Math.max(1, (cpu / slowest) * barWidth).toFixed(1);
    lines.push(
      words(barLeft - 10, y + 11, rival, {size: 11, colour: softInk, anchor: 'end'}),
      `<rect class="bar" x="${barLeft}" y="${y}" width="${width}" height="${bar}" rx="2" fill="${colour}"/>`,
      words(barLeft + Number(width) + 6, y + 11, timeText(cpu), {size: 11}),
    );
  });
  return {lines, height: 18 + bars.length * (bar + barGap) + caseGap};
}

function drawReport(report, title) {
  const lines = [];
  let top = 96;
  for (const given of report.cases) {
    const {lines: drawn, height} = caseBars(given, top);
    lines.push(...drawn);
    top += height;
  }
  const native = BARS.filter(
    ({rival, native: isNative}) => isNative && report.cases.some(({rivals}) => rivals[rival]),
  ).map(({rival}) => rival);
  const machine = `${report.processor}, ${report.system}, Node ${report.node.slice(1)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${pictureWidth}" height="${top}" viewBox="0 0 ${pictureWidth} ${top}" ` +
      `font-family="system-ui, sans-serif" role="img" aria-label="${escaped(title)}">`,
    `<rect x="0.5" y="0.5" width="${pictureWidth - 1}" height="${top - 1}" rx="10" fill="#fbfcfd" stroke="#d0d7de"/>`,
    words(left, 36, title, {size: 17, weight: 600}),
    words(left, 57, 'Time of the processor, shorter is better; each case has its own scale.', {
      colour: softInk,
    }),
    words(
      left,
      74,
      `${machine}${report.relaxedSimd ? ' with relaxed SIMD' : ''}. Native code: ${native.join(', ')}.`,
      {colour: softInk},
    ),
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

// ---- The tables ----

const ratioText = (ratio) => `${ratio.toFixed(ratio >= 10 ? 0 : 1)} x`;

/** A cell, or a dash where a rival has no result. */
function cell(given, names, text) {
  const found = names.map((name) => given.rivals[name]);
  return found.includes(undefined) ? '-' : text(...found);
}

const time = (name) => (given) => cell(given, [name], ({cpu}) => timeText(cpu));
const ratio = (ours, theirs, key) => (given) =>
  cell(given, [ours, theirs], (a, b) => ratioText(b[key] / a[key]));
const memory = (name) => (given) => cell(given, [name], ({peakMemory}) => `${peakMemory} MiB`);

/** A network is frozen, a single layer cannot be. */
const oursOf = ({rivals}) => ('tfjs-sts frozen' in rivals ? 'tfjs-sts frozen' : 'tfjs-sts');

const COLUMNS = {
  networks: [
    ['frozen', time('tfjs-sts frozen')],
    ['onnxruntime-web', time('onnxruntime-web')],
    ['ours faster', ratio('tfjs-sts frozen', 'onnxruntime-web', 'cpu')],
    ['conv2d on views', time('conv2d on views')],
    ['onnxruntime-node', time('onnxruntime-node')],
    ['PyTorch', time('PyTorch')],
    ['two threads, ours', ratio('tfjs-sts frozen, 2 threads', 'tfjs-sts frozen', 'wall')],
    ['two threads, onnxruntime-web', ratio('onnxruntime-web, 2 threads', 'onnxruntime-web', 'wall')],
    ['memory, ours', memory('tfjs-sts frozen')],
    ['memory, onnxruntime-web', memory('onnxruntime-web')],
  ],
  ops: [
    ['tfjs-sts', time('tfjs-sts')],
    ['from array to array', time('tfjs-sts from array to array')],
    ['onnxruntime-web', time('onnxruntime-web')],
    ['ours faster', ratio('tfjs-sts', 'onnxruntime-web', 'cpu')],
    ['conv2d on views', time('conv2d on views')],
    ['stock tfjs', time('stock tfjs')],
    ['onnxruntime-node', time('onnxruntime-node')],
    ['PyTorch', time('PyTorch')],
    ['two threads', ratio('tfjs-sts, 2 threads', 'tfjs-sts', 'wall')],
  ],
  narrow: [
    ['tfjs-sts', (given) => time(oursOf(given))(given)],
    ['from array to array', time('tfjs-sts from array to array')],
    ['onnxruntime-web', time('onnxruntime-web')],
    ['ours faster', (given) => ratio(oursOf(given), 'onnxruntime-web', 'cpu')(given)],
  ],
};

/** On a busy machine times on the clock say nothing, and those of the processor less. */
function loadText({cases}) {
  const loads = cases.map(({loadBefore}) => loadBefore);
  return `Load average when the cases began: ${Math.min(...loads)} to ${Math.max(...loads)}.`;
}

function tableOf(report, columns) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [
    row(['', ...columns.map(([title]) => title)]),
    row(['---', ...columns.map(() => '---:')]),
    ...report.cases.map((given) => row([given.name, ...columns.map(([, text]) => text(given))])),
    '',
    loadText(report),
  ].join('\n');
}

/**
 * Pictures and tables of the reports.
 *
 * @param reports per key of RESULTS the file's contents
 * @returns per file name of docs/images an SVG, and per key a Markdown table
 */
export function drawBenchmarks(reports) {
  const entries = Object.entries(reports);
  return {
    pictures: Object.fromEntries(
      entries
        .filter(([key]) => key in TITLES)
        .map(([key, report]) => [`benchmarks_${key}.svg`, drawReport(report, TITLES[key])]),
    ),
    tables: Object.fromEntries(entries.map(([key, report]) => [key, tableOf(report, COLUMNS[key])])),
  };
}

/** The page with the tables between their marks replaced. */
export function withTables(page, tables) {
  return Object.entries(tables).reduce((text, [key, table]) => {
    const [begin, end] = [`<!-- table: ${key} -->`, '<!-- end of table -->'];
    const start = text.indexOf(begin);
    if (start < 0) throw new Error(`The page has no place for a table: ${begin}`);
    const stop = text.indexOf(end, start);
    return `${text.slice(0, start)}${begin}\n${table}\n${text.slice(stop)}`;
  }, page);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
  const reports = Object.fromEntries(
    Object.entries(RESULTS).map(([key, file]) => [key, JSON.parse(readFileSync(path(file), 'utf8'))]),
  );
  const {pictures, tables} = drawBenchmarks(reports);
  for (const [name, svg] of Object.entries(pictures)) {
    writeFileSync(path(`docs/images/${name}`), svg);
    console.log(`docs/images/${name}`);
  }
  const page = path('docs/guide/performance.md');
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), tables));
  console.log('docs/guide/performance.md');
}
