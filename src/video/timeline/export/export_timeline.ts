/** Timelines as files that editors, browsers, spreadsheets and people read. Each format has a file of its own. */
import {InvalidArgumentError} from '../../../util/errors';
import {checkOptions, knownNames, optionNames} from '../../../util/names';
import {pathUrl} from '../../../util/page/escape';
import {checkTimeline} from '../check';
import type {Timeline} from '../timeline';
import {csv} from './csv';
import {edl} from './edl';
import {html} from './html/page';
import {json} from './json';
import {otio} from './otio';
import {frameClock} from './timecode';
import {type Cues, webvtt} from './webvtt';

export interface ExportOptions {
  /**
   * For `edl` and `otio`: the film's own timecode at its start, `HH:MM:SS:FF`, or `HH:MM:SS;FF` for drop-frame. Default: 0,
   * counted drop-frame at 29.97 and 59.94 frames a second.
   */
  readonly startTimecode?: string;
  /**
   * For `edl` and `otio`: frames a second to count at. Default: the video's nominal rate, or the next higher that editors
   * know; times are rounded to the nearest frame.
   */
  readonly frameRate?: number;
  /** For `webvtt`: what the cues are. Default: the segments, or the shots where there are none. */
  readonly cues?: Cues;
  /**
   * For `otio` and `html`: path of the film as seen from the file that is written, which a browser plays beside the page.
   * Default: the video's name.
   */
  readonly videoPath?: string;
  /** For `html`: a picture of each shot, as `data:` URLs of JPEG, PNG or WebP. See `shotThumbnails`. */
  readonly thumbnails?: readonly string[];
}

const OPTIONS = optionNames<ExportOptions>({
  startTimecode: true,
  frameRate: true,
  cues: true,
  videoPath: true,
  thumbnails: true,
});

/** What programs without types may give. What the values say is checked where they are used. */
function checkTypes({startTimecode, frameRate, videoPath, thumbnails}: ExportOptions): void {
  const fail = (name: string, value: unknown, needed: string) => {
    throw new InvalidArgumentError(
      `exportTimeline: ${name} is ${JSON.stringify(value)}; it must be ${needed}`,
    );
  };
  for (const [name, value] of Object.entries({startTimecode, videoPath}))
    if (value !== undefined && typeof value !== 'string') fail(name, value, 'text');
  if (frameRate !== undefined && typeof frameRate !== 'number')
    fail('frameRate', frameRate, 'a number of frames a second');
  if (thumbnails !== undefined && !Array.isArray(thumbnails))
    fail('thumbnails', thumbnails, 'a list of URLs');
}

type Writer = (timeline: Timeline, options: ExportOptions) => string;

const clockOf = ({video}: Timeline, {frameRate, startTimecode}: ExportOptions) =>
  frameClock(video.frameRate, frameRate, startTimecode);

const WRITERS = {
  json,
  csv,
  webvtt: (timeline, {cues}) =>
    webvtt(timeline, cues ?? (timeline.segments.length > 0 ? 'segments' : 'shots')),
  edl: (timeline, options) => edl(timeline, clockOf(timeline, options)),
  otio: (timeline, options) =>
    otio(timeline, clockOf(timeline, options), pathUrl(options.videoPath ?? timeline.video.name)),
  html: (timeline, {videoPath, thumbnails}) =>
    html(timeline, {videoPath: videoPath ?? timeline.video.name, thumbnails: thumbnails ?? []}),
} satisfies Record<string, Writer>;

/** What a timeline can be written as. */
export type ExportFormat = keyof typeof WRITERS;

/** The names of all formats. */
export const EXPORT_FORMATS = Object.keys(WRITERS) as readonly ExportFormat[];

/**
 * Writes a timeline as a file of another kind.
 *
 * - `json`: all of it, for `readTimeline`.
 * - `csv`: a row for each shot, and one for each label of each segment.
 * - `webvtt`: cues for a page's `<track>`.
 * - `edl`: CMX 3600, an event for each shot, locators for labels.
 * - `otio`: OpenTimelineIO, a clip for each shot, markers for labels.
 * - `html`: a page in one file: pictures of the shots, labels over time, and the film itself if it lies beside the page.
 *
 * @returns the text of the file
 * @throws InvalidArgumentError for an unknown format or option, for a value that is no timeline, and for a rate or a
 *   timecode that there cannot be
 *
 * ```ts
 * await writeFile('film.edl', exportTimeline(timeline, 'edl', {startTimecode: '01:00:00:00'}));
 * ```
 */
export function exportTimeline(
  timeline: Timeline,
  format: ExportFormat,
  options: ExportOptions = {},
): string {
  if (!Object.hasOwn(WRITERS, format)) {
    throw new InvalidArgumentError(
      `exportTimeline: the format is ${JSON.stringify(format)}${knownNames(String(format), EXPORT_FORMATS)}`,
    );
  }
  checkOptions('exportTimeline', options, OPTIONS);
  checkTypes(options);
  const {cues = 'shots'} = options;
  if (cues !== 'shots' && cues !== 'segments') {
    throw new InvalidArgumentError(`exportTimeline: cues is '${cues}'; it must be 'shots' or 'segments'`);
  }
  const checked = checkTimeline(timeline, (what) => new InvalidArgumentError(`exportTimeline: ${what}`));
  const write: Writer = WRITERS[format];
  return write(checked, options);
}
