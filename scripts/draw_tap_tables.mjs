/**
 * `node scripts/draw_tap_tables.mjs` draws docs/images: for one output position, which input positions each channel
 * group of an STS convolution reads. Everything that is drawn is read from the tap tables of the build; this file
 * knows how to draw frames, not where a tap goes. Run `npm run build` first.
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/** The small video of the pictures, `[time, height, width]`, and the output position that is looked at. */
const size = [3, 4, 5];
const position = [1, 1, 2];
const outputChannels = 8;

const cell = 26;
const frameWidth = size[2] * cell;
const frameHeight = size[1] * cell;
const frameGap = 26;
const textLeft = 28;
const filmLeft = 336;
const channelsLeft = filmLeft + 3 * frameWidth + 2 * frameGap + 62;
const pictureWidth = channelsLeft + 86;

const ink = '#1f2328';
const softInk = '#57606a';
const gridInk = '#c9d1d9';
/** One colour for each slice of the filter; the three differ for colour-blind eyes, and the taps carry labels too. */
const sliceColours = ['#0a5fc2', '#c2410c', '#0b7a64'];

// ---- What is drawn: read from the tables ----

const flat = ([t, h, w]) => (t * size[1] + h) * size[2] + w;
const place = (at) => [
  Math.floor(at / (size[1] * size[2])),
  Math.floor(at / size[2]) % size[1],
  at % size[2],
];

/** The input places that a part of a convolution reads for the position, and the line it reads along, if any. */
function readsOf({tapTable}, part, filterShape) {
  const table = tapTable(part.rule, size, size);
  const positions = size[0] * size[1] * size[2];
  const taps = table.length / positions;
  const at = (tap, output) => table[tap * positions + output];
  const plane = filterShape[1] * filterShape[2];
  const reads = [];
  for (let tap = 0; tap < taps; tap++) {
    const input = at(tap, flat(position));
    const filterPosition = part.firstTap + tap;
    if (input < 0) throw new Error('The position of the pictures should read no zeros.');
    const slice = Math.floor(filterPosition / plane);
    const label = plane === 1 ? `w${subscript(slice)}` : String(filterPosition % plane);
    reads.push({place: place(input), slice, label});
  }
  return {reads, line: part.rule.kind === 'line' ? lineThrough(at, taps, positions) : undefined};
}

const subscript = (digit) => String.fromCodePoint(0x2080 + digit);

/** The places of the position's frame in the order in which a line rule walks through them: tap k + 1 follows tap k. */
function lineThrough(at, taps, positions) {
  const frame = position[0];
  const next = new Map();
  for (let output = 0; output < positions; output++) {
    for (let tap = 0; tap + 1 < taps; tap++) {
      const [from, to] = [at(tap, output), at(tap + 1, output)];
      if (from >= 0 && to >= 0 && place(from)[0] === frame) next.set(from, to);
    }
  }
  const reached = new Set(next.values());
  const walk = [];
  for (
    let here = [...next.keys()].find((from) => !reached.has(from));
    here !== undefined;
    here = next.get(here)
  )
    walk.push(place(here));
  return walk;
}

// ---- How it is drawn ----

const text = (x, y, content, {size: fontSize = 14, weight = 400, colour = ink, anchor = 'start'} = {}) =>
  `<text x="${x}" y="${y}" font-size="${fontSize}" font-weight="${weight}" fill="${colour}" text-anchor="${anchor}">${content}</text>`;

const centreOf = (left, top, [, h, w]) => [left + (w + 0.5) * cell, top + (h + 0.5) * cell];

function grid(left, top, active) {
  const lines = [];
  for (let w = 1; w < size[2]; w++) lines.push(`M${left + w * cell} ${top}v${frameHeight}`);
  for (let h = 1; h < size[1]; h++) lines.push(`M${left} ${top + h * cell}h${frameWidth}`);
  const fill = active ? '#ffffff' : '#f3f5f7';
  return (
    `<rect x="${left}" y="${top}" width="${frameWidth}" height="${frameHeight}" rx="3" fill="${fill}" stroke="${active ? '#8c959f' : gridInk}"/>` +
    `<path d="${lines.join('')}" stroke="${gridInk}" fill="none"/>`
  );
}

