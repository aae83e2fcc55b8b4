/** Whether a value is a timeline: every field of the form in timeline.ts, nothing else, in order. Says of a wrong one where and why. */
import {knownNames} from '../../util/names';
import {TIMELINE_VERSION, type Timeline} from './timeline';

/** Makes the error of what is wrong. */
type Fault = (what: string) => Error;

/** Times of neighbours may differ by the rounding of sums. */
const ROUNDING = 1e-6;

type Fields = Readonly<Record<string, unknown>>;

/**
 * @param fault makes the error that is thrown for the first thing that is wrong
 * @returns the value, of whose fields all are known to be right
 */
export function checkTimeline(value: unknown, fault: Fault): Timeline {
  const {fail, object, list, text, finite, whole} = checks(fault);
  const timeline = object('the timeline', value, ['version', 'video', 'shots', 'segments'], ['model']);
  if (timeline.version !== TIMELINE_VERSION) {
    fail('version', timeline.version, `${TIMELINE_VERSION}, the form that this version of the package knows`);
  }
  if (timeline.model !== undefined) text('model', timeline.model);
  const frames = video(timeline.video);
  const shots = list('shots', timeline.shots);
  let before = {endFrame: -1, end: -Infinity};
  shots.forEach((shot, i) => {
    before = shotAfter(before, shot, `shots[${i}]`, frames);
  });
  segments(timeline.segments, shots.length);
  return value as Timeline;

  function video(given: unknown): number {
    const names = [
      'name',
      'width',
      'height',
      'duration',
      'frameRate',
      'isVariableRate',
      'startTimestamp',
      'frames',
    ];
    const facts = object('video', given, names);
    text('video.name', facts.name);
    whole('video.width', facts.width, 1);
    whole('video.height', facts.height, 1);
    finite('video.duration', facts.duration, 0);
    if (finite('video.frameRate', facts.frameRate, 0) === 0) fail('video.frameRate', 0, 'more than 0');
    if (typeof facts.isVariableRate !== 'boolean')
      fail('video.isVariableRate', facts.isVariableRate, 'true or false');
    finite('video.startTimestamp', facts.startTimestamp);
    return whole('video.frames', facts.frames, 0);
  }

  function shotAfter(last: typeof before, given: unknown, at: string, frames: number): typeof before {
    const names = ['startFrame', 'endFrame', 'start', 'end', 'transition', 'confidence'];
    const shot = object(at, given, names, ['camera']);
    const startFrame = whole(`${at}.startFrame`, shot.startFrame, last.endFrame + 1);
    const endFrame = whole(`${at}.endFrame`, shot.endFrame, startFrame, frames - 1);
    const start = finite(`${at}.start`, shot.start, last.end - ROUNDING);
    const end = finite(`${at}.end`, shot.end, start);
    finite(`${at}.confidence`, shot.confidence, 0, 1);
    if (!['start', 'cut', 'gradual'].includes(shot.transition as string))
      fail(`${at}.transition`, shot.transition, "'start', 'cut' or 'gradual'");
    if (shot.camera !== undefined) scored(`${at}.camera`, shot.camera);
    return {endFrame, end};
  }

  function scored(at: string, given: unknown): void {
    const {label, score} = object(at, given, ['label', 'score']);
    text(`${at}.label`, label);
    finite(`${at}.score`, score);
  }

  function segments(given: unknown, shots: number): void {
    let last = -Infinity;
    let length: number | undefined;
    list('segments', given).forEach((each, i) => {
      const at = `segments[${i}]`;
      const segment = object(at, each, ['start', 'end', 'labels'], ['shot', 'features']);
      last = finite(`${at}.start`, segment.start, last);
      finite(`${at}.end`, segment.end, last);
      if (segment.shot !== undefined) whole(`${at}.shot`, segment.shot, 0, shots - 1);
      for (const [j, label] of list(`${at}.labels`, segment.labels).entries())
        scored(`${at}.labels[${j}]`, label);
      if (segment.features === undefined) return;
      const features = list(`${at}.features`, segment.features);
      for (const [j, feature] of features.entries()) finite(`${at}.features[${j}]`, feature);
      length ??= features.length;
      if (features.length !== length)
        fail(`${at}.features`, `${features.length} numbers`, `${length}, as many as before`);
    });
  }
}

/** Checks of one value each, which return it. `at` says where it stands. */
function checks(fault: Fault) {
  const fail = (at: string, value: unknown, needed: string): never => {
    throw fault(`${at} is ${shown(value)}; it must be ${needed}`);
  };
  return {
    fail,
    object(
      at: string,
      value: unknown,
      required: readonly string[],
      optional: readonly string[] = [],
    ): Fields {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return fail(at, value, 'an object');
      const known = [...required, ...optional];
      const unknown = Object.keys(value).find((key) => !known.includes(key));
      if (unknown !== undefined)
        throw fault(`${at} has an unknown field ${unknown}${knownNames(unknown, known)}`);
      const missing = required.find((key) => !Object.hasOwn(value, key));
      if (missing !== undefined) throw fault(`${at} has no ${missing}`);
      return value as Fields;
    },
    list: (at: string, value: unknown): readonly unknown[] =>
      Array.isArray(value) ? value : fail(at, value, 'a list'),
    text: (at: string, value: unknown): string =>
      typeof value === 'string' ? value : fail(at, value, 'text'),
    finite(at: string, value: unknown, least = -Infinity, most = Infinity): number {
      const isRight = typeof value === 'number' && Number.isFinite(value) && value >= least && value <= most;
      return isRight ? value : fail(at, value, `a number${range(least, most)}`);
    },
    whole(at: string, value: unknown, least = 0, most = Number.MAX_SAFE_INTEGER): number {
      const isRight = Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
      return isRight ? (value as number) : fail(at, value, `a whole number${range(least, most)}`);
    },
  };
}

function range(least: number, most: number): string {
  const isOpen = most === Infinity || most === Number.MAX_SAFE_INTEGER;
  if (isOpen) return least === -Infinity ? '' : ` from ${least} on`;
  return ` from ${least} to ${most}`;
}

/** A value in a few words: files may hold anything, of any length. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
