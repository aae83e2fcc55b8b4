/** What `readTimeline` refuses: one field changed at a time, and where it says that the fault is. */
import {describe, expect, it} from 'vitest';
import {FormatError, InvalidArgumentError} from '../../../src/util/errors';
import {exportTimeline, readTimeline, type Timeline} from '../../../src/video/timeline';
import {sampleTimeline} from './sample';

/** The sample with the value at a path put in place of another, or taken out. */
function changed(path: readonly (string | number)[], value: unknown): Timeline {
  const timeline = structuredClone(sampleTimeline(25));
  let parent: Record<string | number, unknown> = timeline as never;
  for (const key of path.slice(0, -1)) parent = parent[key] as typeof parent;
  if (value === undefined) delete parent[path.at(-1)!];
  else parent[path.at(-1)!] = value;
  return timeline;
}

const FAULTS: readonly [path: (string | number)[], value: unknown, message: RegExp][] = [
  [['version'], 2, /version is 2; it must be 1/],
  [['version'], undefined, /the timeline has no version/],
  [['video'], undefined, /has no video/],
  [['video', 'name'], 3, /video\.name is 3; it must be text/],
  [['video', 'width'], 0, /video\.width is 0; it must be a whole number from 1 on/],
  [['video', 'height'], 2.5, /video\.height is 2\.5/],
  [['video', 'frameRate'], 0, /video\.frameRate is 0; it must be more than 0/],
  [['video', 'duration'], -1, /video\.duration is -1; it must be a number from 0 on/],
  [['video', 'isVariableRate'], 'no', /video\.isVariableRate is "no"; it must be true or false/],
  [['video', 'startTimestamp'], null, /video\.startTimestamp is null/],
  [['video', 'codec'], 'h264', /video has an unknown field codec/],
  [['shots'], {}, /shots is an object; it must be a list/],
  [['shots', 1], [], /shots\[1\] is a list; it must be an object/],
  [['shots', 1, 'startFrame'], 49, /shots\[1\]\.startFrame is 49; it must be a whole number from 50 on/],
  [['shots', 1, 'endFrame'], 30, /shots\[1\]\.endFrame is 30; it must be a whole number from 50 to 20000/],
  [['shots', 4, 'endFrame'], 20_001, /shots\[4\]\.endFrame is 20001/],
  [['shots', 1, 'start'], 1.5, /shots\[1\]\.start is 1\.5/],
  [['shots', 1, 'end'], 1, /shots\[1\]\.end is 1/],
  [['shots', 2, 'confidence'], 1.5, /shots\[2\]\.confidence is 1\.5; it must be a number from 0 to 1/],
  [
    ['shots', 2, 'transition'],
    'wipe',
    /shots\[2\]\.transition is "wipe"; it must be 'start', 'cut' or 'gradual'/,
  ],
  [['shots', 2, 'transitions'], 'cut', /unknown field transitions; did you mean transition\?/],
  [['shots', 2, 'camera'], 'pan', /shots\[2\]\.camera is "pan"; it must be an object/],
  [['shots', 2, 'camera', 'score'], '1', /shots\[2\]\.camera\.score is "1"/],
  [['segments', 3, 'start'], 0, /segments\[3\]\.start is 0; it must be a number from 4 on/],
  [['segments', 3, 'end'], 1, /segments\[3\]\.end is 1/],
  [['segments', 2, 'shot'], 5, /segments\[2\]\.shot is 5; it must be a whole number from 0 to 4/],
  [['segments', 2, 'labels', 0, 'label'], 7, /segments\[2\]\.labels\[0\]\.label is 7/],
  [['segments', 2, 'labels', 0, 'score'], '1', /segments\[2\]\.labels\[0\]\.score is "1"/],
  [['segments', 2, 'features', 1], 'x'.repeat(99), /segments\[2\]\.features\[1\] is "x{39}\.\.\./],
  [
    ['segments', 2, 'features'],
    [1],
    /segments\[2\]\.features is .*1 numbers.*; it must be 3, as many as before/,
  ],
];

describe('a timeline is refused', () => {
  it.each(FAULTS)('with %j as %j', (path, value, message) => {
    const timeline = changed(path, value);
    const read = () => readTimeline(JSON.stringify(timeline));
    expect(read).toThrow(message);
    expect(read).toThrow(FormatError);
    const write = () => exportTimeline(timeline, 'csv');
    expect(write).toThrow(message);
    expect(write).toThrow(InvalidArgumentError);
  });

  it('when it is no object, or no JSON', () => {
    expect(() => readTimeline('[]')).toThrow('readTimeline: the timeline is a list; it must be an object');
    expect(() => readTimeline('null')).toThrow(FormatError);
    expect(() => readTimeline('{')).toThrow(/^readTimeline: this is not JSON: /);
  });

  it('with numbers that JSON does not have', () => {
    expect(() => exportTimeline(changed(['video', 'duration'], Number.NaN), 'html')).toThrow(
      'exportTimeline: video.duration is NaN; it must be a number from 0 on',
    );
  });
});
