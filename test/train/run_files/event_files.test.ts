/** TensorBoard's event files: bytes against TensorBoard's own, and what of them is left when a run goes on. */
import {appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {EventFiles} from '../../../src/train/run_files/event_files';
import {tfRecord} from '../../../src/train/run_files/tf_record';
import {eventFiles, readEventFile, readScalars} from '../support/read_events';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-events-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

/** A session of a run that was at `from` updates and `epochs` epochs: three updates, then the epoch. */
async function session(from: number, epochs: number): Promise<void> {
  const events = new EventFiles(folder);
  await events.cut({updates: from, epochs});
  for (const update of [1, 2, 3].map((i) => from + i))
    await events.append(update, {'train/loss': 1 / update, 'train/accuracy': 0.5});
  await events.append(epochs + 1, {'epoch/loss': 2, 'validation/top1': 0.25});
}

const steps = (tag: string) => readScalars(folder).flatMap(([name, step]) => (name === tag ? [step] : []));

it('a record has the bytes that TensorBoard writes', () => {
  // Of "hello", by tensorboard.summary.writer.record_writer.RecordWriter of TensorBoard 2.21.
  const expected = '0500000000000000eab2043e68656c6c6fbb1f1c19';
  expect(Buffer.from(tfRecord(new TextEncoder().encode('hello'))).toString('hex')).toBe(expected);
});

it('has the figures by step, with a version first and the time', async () => {
  const before = Date.now() / 1000;
  await session(0, 0);
  const [file] = eventFiles(folder);
  const [version, ...events] = readEventFile(file!);
  expect(version).toMatchObject({version: 'brain.Event:2', step: 0});
  expect(events.map(({step, scalars}) => [step, scalars])).toEqual([
    [1, {'train/loss': 1, 'train/accuracy': 0.5}],
    [2, {'train/loss': 0.5, 'train/accuracy': 0.5}],
    [3, {'train/loss': Math.fround(1 / 3), 'train/accuracy': 0.5}],
    [1, {'epoch/loss': 2, 'validation/top1': 0.25}],
  ]);
  for (const {wallTime} of events) {
    expect(wallTime).toBeGreaterThanOrEqual(before);
    expect(wallTime).toBeLessThanOrEqual(Date.now() / 1000);
  }
});

it.each([
  ['after an epoch', 3, 1, [1, 2, 3], [1]],
  // The checkpoint is the one of the last update: the epoch was not over.
  ['before the end of an epoch', 3, 0, [1, 2, 3], []],
  ['within an epoch', 1, 0, [1], []],
  ['at its beginning', 0, 0, [], []],
])('goes on %s in a file of its own, each step once', async (_, updates, epochs, ofUpdates, ofEpochs) => {
  await session(0, 0);
  await session(updates, epochs);
  const rest = [1, 2, 3].map((i) => updates + i);
  expect(steps('train/loss')).toEqual([...ofUpdates, ...rest]);
  expect(steps('validation/top1')).toEqual([...ofEpochs, epochs + 1]);
  const files = eventFiles(folder);
  expect(files).toHaveLength(ofUpdates.length > 0 ? 2 : 1);
  // TensorBoard, if it has read the first file before, forgets from here on.
  if (ofUpdates.length > 0)
    expect(readEventFile(files[1]!)[1]).toMatchObject({isStart: true, step: updates + 1});
});

it.each([
  ['a part of a record', (path: string) => truncateSync(path, readFileSync(path).length - 9)],
  ['a part of a length', (path: string) => appendFileSync(path, Uint8Array.of(9, 0, 0))],
  // What a disk may show for what never came to it.
  ['zeros', (path: string) => appendFileSync(path, new Uint8Array(64))],
  ['other bytes', (path: string) => appendFileSync(path, tfRecord(Uint8Array.of(1)).fill(7, 13))],
])('what was half written is gone: %s', async (_, damage) => {
  await session(0, 0);
  damage(eventFiles(folder)[0]!);
  await session(3, 1);
  expect(steps('train/loss')).toEqual([1, 2, 3, 4, 5, 6]);
});

it('a third session finds what it needs in two files, and files of others stay', async () => {
  const theirs = join(folder, 'events.out.tfevents.9.other');
  writeFileSync(theirs, 'theirs');
  await session(0, 0);
  await session(3, 1);
  await session(2, 0);
  expect(readFileSync(theirs, 'utf8')).toBe('theirs');
  rmSync(theirs);
  expect(steps('train/loss')).toEqual([1, 2, 3, 4, 5]);
  expect(steps('epoch/loss')).toEqual([1]);
});

it('what is said of a validation alone counts epochs', async () => {
  const events = new EventFiles(folder);
  await events.cut({updates: 0, epochs: 0});
  for (const epoch of [1, 2, 3]) await events.append(epoch, {'validation/top1': 1 / epoch});
  await new EventFiles(folder).cut({updates: 30, epochs: 2});
  expect(steps('validation/top1')).toEqual([1, 2]);
});

it('a session that does nothing leaves no file', async () => {
  await new EventFiles(folder).cut({updates: 0, epochs: 0});
  expect(eventFiles(folder)).toEqual([]);
});
