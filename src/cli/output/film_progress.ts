/** How far a film is, how fast, and how long it still takes, for the bar of a terminal. */
import type {VideoInfo} from '../../video/clips/frames';
import type {FilmProgress} from '../../video/shots';
import type {Timeline} from '../../video/timeline';
import {counted} from './counted';
import type {Progress} from './progress';

/**
 * Shows the progress of a film that is read from now on.
 *
 * @param now milliseconds on a clock
 */
export function filmProgress(progress: Progress, now: () => number = () => performance.now()) {
  const started = now();
  return ({seconds, duration}: Pick<FilmProgress, 'seconds' | 'duration'>): void => {
    const spent = (now() - started) / 1000;
    const speed = seconds / spent;
    const parts = [
      clock(seconds) + (duration === undefined ? '' : ` of ${clock(duration)}`),
      ...(Number.isFinite(speed) ? [`${speed.toFixed(1)}x real time`] : []),
      ...(duration !== undefined && Number.isFinite(speed) && speed > 0
        ? [`${clock((duration - seconds) / speed)} left`]
        : []),
    ];
    // Without a length the bar stays empty.
    progress.advance(duration === undefined ? 0 : seconds, duration ?? 1, parts.join(', '));
  };
}

/** `1:02:03`, or `2:03` in the first hour. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** Containers count and time a little more than there is to see: less than this share of it is no loss. */
const WHOLE = 0.98;

/** What is to be said of a film of which its container promises more than was read; nothing when it is whole. */
export function shortfall(
  video: Pick<Timeline['video'], 'frames' | 'duration'>,
  film: string,
  promised: Partial<VideoInfo>,
): string[] {
  const {duration = 0, frameCount = 0} = promised;
  const isWhole = video.duration >= duration * WHOLE && video.frames >= frameCount * WHOLE;
  if (isWhole) return [];
  const found = `${counted(video.frames, 'frame')} in ${clock(video.duration)}`;
  const wanted = [frameCount > 0 && counted(frameCount, 'frame'), duration > 0 && clock(duration)].filter(
    Boolean,
  );
  return [`${film} has ${found}, but its header says ${wanted.join(' in ')}; it may be cut short`];
}

/** What was done, for the end: `9 shots in 0:34, read in 8.1 s, 4.2x real time`. */
export function closingLine({shots, video}: Timeline, seconds: number): string {
  return `${counted(shots.length, 'shot')} in ${clock(video.duration)}, read in ${seconds.toFixed(1)} s, ${(video.duration / seconds).toFixed(1)}x real time`;
}
