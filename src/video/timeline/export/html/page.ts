/**
 * A timeline as one page that needs nothing but itself: the film if it lies beside it, shots and labels over time, a picture
 * of each shot. Its policy lets nothing load but that film, its own script and style, by their hashes. Every link is a time.
 */
import {InvalidArgumentError} from '../../../../util/errors';
import {pageDocument} from '../../../../util/page/document';
import {escapeHtml, isPictureUrl, pathUrl} from '../../../../util/page/escape';
import type {Segment, SegmentLabel, Shot, Timeline} from '../../timeline';
import {labelText, short, shotsOf, shotText} from '../text';
import {SCRIPT} from './script';
import {STYLE} from './style';

/** SHA-256 of STYLE and SCRIPT, without which no browser takes them. A test says what they have to be. */
const STYLE_HASH = 'yqT5sIH6fOPAZX8Aj+gZPu2EYk+z5lWSTiSxy8arJEU=';
const SCRIPT_HASH = 'zhaMoWB21Ekn0Biuon7kW0UpYPQoa5+6GOFZ+DlfVNg=';

const POLICY = [
  `script-src 'sha256-${SCRIPT_HASH}'`,
  // The film beside the page, or the one that the reader chooses.
  "media-src 'self' file: blob:",
];

/** So many labels get a line of their own, the ones that are seen longest. */
const MOST_LANES = 12;
/** What a shot is labelled with at most. */
const LABELS_OF_A_SHOT = 3;
/** What would be shown as 0 %. */
const LEAST_SCORE = 0.005;
/** Percent of the width of the film below which a bar could not be seen. */
const THINNEST_BAR = 0.15;

export interface PageOptions {
  /** Path of the film from the page. */
  readonly videoPath: string;
  /** A picture of each shot, or none at all. */
  readonly thumbnails: readonly string[];
}

/**
 * @returns the file as text
 * @throws InvalidArgumentError for pictures that are not as many as the shots, or no `data:` URLs
 */
export function html(timeline: Timeline, {videoPath, thumbnails}: PageOptions): string {
  checkThumbnails(thumbnails, shotsOf(timeline).length);
  const {name, duration} = timeline.video;
  const body = `<header>
<a class="skip" href="#shots">To the shots</a>
<h1>${escapeHtml(name)}</h1>
<p>${escapeHtml(facts(timeline))}</p>
</header>
<main>
<div class="player">
<video controls playsinline preload="metadata" hidden src="${escapeHtml(pathUrl(videoPath))}"></video>
<p class="absent" hidden>The film is not beside this page. <label>Open it<input type="file" accept="video/*"></label>;
it stays on this computer.</p>
</div>
${map(timeline)}
<h2 id="shots" tabindex="-1">Shots</h2>
<ol class="shots">
${cards(timeline, thumbnails)}
</ol>
</main>
<footer>
<p><kbd>n</kbd> next shot, <kbd>p</kbd> previous shot, <kbd>space</kbd> play or pause. A time in the page's address, #t=12.5,
opens it there.</p>
</footer>
<script>${SCRIPT}</script>`;
  const attributes = ` data-duration="${duration}"`;
  return pageDocument({title: name, style: STYLE, styleHash: STYLE_HASH, policy: POLICY, attributes, body});
}

function checkThumbnails(thumbnails: readonly string[], shots: number): void {
  if (thumbnails.length !== 0 && thumbnails.length !== shots) {
    throw new InvalidArgumentError(
      `exportTimeline: there are ${thumbnails.length} thumbnails; there must be one for each of ${shots} shots`,
    );
  }
  const bad = thumbnails.findIndex((url) => url !== '' && !isPictureUrl(url));
  if (bad >= 0) {
    throw new InvalidArgumentError(
      `exportTimeline: thumbnails[${bad}] must be a data: URL of a JPEG, PNG or WebP picture in base64, or ''`,
    );
  }
}

function facts({video, shots, model}: Timeline): string {
  const {width, height, duration, frameRate, isVariableRate, frames} = video;
  const rate = short(isVariableRate ? frames / duration : frameRate, 3);
  return [
    clock(duration),
    `${width} × ${height}`,
    `${rate} frames/s${isVariableRate ? ' on average' : ''}`,
    ...(shots.length > 0 ? [`${shots.length} ${shots.length === 1 ? 'shot' : 'shots'}`] : []),
    ...(model === undefined ? [] : [`labels by ${model}`]),
  ].join(' · ');
}

