/**
 * Every format read back, by small parsers written here after each format's rules: times within a frame, labels that try to
 * break out as they were. OpenTimelineIO's also by its own package, where Python has it.
 */
import {spawnSync} from 'node:child_process';
import {describe, expect, it} from 'vitest';
import {exportTimeline, readTimeline, type Timeline} from '../../../../src/video/timeline';
import {HOSTILE, sampleTimeline} from '../sample';

const RATES = [24000 / 1001, 24, 25, 30000 / 1001, 30, 50, 60000 / 1001, 60] as const;

/** Control characters and line breaks as one space, which is all that a format of lines may change. */
const onLine = (text: string) => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** Frames from midnight, the dropped numbers taken out minute by minute. */
function framesOf(timecode: string, base: number): number {
  const [, h, m, s, separator, f] = /^(\d\d):(\d\d):(\d\d)([:;])(\d\d)$/.exec(timecode)!;
  const minutes = Number(h) * 60 + Number(m);
  let frames = (minutes * 60 + Number(s)) * base + Number(f);
  for (let minute = 1; minute <= minutes; minute++)
    if (separator === ';' && minute % 10 !== 0) frames -= base / 15;
  return frames;
}

function readEdl(text: string) {
  const lines = text.split('\r\n');
  const events: {source: [string, string]; record: [string, string]; comments: string[]}[] = [];
  for (const line of lines.slice(2)) {
    const event = /^(\d{3,}) {2}(\S{1,8}) +V {5}C {8}(\S{11}) (\S{11}) (\S{11}) (\S{11})$/.exec(line);
    if (event !== null) {
      expect(Number(event[1])).toBe(events.length + 1);
      events.push({source: [event[3]!, event[4]!], record: [event[5]!, event[6]!], comments: []});
    } else if (line !== '') {
      expect(line).toMatch(/^\* (FROM CLIP NAME|COMMENT|LOC): /);
      events.at(-1)!.comments.push(line);
    }
  }
  return {title: lines[0], mode: lines[1], events};
}

describe('edl', () => {
  it.each(RATES)('comes back within a frame at %f frames/s', (rate) => {
    const timeline = sampleTimeline(rate);
    const base = Math.round(rate);
    for (const startTimecode of [undefined, `10:07:00:${String(base - 1).padStart(2, '0')}`]) {
      const {mode, events} = readEdl(exportTimeline(timeline, 'edl', startTimecode ? {startTimecode} : {}));
      const isDrop = startTimecode === undefined && rate !== base && base !== 24;
      expect(mode).toBe(isDrop ? 'FCM: DROP FRAME' : 'FCM: NON-DROP FRAME');
      const start = startTimecode === undefined ? 0 : framesOf(startTimecode, base);
      expect(events.map(({source}) => source.map((at) => framesOf(at, base) - start))).toEqual(
        timeline.shots.map(({startFrame, endFrame}) => [startFrame, endFrame + 1]),
      );
      expect(events.every(({source, record}) => String(source) === String(record))).toBe(true);
    }
  });

  it('counts a film of variable rate by its times', () => {
    const timeline = sampleTimeline(30);
    const slowed = timeline.shots.map((shot) => ({...shot, start: shot.start * 1.13, end: shot.end * 1.13}));
    const film: Timeline = {
      ...timeline,
      shots: slowed,
      video: {...timeline.video, frameRate: 29.1, isVariableRate: true},
    };
    const {events} = readEdl(exportTimeline(film, 'edl'));
    events.forEach(({source}, i) => {
      const [from, to] = source.map((at) => (framesOf(at, 30) * 1001) / 30000);
      expect(Math.abs(from! - slowed[i]!.start)).toBeLessThan(1 / 30);
      expect(Math.abs(to! - slowed[i]!.end)).toBeLessThan(1 / 30);
    });
  });

  it('names the clip, tells transitions and labels, each on its own line', () => {
    const text = exportTimeline(sampleTimeline(25, HOSTILE, 'my\r\nfilm.mp4'), 'edl');
    const {title, events} = readEdl(text);
    expect(title).toBe('TITLE: my film.mp4');
    const camera = `${onLine(HOSTILE[2])} 0.88`;
    expect(events.map(({comments}) => comments.slice(0, 2))).toEqual(
      ['start', `cut 0.91, ${camera}`, `gradual 0.52, ${camera}`, `cut 1, ${camera}`, 'cut 0.7'].map(
        (how) => ['* FROM CLIP NAME: my film.mp4', `* COMMENT: ${how}`],
      ),
    );
    const locators = events.flatMap(({comments}) => comments.slice(2));
    expect(locators).toEqual(
      HOSTILE.map(
        (label, i) =>
          `* LOC: 00:00:${String(2 * i).padStart(2, '0')}:00 GREEN   ${onLine(label)} 0.75, other 0.13`,
      ),
    );
  });

  it('has the whole film as one event when there are no shots', () => {
    const {events} = readEdl(exportTimeline({...sampleTimeline(25), shots: [], segments: []}, 'edl'));
    expect(events.map(({source}) => source)).toEqual([['00:00:00:00', '00:13:20:01']]);
  });
});

