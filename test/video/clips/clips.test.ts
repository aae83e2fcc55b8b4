/** Many clips from one reading, and frames by their time: against frames picked by hand. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/util/errors';
import type {SeekableVideo} from '../../../src/video/clips/frames';
import {framesAt} from '../../../src/video/clips/frames_at';
import {readClips} from '../../../src/video/clips/read_clip';
import {framesSource} from '../../../src/video/clips/sources/frames';
import {readViews} from '../../../src/video/clips/views';
import {collect} from './make_video';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Frame N is N everywhere. `asked` are the lists of frames that were read. */
function numbered(count: number, side = 4) {
  const inner = framesSource(
    Array.from({length: count}, (_, i) => ({
      data: new Uint8Array(side * side * 3).fill(i),
      width: side,
      height: side,
    })),
    {framesPerSecond: 10},
  );
  const asked: number[][] = [];
  const video: SeekableVideo = {
    ...inner,
    frames(indices) {
      asked.push([...indices!]);
      return inner.frames(indices);
    },
  };
  return {video, asked};
}

async function numbers(clip: tf.Tensor5D): Promise<number[]> {
  const values = await clip.data();
  const length = clip.size / clip.shape[1];
  clip.dispose();
  return Array.from({length: clip.shape[1]}, (_, i) => values[i * length]!);
}

describe('readClips', () => {
  // Frames are kept as bytes where those are smaller, else as what becomes of them: a crop of 1 makes the second.
  it.each([{}, {crop: 1}])('reads each frame once, whatever clips it is in: %j', async (options) => {
    const {video, asked} = numbered(30);
    const wanted = [[3, 5, 7], [5, 5, 6], [0, 29], [9, 8], [4]];
    const before = tf.memory().numTensors;
    const read: number[][] = [];
    const progress: string[] = [];
    const onFrame = (done: number, total: number) => progress.push(`${done}/${total}`);
    for await (const clip of readClips(video, wanted, {...options, onFrame})) read.push(await numbers(clip));
    expect(read).toEqual(wanted);
    expect(asked).toEqual([[0, 3, 4, 5, 6, 7, 8, 9, 29]]);
    expect([progress.length, progress.at(-1)]).toEqual([9, '9/9']);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes a function of the number of frames', async () => {
    const {video} = numbered(6);
    const clips: number[][] = [];
    for await (const clip of readClips(video, (total) => [[0, total - 1]])) clips.push(await numbers(clip));
    expect(clips).toEqual([[0, 5]]);
  });

  it('refuses frames that are not there', async () => {
    const {video} = numbered(6);
    for (const bad of [[], [6], [-1], [1.5]])
      await expect(readClips(video, [[0], bad]).next()).rejects.toThrow(InvalidArgumentError);
    await expect(readClips(video, [[0], [6]]).next()).rejects.toThrow(/a clip has frame 6; .* from 0 to 5/);
    await expect(readClips(video, [[0]], {clip: 1} as never).next()).rejects.toThrow(/unknown option clip/);
  });

  it('views that all span the video are read at once too', async () => {
    const {video, asked} = numbered(40, 6);
    const views = readViews(video, {frames: 4, clips: 10, crops: 3, size: 6, crop: 6});
    const read: number[][] = [];
    for await (const view of views) read.push(await numbers(view));
    expect(asked).toHaveLength(1);
    expect(read).toHaveLength(30);
    // Clip k takes the frame at (i + (k + 0.5) / 10) * 40 / 4, each crop the same frames.
    expect(read).toEqual(
      Array.from({length: 30}, (_, i) => [0, 1, 2, 3].map((frame) => 10 * frame + Math.floor(i / 3))),
    );
  });
});

describe('framesAt', () => {
  it('gives the frame on the screen at each time', async () => {
    const {video, asked} = numbered(20);
    const seconds = [-1, 0, 0.09, 0.1, 0.55, 0.55, 1.2999, 99];
    const frames = await collect(framesAt(video, seconds));
    expect(frames.map(({index}) => index)).toEqual([0, 0, 0, 1, 5, 5, 13, 19]);
    expect(asked).toEqual([[0, 1, 5, 13, 19]]);
    frames[0]!.data.fill(200);
    expect(frames[1]!.data[0]).toBe(0);
    await expect(collect(framesAt(video, [1, 0.5]))).rejects.toThrow(/time at place 1 is 0.5/);
    await expect(collect(framesAt(video, [Number.NaN]))).rejects.toThrow(InvalidArgumentError);
  });
});