/** The line through a frame, from its dot to its arrow: steps to a neighbour are drawn, jumps to the next row dashed. */
function walk(left, top, places) {
  const steps = ['', ''];
  places.slice(1).forEach((to, i) => {
    const from = places[i];
    const jump = Math.abs(to[1] - from[1]) + Math.abs(to[2] - from[2]) > 1 ? 1 : 0;
    const [[x1, y1], [x2, y2]] = [centreOf(left, top, from), centreOf(left, top, to)];
    steps[jump] += `M${x1} ${y1}L${x2} ${y2}`;
  });
  const [startX, startY] = centreOf(left, top, places[0]);
  const [[fromX, fromY], [endX, endY]] = places.slice(-2).map((to) => centreOf(left, top, to));
  const angle = (Math.atan2(endY - fromY, endX - fromX) * 180) / Math.PI;
  return (
    `<g stroke="#9aa4af" stroke-width="1.6" fill="none"><path d="${steps[0]}"/><path d="${steps[1]}" stroke-dasharray="2.5 3" stroke-width="1.2"/></g>` +
    `<circle cx="${startX}" cy="${startY}" r="3" fill="#9aa4af"/>` +
    `<path d="M5 0L-4 -4.5V4.5Z" transform="translate(${endX} ${endY}) rotate(${angle})" fill="#9aa4af"/>`
  );
}

function tapMark(x, y, slice, label) {
  const side = cell - 4;
  return (
    `<rect x="${x - side / 2}" y="${y - side / 2}" width="${side}" height="${side}" rx="4" fill="${sliceColours[slice]}"/>` +
    text(x, y + 4.5, label, {size: 13, weight: 600, colour: '#ffffff', anchor: 'middle'})
  );
}

const ring = (x, y) =>
  `<rect x="${x - cell / 2}" y="${y - cell / 2}" width="${cell}" height="${cell}" rx="5" fill="none" stroke="${ink}" stroke-width="2.6"/>`;

/** One frame with the reads that fall into it, the line, and the ring if it is the frame of the output position. */
function frame(left, top, time, {reads, line}) {
  const here = reads.filter(({place: [t]}) => t === time);
  const own = time === position[0];
  const marks = here.map(({place: to, slice, label}) => tapMark(...centreOf(left, top, to), slice, label));
  return [
    grid(left, top, here.length > 0 || own),
    own && line ? walk(left, top, line) : '',
    ...marks,
    own ? ring(...centreOf(left, top, position)) : '',
  ].join('');
}

const frameLeft = (column) => filmLeft + column * (frameWidth + frameGap);
const frameName = (time) => ['frame t − 1', 'frame t', 'frame t + 1'][time];

/** Arrow from the film to the output channels that are made from it. */
function channels(top, first, count) {
  const [height, width] = [frameHeight / outputChannels, 30];
  const boxes = Array.from({length: outputChannels}, (_, i) => {
    const made = i >= first && i < first + count;
    return `<rect x="${channelsLeft}" y="${top + i * height}" width="${width}" height="${height}" fill="${made ? '#424a53' : '#ffffff'}" stroke="${made ? '#ffffff' : gridInk}"/>`;
  });
  const middle = top + (first + count / 2) * height;
  const start = filmLeft + 3 * frameWidth + 2 * frameGap + 12;
  const end = channelsLeft - 8;
  const from = top + frameHeight / 2;
  return (
    boxes.join('') +
    `<rect x="${channelsLeft}" y="${top}" width="${width}" height="${frameHeight}" fill="none" stroke="#8c959f"/>` +
    `<path d="M${start} ${from}C${start + 22} ${from} ${end - 26} ${middle} ${end - 6} ${middle}" fill="none" stroke="#57606a" stroke-width="1.6"/>` +
    `<path d="M${end} ${middle}l-8 -4.5v9Z" fill="#57606a"/>`
  );
}

function description(top, {title, lines, first, count}) {
  const channelsText =
    count === outputChannels
      ? `all ${outputChannels} output channels`
      : `output channels ${first + 1} to ${first + count} of ${outputChannels}`;
  return [
    text(textLeft, top + 22, title, {size: 16, weight: 600}),
    text(textLeft, top + 42, channelsText, {size: 13, colour: softInk}),
    ...lines.map((line, i) => text(textLeft, top + 66 + i * 19, line)),
  ].join('');
}