/** Python with the package opentimelineio, `$PYTHON` if that is set; undefined where it has none: then the schemas alone are tested. */
const python = [process.env.PYTHON ?? 'python3'].find(
  (program) => spawnSync(program, ['-c', 'import opentimelineio']).status === 0,
);

/** Reads a list of files, and tells of each where it begins and its clips: name, frames in the file and in the track. */
const READER = `
import json, sys
import opentimelineio as otio

def seconds(span):
    return [span.start_time.to_seconds(), span.duration.to_seconds()]

def film(text):
    timeline = otio.adapters.read_from_string(text, 'otio_json')
    clips = [[clip.name, seconds(clip.source_range), seconds(clip.range_in_parent())] for clip in timeline.find_clips()]
    markers = [[marker.name, seconds(marker.marked_range)] for marker in timeline.tracks.markers]
    return {'start': timeline.global_start_time.to_seconds(), 'clips': clips, 'markers': markers}

print(json.dumps([film(text) for text in json.load(sys.stdin)]))
`;

type Span = readonly [start: number, duration: number];
interface OtioFilm {
  readonly start: number;
  readonly clips: readonly (readonly [name: string, source: Span, inTrack: Span])[];
  readonly markers: readonly (readonly [name: string, span: Span])[];
}

function readByPackage(program: string, texts: readonly string[]): OtioFilm[] {
  const {status, stdout, stderr} = spawnSync(program, ['-c', READER], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

interface OtioTime {
  OTIO_SCHEMA: string;
  rate: number;
  value: number;
}
interface OtioItem {
  OTIO_SCHEMA: string;
  name: string;
  source_range: {OTIO_SCHEMA: string; start_time: OtioTime; duration: OtioTime};
  media_reference?: {OTIO_SCHEMA: string; target_url: string};
}

describe('otio', () => {
  it.each(RATES)('comes back within a frame at %f frames/s', (rate) => {
    const timeline = sampleTimeline(rate);
    const file = JSON.parse(exportTimeline(timeline, 'otio', {startTimecode: '01:00:00:00'}));
    const hour = Math.round(rate) * 3600;
    expect(file).toMatchObject({OTIO_SCHEMA: 'Timeline.1', tracks: {OTIO_SCHEMA: 'Stack.1'}});
    expect(file.global_start_time).toEqual({OTIO_SCHEMA: 'RationalTime.1', rate, value: hour});
    const [track] = file.tracks.children;
    expect(track).toMatchObject({OTIO_SCHEMA: 'Track.1', kind: 'Video'});
    // A track has no times: its items follow each other.
    let at = 0;
    const found: number[][] = [];
    for (const {OTIO_SCHEMA, source_range} of track.children as OtioItem[]) {
      const {start_time, duration} = source_range;
      expect([start_time.rate, duration.rate]).toEqual([rate, rate]);
      if (OTIO_SCHEMA === 'Clip.1') {
        found.push([at, at + duration.value]);
        expect(start_time.value).toBe(hour + at);
      } else expect(OTIO_SCHEMA).toBe('Gap.1');
      at += duration.value;
    }
    expect(found).toEqual(timeline.shots.map(({startFrame, endFrame}) => [startFrame, endFrame + 1]));
  });

  if (python !== undefined)
    it('is read by the package opentimelineio, within a frame', () => {
      const timelines = RATES.map((rate) => sampleTimeline(rate));
      const options = {startTimecode: '01:00:00:00'};
      const files = timelines.map((timeline) => exportTimeline(timeline, 'otio', options));
      for (const [i, film] of readByPackage(python, files).entries()) {
        const rate = RATES[i]!;
        const {shots, segments} = timelines[i]!;
        const expectFrame = (at: number, wanted: number) => {
          expect(Math.abs(at - wanted)).toBeLessThan(1 / rate);
        };
        // An hour of timecode is longer than one of the clock at 29.97 frames/s.
        const hour = (3600 * Math.round(rate)) / rate;
        expectFrame(film.start, hour);
        expect(film.clips.map(([name]) => name)).toEqual(shots.map((_, k) => `shot ${k + 1}`));
        for (const [k, [, source, inTrack]] of film.clips.entries()) {
          const {start, end} = shots[k]!;
          expectFrame(source[0], hour + start);
          expectFrame(inTrack[0], start);
          for (const [, duration] of [source, inTrack]) expectFrame(duration, end - start);
        }
        expect(film.markers).toHaveLength(segments.length);
        for (const [k, [, [start, duration]]] of film.markers.entries()) {
          expectFrame(start, segments[k]!.start);
          expectFrame(duration, segments[k]!.end - segments[k]!.start);
        }
      }
    });

  it('keeps labels, and what it has no field for', () => {
    const timeline = sampleTimeline(25);
    const text = exportTimeline(timeline, 'otio', {videoPath: 'a folder/é#?.mp4'});
    // For half a surrogate pair, even as an escape, its readers refuse the file.
    expect(text).not.toMatch(/\\ud[89a-f]/i);
    const halves = {...timeline, video: {...timeline.video, name: 'a\udc00b\ud800c'}};
    expect(exportTimeline(halves, 'otio')).not.toMatch(/\\ud[89a-f]/i);
    const file = JSON.parse(text);
    const markers = file.tracks.markers as {OTIO_SCHEMA: string; marked_range: OtioItem['source_range']}[];
    expect(markers.map(({marked_range}) => marked_range.start_time.value / 25)).toEqual(
      timeline.segments.map(({start}) => start),
    );
    expect(markers[2]).toMatchObject({
      OTIO_SCHEMA: 'Marker.2',
      name: `${HOSTILE[2]} 0.75`,
      metadata: {'tfjs-sts': {labels: timeline.segments[2]!.labels}},
    });
    const clips = (file.tracks.children[0].children as OtioItem[]).filter(({name}) => name !== '');
    expect(clips.map((clip) => clip.media_reference?.target_url)).toEqual(
      timeline.shots.map(() => 'a%20folder/%C3%A9%23%3F.mp4'),
    );
  });
});

describe('csv', () => {
  /** By the grammar of RFC 4180, character by character. */
  function readCsv(text: string): string[][] {
    const rows: string[][] = [[]];
    let cell = '';
    let isQuoted = false;
    for (let i = 0; i < text.length; i++) {
      const mark = text[i]!;
      if (isQuoted) {
        if (mark !== '"') cell += mark;
        else if (text[i + 1] === '"') cell += text[++i];
        else isQuoted = false;
      } else if (mark === '"' && cell === '') isQuoted = true;
      else if (mark === ',' || (mark === '\r' && text[i + 1] === '\n')) {
        rows.at(-1)!.push(cell);
        cell = '';
        if (mark === '\r') {
          i++;
          rows.push([]);
        }
      } else cell += mark;
    }
    expect(rows.pop()).toEqual([]);
    return rows;
  }

  it('comes back to the microsecond, labels with commas, quotes and line breaks too', () => {
    const timeline = sampleTimeline(30000 / 1001);
    const [titles, ...rows] = readCsv(exportTimeline(timeline, 'csv'));
    const records = rows.map((row) => {
      expect(row).toHaveLength(titles!.length);
      return Object.fromEntries(row.map((cell, i) => [titles![i]!, cell]));
    });
    const shots = records.filter(({kind}) => kind === 'shot');
    shots.forEach((row, i) => {
      const shot = timeline.shots[i]!;
      expect([row.number, row.start_frame, row.end_frame].map(Number)).toEqual([
        i + 1,
        shot.startFrame,
        shot.endFrame,
      ]);
      expect(Math.abs(Number(row.start) - shot.start)).toBeLessThanOrEqual(5.1e-7);
      expect(Math.abs(Number(row.end) - shot.end)).toBeLessThanOrEqual(5.1e-7);
      expect([row.transition, Number(row.confidence)]).toEqual([shot.transition, shot.confidence]);
      const {label, score} = shot.camera ?? {label: '', score: ''};
      expect([row.camera, row.camera_score]).toEqual([label, String(score)]);
    });
    const labels = records.filter(({kind, score}) => kind === 'segment' && score === '0.75');
    // Spreadsheets take what begins as a formula does for one; an apostrophe keeps them from it.
    expect(labels.map(({label}) => label)).toEqual(HOSTILE.map((label) => label.replace(/^(?=[-=@])/, "'")));
    expect(labels.map(({shot}) => shot)).toEqual(
      timeline.segments.map(({shot}) => (shot === undefined ? '' : String(shot + 1))),
    );
  });

  it('has a row for a segment without labels', () => {
    const timeline = {...sampleTimeline(25), segments: [{start: 0, end: 1, labels: []}]};
    expect(readCsv(exportTimeline(timeline, 'csv')).at(-1)).toEqual([
      'segment',
      '1',
      '0',
      '1',
      '',
      '',
      '',
      '',
      '',
      '',
      '',
      '',
      '',
    ]);
  });
});

describe('json', () => {
  it('comes back as it was', () => {
    const timeline = sampleTimeline(30000 / 1001);
    expect(readTimeline(exportTimeline(timeline, 'json'))).toEqual(timeline);
    const bare: Timeline = {version: 1, video: timeline.video, shots: [], segments: []};
    expect(readTimeline(exportTimeline(bare, 'json'))).toEqual(bare);
  });

  it('keeps features in single precision', () => {
    const features = [Math.PI, 1e-40, -1.1754943508222875e-38, 3.4028234663852886e38, 0.1];
    const timeline = {...sampleTimeline(25), segments: [{start: 0, end: 1, labels: [], features}]};
    const back = readTimeline(exportTimeline(timeline, 'json')).segments[0]!.features!;
    expect(Float32Array.from(back)).toEqual(Float32Array.from(features));
  });
});

it('an unknown format or option is refused, with what was meant', () => {
  const timeline = sampleTimeline(25);
  expect(() => exportTimeline(timeline, 'webvt' as 'webvtt')).toThrow(
    'exportTimeline: the format is "webvt"; did you mean webvtt? Known are json, csv, webvtt, edl, otio, html',
  );
  expect(() => exportTimeline(timeline, 'edl', {framerate: 25} as object)).toThrow(
    /unknown option framerate; did you mean frameRate/,
  );
  expect(() => exportTimeline(timeline, 'webvtt', {cues: 'labels' as 'shots'})).toThrow(/cues is 'labels'/);
  for (const [option, value] of Object.entries({
    videoPath: 5,
    startTimecode: 5,
    frameRate: '25',
    thumbnails: 5,
  }))
    expect(() => exportTimeline(timeline, 'json', {[option]: value})).toThrow(
      `exportTimeline: ${option} is ${JSON.stringify(value)}; it must be`,
    );
});
