/**
 * Which frames of a video make a clip for training: at random, as mmaction's SampleFrames takes them with one clip a video. For
 * validation the rules are those of prediction, in video/clips/sampling.ts.
 */
import type {ShortVideoPolicy} from '../../../video/clips';
import {clipIndices} from '../../../video/clips/sampling';
import {below, type RandomSource} from '../../augment';

export interface FrameChoice {
  readonly frames: number;
  readonly interval: number | 'uniform';
  readonly shortVideo: ShortVideoPolicy;
}

/**
 * With an interval, the clip starts anywhere where it fits. `'uniform'`: the video is cut into as many segments as the clip has
 * frames, and one frame of each is taken. What is too short is treated as the policy says.
 *
 * @param random absent: the clip in the middle
 * @param total frames of the video, at least 1
 * @throws InvalidArgumentError for a video that is too short, if the policy is `'error'`
 */
export function chooseFrames(total: number, choice: FrameChoice, random: RandomSource | undefined): number[] {
  const {frames, interval} = choice;
  const span = interval === 'uniform' ? frames : frames * interval;
  if (random === undefined || total < span) return clipIndices('readItem', {...choice, total});
  if (interval === 'uniform') {
    const segment = Math.floor(total / frames);
    return Array.from({length: frames}, (_, i) => i * segment + below(random, segment));
  }
  const start = below(random, total - span + 1);
  return Array.from({length: frames}, (_, i) => start + i * interval);
}
