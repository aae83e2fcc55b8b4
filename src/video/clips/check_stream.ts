/** Refuses what has no frames, before anything is opened: JavaScript may give anything, most likely the path of a file. */
import {InvalidArgumentError} from '../../util/errors';

/**
 * @param caller begins the message: the function as a user calls it
 * @throws InvalidArgumentError for anything but a stream of frames
 */
export function checkStream(caller: string, video: unknown): void {
  if (typeof video === 'object' && video !== null && Symbol.asyncIterator in video) return;
  const isPromise = video instanceof Promise;
  const given = typeof video === 'string' ? JSON.stringify(video) : isPromise ? 'a Promise' : typeof video;
  const advice = isPromise
    ? 'await it'
    : 'ffmpegSource of tfjs-sts/node opens a file, framesSource of tfjs-sts/video takes pictures in memory';
  throw new InvalidArgumentError(`${caller}: got ${given} for a video; ${advice}.`);
}