/** A row: what the group is, the three frames, and the channels that come out. */
function filmRow(top, row) {
  const frames = [0, 1, 2].map((time) => frame(frameLeft(time), top, time, row));
  return description(top, row) + frames.join('') + channels(top, row.first, row.count);
}

/** A row of a sum: frame t once for each of three rules, side by side. */
function sumRow(top, row) {
  const frames = row.terms.map(
    (term, column) =>
      frame(frameLeft(column), top, position[0], term) +
      text(frameLeft(column) + frameWidth / 2, top - 9, term.name, {
        size: 13,
        colour: softInk,
        anchor: 'middle',
      }),
  );
  const plus = [1, 2].map((column) =>
    text(frameLeft(column) - frameGap / 2, top + frameHeight / 2 + 7, '+', {
      size: 20,
      weight: 600,
      anchor: 'middle',
    }),
  );
  return description(top, row) + frames.join('') + plus.join('') + channels(top, row.first, row.count);
}

const frameNames = (y) =>
  [0, 1, 2]
    .map((time) =>
      text(frameLeft(time) + frameWidth / 2, y, frameName(time), {
        size: 13,
        colour: softInk,
        anchor: 'middle',
      }),
    )
    .join('');

const section = (y, content) =>
  text(textLeft, y, content, {size: 13, weight: 700, colour: softInk}) +
  `<path d="M${textLeft} ${y + 9}H${pictureWidth - textLeft}" stroke="${gridInk}"/>`;

/** Marks with their words, side by side; the pitch suits the widest of the fonts that a reader may have. */
function legend(y, entries) {
  let x = textLeft;
  return entries
    .map(({mark, words}) => {
      const drawn = mark(x + cell / 2, y) + text(x + cell + 7, y + 5, words, {size: 13});
      x += cell + 25 + words.length * 7.6;
      return drawn;
    })
    .join('');
}

const channelsHeading = (top) =>
  ['output', 'channels']
    .map((word, i) =>
      text(channelsLeft + 15, top - 24 + i * 15, word, {size: 13, colour: softInk, anchor: 'middle'}),
    )
    .join('');

const lineMark = (x, y) =>
  `<path d="M${x - 11} ${y}h20" stroke="#9aa4af" stroke-width="1.6"/><path d="M${x + 13} ${y}l-8 -4.5v9Z" fill="#9aa4af"/>`;

function picture(height, title, subtitle, body) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${pictureWidth}" height="${height}" viewBox="0 0 ${pictureWidth} ${height}" role="img" font-family="-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif">`,
    `<title>${title}</title>`,
    `<rect x="0.5" y="0.5" width="${pictureWidth - 1}" height="${height - 1}" rx="10" fill="#fbfcfd" stroke="#d0d7de"/>`,
    text(textLeft, 42, title, {size: 21, weight: 700}),
    ...subtitle.map((line, i) => text(textLeft, 68 + i * 20, line, {colour: softInk})),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

const groupOf = (part) => ({first: part.outputChannel, count: part.outputChannels});

function drawTemporal(sts) {
  const shapes = [
    [1, ...size, outputChannels],
    [3, 1, 1, outputChannels, outputChannels],
  ];
  const row = (part, title, lines) => ({...groupOf(part), ...readsOf(sts, part, shapes[1]), title, lines});
  const [plain] = sts.conv3dInfo(...shapes, {pad: 'same'}).parts;
  const [rows, columns, time] = sts.stsConv3dInfo(...shapes).parts;
  const pitch = frameHeight + 22;
  const top = 210;
  const split = top + frameHeight + 42;
  const first = split + 44;
  return picture(
    first + 3 * pitch + 6,
    'STS convolution: the same three weights, read in other places',
    [
      'Which pixels of a video one output position of a 3 × 1 × 1 convolution reads. Every output channel multiplies',
      'what it reads with three weights of its own, in STS as in the ordinary convolution.',
    ],
    [
      legend(118, [
        {mark: ring, words: 'output position'},
        ...[0, 1, 2].map((slice) => ({
          mark: (x, y) => tapMark(x, y, slice, `w${subscript(slice)}`),
          words: ['first weight', 'second weight', 'third weight'][slice],
        })),
        {mark: lineMark, words: 'the frame as one line'},
      ]),
      section(159, 'ORDINARY'),
      channelsHeading(top),
      frameNames(top - 9),
      filmRow(top, row(plain, 'Temporal convolution', ['The same pixel', 'in three neighbouring frames.'])),
      section(split, 'STS: AS MANY WEIGHTS, AS MANY MULTIPLICATIONS'),
      frameNames(first - 9),
      filmRow(
        first,
        row(rows, 'First quarter, static', [
          'Three neighbours in the same',
          'frame, read row by row as one line.',
        ]),
      ),
      filmRow(
        first + pitch,
        row(columns, 'Second quarter, static', ['The same, read column by', 'column as one line.']),
      ),
      filmRow(
        first + 2 * pitch,
        row(time, 'Second half, dynamic', ['As in the ordinary convolution:', 'three neighbouring frames.']),
      ),
    ],
  );
}

