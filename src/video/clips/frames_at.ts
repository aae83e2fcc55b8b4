/** Frames of a seekable video found by their time. A frame is on the screen from its timestamp on until the next one comes. */
import {InvalidArgumentError} from '../../util/errors';
import type {Frame, SeekableVideo} from './frames';

/** Containers round times to milliseconds. */
const ROUNDING = 0.0005;

/** The frame on the screen at a time; the first one before it comes. */
function frameOnScreen(times: readonly number[], seconds: number): number {
  return Math.max(0, times.filter((time) => time <= seconds + ROUNDING).length - 1);
}

/**
 * The frames on the screen at given times, read in one pass.
 *
 * @param seconds from the start of the video, never falling; before the first frame it is the first, behind the last the last
 * @returns one frame for each time; a frame that is on the screen at several of them comes as often
 * @throws InvalidArgumentError for times that fall or are no numbers; what reading throws
 *
 * ```ts
 * for await (const {index, timestamp} of framesAt(video, [0, 2.5, 5])) console.log(index, timestamp);
 * ```
 */
export async function* framesAt(
  video: SeekableVideo,
  seconds: readonly number[],
): AsyncGenerator<Frame, void, void> {
  const bad = seconds.findIndex((time, i) => !(time >= (seconds[i - 1] ?? Number.NEGATIVE_INFINITY)));
  if (bad >= 0) {
    throw new InvalidArgumentError(
      `framesAt: the time at place ${bad} is ${seconds[bad]}; times must be seconds that never fall.`,
    );
  }
  const times = await video.timestamps();
  const wanted = seconds.map((time) => frameOnScreen(times, time));
  let place = 0;
  for await (const frame of video.frames([...new Set(wanted)])) {
    for (let copies = 0; wanted[place] === frame.index; place++, copies++)
      yield copies === 0 ? frame : {...frame, data: frame.data.slice()};
  }
}

/**
 * First and last of the frames that are on the screen at any time between start and end.
 *
 * @param caller begins the message
 * @throws InvalidArgumentError for a span outside the video
 */
export async function framesBetween(
  caller: string,
  video: SeekableVideo,
  start = 0,
  end: number | undefined,
  exact: boolean,
): Promise<[number, number]> {
  const times = await video.timestamps(exact);
  const frameLength = times.length > 1 ? (times.at(-1)! - times[0]!) / (times.length - 1) : 0;
  const duration = Math.max(video.info.duration ?? 0, times.at(-1)! + frameLength);
  const until = end ?? duration;
  const isInside = start >= 0 && start < until && until <= duration + ROUNDING;
  if (!isInside) {
    throw new InvalidArgumentError(
      `${caller}: start is ${start} and end is ${until}; the video lasts ${Number(duration.toFixed(3))} s, and ` +
        '0 <= start < end <= its length is needed, in seconds.',
    );
  }
  const first = frameOnScreen(times, start);
  const last = times.filter((time) => time < until - ROUNDING).length - 1;
  return [first, Math.max(first, last)];
}
