/** WebVTT as a browser loads it, by a <track>: every cue with its times and its text, whatever is in a label. */
import {expect, it} from 'vitest';
import {type ExportOptions, exportTimeline} from '../../../../src/video/timeline';
import {HOSTILE, sampleTimeline} from '../sample';

/** The cues that the browser's own reader finds. */
async function cuesOf(text: string): Promise<VTTCue[]> {
  const video = document.createElement('video');
  const element = document.createElement('track');
  element.src = URL.createObjectURL(new Blob([text], {type: 'text/vtt'}));
  video.append(element);
  document.body.append(video);
  const loaded = new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = reject;
  });
  element.track.mode = 'hidden';
  await loaded;
  video.remove();
  return [...element.track.cues!] as VTTCue[];
}

const timeline = sampleTimeline(30000 / 1001);

it.each(['segments', 'shots'] as const)('loads the %s with times to the millisecond', async (cues) => {
  const options: ExportOptions = cues === 'segments' ? {} : {cues};
  const found = await cuesOf(exportTimeline(timeline, 'webvtt', options));
  const spans = timeline[cues];
  expect(found.map(({id}) => id)).toEqual(spans.map((_, i) => `${cues.slice(0, -1)}-${i + 1}`));
  found.forEach(({startTime, endTime}, i) => {
    expect(Math.abs(startTime - spans[i]!.start)).toBeLessThan(0.00051);
    expect(Math.abs(endTime - spans[i]!.end)).toBeLessThan(0.00051);
  });
});

it('shows labels as they are: as text, on one line', async () => {
  const found = await cuesOf(exportTimeline(timeline, 'webvtt'));
  const shown = found.map((cue) => cue.getCueAsHTML());
  expect(shown.every((fragment) => fragment.querySelector('*') === null)).toBe(true);
  // A lone half of a character cannot be written as UTF-8, nor any file hold a zero byte of text.
  const readable = (label: string) =>
    label.replace(/[\s\p{Cc}]+/gu, ' ').replace(/\p{Surrogate}/gu, '\ufffd');
  expect(shown.map(({textContent}) => textContent)).toEqual(
    HOSTILE.map((label) => `${readable(label)} 0.75\nother 0.13`),
  );
});

it('takes shots where there are no segments, and films of many hours', async () => {
  const {video, shots} = timeline;
  const late = shots.map((shot) => ({...shot, start: shot.start + 360_000, end: shot.end + 360_000}));
  const found = await cuesOf(exportTimeline({version: 1, video, shots: late, segments: []}, 'webvtt'));
  expect(found.map(({startTime}) => Math.round(startTime * 1000))).toEqual(
    late.map(({start}) => Math.round(start * 1000)),
  );
});
