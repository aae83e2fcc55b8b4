/** What listens for the signals that end this process, while child processes run. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {expect, it} from 'vitest';
import {startTied} from '../../../src/video/clips/sources/process_end';

const listeners = () => ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map((event) => process.listenerCount(event));

it('listens from before a child process starts until the last one has ended', async () => {
  const before = listeners();
  const more = before.map((count) => count + 1);
  const atStart: number[][] = [];
  const [first, second] = [0, 1].map(() =>
    startTied(() => {
      atStart.push(listeners());
      return spawn('cat', {stdio: ['pipe', 'ignore', 'ignore']});
    }),
  );
  expect(atStart).toEqual([more, more]);
  first!.stdin!.end();
  await once(first!, 'close');
  expect(listeners()).toEqual(more);
  second!.stdin!.end();
  await once(second!, 'close');
  expect(listeners()).toEqual(before);
});

it('does not listen on where nothing could be started', async () => {
  const before = listeners();
  expect(() => startTied(() => spawn('cat', {cwd: '\0'}))).toThrow(/null bytes/);
  expect(listeners()).toEqual(before);
  await once(
    startTied(() => spawn('no such program')),
    'error',
  );
  expect(listeners()).toEqual(before);
});