function drawDepthwise(sts) {
  const shapes = [
    [1, ...size, outputChannels],
    [3, 3, 3, outputChannels, 1],
  ];
  const row = (part, title, lines) => ({...groupOf(part), ...readsOf(sts, part, shapes[1]), title, lines});
  const [plain] = sts.depthwiseConv3dInfo(...shapes, {pad: 'same'}).parts;
  const parts = sts.stsDepthwiseConv3dInfo(...shapes).parts;
  const dynamic = parts.at(-1);
  const terms = parts
    .slice(0, -1)
    .map((part) => ({...groupOf(part), ...readsOf(sts, part, shapes[1])}))
    .sort((a, b) => a.reads[0].slice - b.reads[0].slice);
  const names = ['slice 0, frame t', 'slice 1, frame t', 'slice 2, frame t'];
  const statics = {
    ...terms[0],
    title: 'First half, static',
    lines: [
      'A sum over frame t alone: slice 0 along',
      'the rows as one line, slice 1 as a 3 × 3,',
      'slice 2 along the columns as one line.',
    ],
    terms: terms.map((term, i) => ({...term, name: names[i]})),
  };
  const top = 210;
  const split = top + frameHeight + 42;
  const first = split + 44;
  const second = first + frameHeight + 44;
  return picture(
    second + frameHeight + 28,
    'Depthwise STS convolution: the same 27 weights, read in other places',
    [
      'Which pixels of a video one output position of a depthwise 3 × 3 × 3 convolution reads. Each channel has a filter of',
      'three slices with nine weights, numbered 0 to 8 in each slice.',
    ],
    [
      legend(118, [
        {mark: ring, words: 'output position'},
        ...[0, 1, 2].map((slice) => ({
          mark: (x, y) => tapMark(x, y, slice, '0'),
          words: `slice ${slice}`,
        })),
        {mark: lineMark, words: 'the frame as one line'},
      ]),
      section(159, 'ORDINARY'),
      channelsHeading(top),
      frameNames(top - 9),
      filmRow(
        top,
        row(plain, 'Depthwise convolution', ['A slice for each of three', 'neighbouring frames.']),
      ),
      section(split, 'STS: AS MANY WEIGHTS, AS MANY MULTIPLICATIONS'),
      sumRow(first, statics),
      frameNames(second - 9),
      filmRow(
        second,
        row(dynamic, 'Second half, dynamic', [
          'As in the ordinary convolution:',
          'three neighbouring frames.',
        ]),
      ),
    ],
  );
}

/**
 * The pictures of docs/images, file name to SVG.
 *
 * @param sts where the tables come from: `conv3dInfo`, `depthwiseConv3dInfo`, `stsConv3dInfo`,
 *   `stsDepthwiseConv3dInfo` and `tapTable` of `sts.geometry`
 */
export function drawTapTables(sts) {
  return {
    'tap_tables.svg': drawTemporal(sts),
    'tap_tables_depthwise.svg': drawDepthwise(sts),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = fileURLToPath(new URL('../docs/images/', import.meta.url));
  mkdirSync(folder, {recursive: true});
  const {geometry} = await import('../dist/ops.js');
  for (const [name, svg] of Object.entries(drawTapTables(geometry))) {
    writeFileSync(folder + name, svg);
    console.log(`docs/images/${name}`);
  }
}
