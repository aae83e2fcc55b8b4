/** Timelines for tests: shots of a made-up film at any rate, labels that try to break every format. */
import type {Segment, Shot, Timeline} from '../../../src/video/timeline';

/** What would end a record, a string, a cue, a tag or a script, or be run by a spreadsheet. */
export const HOSTILE = [
  'a, b; "c"',
  'two\nlines\r\nand a tab\there',
  '</script><script>globalThis.hacked = 1</script>',
  '"><img src=x onerror="globalThis.hacked = 1">',
  "' onmouseover='globalThis.hacked = 1",
  '--> 00:00 --> 99:99',
  '=HYPERLINK("http://example.com")',
  '@SUM(1)',
  '001  AX V C 00:00:00:00',
  '&lt;b&gt; &amp; é \u2028 \u0000 \ud800',
] as const;

const BOUNDARIES: readonly [startFrame: number, endFrame: number, transition: Shot['transition'], number][] =
  [
    [0, 49, 'start', 1],
    [50, 99, 'cut', 0.91],
    // Frames 100 to 111 dissolve.
    [112, 112, 'gradual', 0.52],
    [113, 500, 'cut', 0.999],
    [501, 20_000, 'cut', 0.7],
  ];

/**
 * @param rate frames per second; every frame is shown for as long as any other
 * @param labels one for each segment, which are two seconds long
 */
export function sampleTimeline(
  rate: number,
  labels: readonly string[] = HOSTILE,
  name = 'film.mp4',
): Timeline {
  const shots = BOUNDARIES.map(([startFrame, endFrame, transition, confidence]) => ({
    startFrame,
    endFrame,
    start: startFrame / rate,
    end: (endFrame + 1) / rate,
    transition,
    confidence,
    // Of some, with what would break a format.
    ...(startFrame > 49 && startFrame < 501 && {camera: {label: labels[2] ?? 'static', score: 0.875}}),
  }));
  const segments: Segment[] = labels.map((label, i) => ({
    start: 2 * i,
    end: 2 * i + 2,
    ...(i % 2 === 0 && {shot: i % shots.length}),
    labels: [
      {label, score: 0.75},
      {label: 'other', score: 0.125},
    ],
    features: [Math.fround(i / 3), Math.fround(-1e-12), 0],
  }));
  const frames = 20_001;
  const video = {
    name,
    width: 640,
    height: 360,
    duration: frames / rate,
    frameRate: rate,
    isVariableRate: false,
    startTimestamp: 1.4,
    frames,
  };
  return {version: 1, video, shots, segments, model: 'colours'};
}