/** `1:02:03.4`, or `2:03.4` in the first hour. */
function clock(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
  const rest = `${String(Math.floor(tenths / 10) % 60).padStart(2, '0')}.${tenths % 10}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

const link = (seconds: number) => `#t=${short(seconds, 6)}`;

const percent = (share: number) => `${Math.round(share * 100)}\u00a0%`;

/** The film from left to right: its shots, and below them a line for each label. */
function map(timeline: Timeline): string {
  const {duration} = timeline.video;
  const bar = (start: number, end: number, what: string, opacity: number) => {
    const width = Math.max(THINNEST_BAR, ((end - start) / duration) * 100);
    const name = escapeHtml(`${what}, ${clock(start)} to ${clock(end)}`);
    return (
      `<a href="${link(start)}" aria-label="${name}"><rect x="${short((start / duration) * 100, 4)}%" ` +
      `width="${short(width, 4)}%" height="100%" fill-opacity="${short(opacity, 2)}"><title>${name}</title></rect></a>`
    );
  };
  const lane = (name: string, kind: string, bars: readonly string[]) =>
    `<div class="lane${kind}"><span class="name" title="${escapeHtml(name)}">${escapeHtml(name)}</span>` +
    `<svg role="group" aria-label="${escapeHtml(name)}">${bars.join('')}</svg></div>`;
  const shots = shotsOf(timeline).map(({start, end}, i) => bar(start, end, `Shot ${i + 1}`, 1));
  const labels = lanesOf(timeline.segments).map(([name, spans]) =>
    lane(
      name,
      '',
      spans.map(({start, end, label, score}) =>
        // Doubtful ones are pale, but to be seen.
        bar(start, end, `${label} ${percent(score)}`, 0.3 + 0.7 * Math.min(1, Math.max(0, score))),
      ),
    ),
  );
  return (
    `<section class="map" aria-label="The film over time">${lane('shots', ' film', shots)}\n${labels.join('\n')}\n` +
    '<div class="head"><i></i></div></section>'
  );
}

type LabelledSpan = SegmentLabel & Pick<Segment, 'start' | 'end'>;

/** Segments by the label that comes first in them, in the order in which these appear; the rest as one. */
function lanesOf(segments: readonly Segment[]): [string, LabelledSpan[]][] {
  const lanes = new Map<string, LabelledSpan[]>();
  for (const {start, end, labels} of segments) {
    const [best] = labels;
    if (best === undefined) continue;
    const spans = lanes.get(best.label) ?? [];
    lanes.set(best.label, spans);
    spans.push({...best, start, end});
  }
  const seen = (spans: readonly LabelledSpan[]) => spans.reduce((sum, {start, end}) => sum + end - start, 0);
  const byLength = [...lanes].sort(([, a], [, b]) => seen(b) - seen(a));
  const kept = new Set(byLength.slice(0, MOST_LANES).map(([name]) => name));
  const rest = byLength.slice(MOST_LANES).flatMap(([, spans]) => spans);
  rest.sort((a, b) => a.start - b.start);
  return [
    ...[...lanes].filter(([name]) => kept.has(name)),
    ...(rest.length > 0 ? [['others', rest] as [string, LabelledSpan[]]] : []),
  ];
}

function cards(timeline: Timeline, thumbnails: readonly string[]): string {
  const {width, height} = timeline.video;
  return shotsOf(timeline)
    .map((shot, i) => {
      const {start, end} = shot;
      const size = `width="${width}" height="${height}"`;
      const picture = thumbnails[i]
        ? `<img ${size} src="${thumbnails[i]}" alt="" loading="lazy">`
        : '<span class="blank"></span>';
      const labels = labelsDuring(timeline.segments, start, end)
        .map(({label, score}) => `<li><i>${escapeHtml(label)}</i> <span>${percent(score)}</span></li>`)
        .join('');
      return (
        `<li><a class="shot" href="${link(start)}">${picture}<div><b>${clock(start)}</b> ` +
        `<span class="length">${short(end - start, end - start < 1 ? 2 : 1)} s</span><br>` +
        `<span class="how">${escapeHtml(`Shot ${i + 1}${howShot(shot)}`)}</span>` +
        `${labels === '' ? '' : `<ul>${labels}</ul>`}</div></a></li>`
      );
    })
    .join('\n');
}

/** Behind the number of a shot; that the film begins with the first is plain. */
function howShot(shot: Shot): string {
  if (shot.transition !== 'start') return `, ${shotText(shot)}`;
  return shot.camera === undefined ? '' : `, ${labelText(shot.camera)}`;
}

/** The labels of the segments whose middle lies in a span, with the highest score of each. */
function labelsDuring(segments: readonly Segment[], from: number, to: number): SegmentLabel[] {
  const best = new Map<string, number>();
  for (const {start, end, labels} of segments) {
    const middle = (start + end) / 2;
    const isInside = (middle >= from && middle < to) || (start <= from && end >= to);
    if (!isInside) continue;
    for (const {label, score} of labels) best.set(label, Math.max(score, best.get(label) ?? -Infinity));
  }
  return [...best]
    .map(([label, score]) => ({label, score}))
    .filter(({score}) => score >= LEAST_SCORE)
    .sort((a, b) => b.score - a.score)
    .slice(0, LABELS_OF_A_SHOT);
}
