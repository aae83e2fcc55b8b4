/** What `loadModel` says of a model is what the functions that read clips ask for, in the same words. */
import {readFile} from 'node:fs/promises';
import type * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {expect, it} from 'vitest';
import {framesSource, readClip, readClips, readViews, TEST_VIEWS} from '../../src/entries/video';
import {loadModel} from '../../src/entries/zoo';

it('the info of a model goes into readClip, readClips and readViews as it is', async () => {
  const {model, info} = await loadModel('efficientnet_lite0_sts', {readFile, frames: 2});
  const white = {data: new Uint8Array(320 * 240 * 3).fill(255), width: 320, height: 240};
  const video = framesSource([white, white, white]);
  const clips: tf.Tensor[] = [await readClip(video, info)];
  for await (const clip of readClips(video, [[0, 2]], info)) clips.push(clip);
  for await (const clip of readViews(video, {...info, ...TEST_VIEWS.single})) clips.push(clip);
  expect(clips).toHaveLength(3);
  for (const clip of clips) {
    expect(clip.shape.slice(1)).toEqual(model.inputs[0]!.shape.slice(1));
    // Mean 127 and deviation 128, exact in float32.
    expect(clip.dataSync<'float32'>().every((value) => value === 1)).toBe(true);
    clip.dispose();
  }
  model.dispose();
});
