/** What is no video is refused with what to do, by everything that takes one. */
import {describe, expect, it} from 'vitest';
import type {FrameStream, SeekableVideo} from '../../../src/video/clips';
import {readClip, readClips, readViews, sizedFrames} from '../../../src/video/clips';
import {detectShots} from '../../../src/video/shots';
import {analyze, shotThumbnails} from '../../../src/video/timeline';

const takers: Record<string, (video: SeekableVideo) => unknown> = {
  detectShots: (video) => detectShots(video, {model: () => ({}) as never}),
  analyze: (video) => analyze(video, {shots: {model: () => ({}) as never}}),
  shotThumbnails: (video) => shotThumbnails(video, []),
  readClip: (video) => readClip(video, {frames: 1, size: 8}),
  readClips: (video) => readClips(video, []).next(),
  readViews: (video) => readViews(video, {frames: 1, size: 8, crop: 8}).next(),
  sizedFrames: (video: FrameStream) => sizedFrames(video, [8]).next(),
};

describe.each(Object.keys(takers))('%s', (name) => {
  it.each([
    [
      'the path of a film',
      'film.mp4',
      'got "film.mp4" for a video; ffmpegSource of tfjs-sts/node opens a file',
    ],
    ['a video that is not awaited', Promise.resolve(), 'got a Promise for a video; await it'],
    ['nothing', undefined, 'got undefined for a video'],
  ])('refuses %s', async (_, video, message) => {
    await expect(takers[name]!(video as never)).rejects.toThrow(`${name}: ${message}`);
  });
});
