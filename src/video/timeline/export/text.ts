/** What the text formats share: the shots of a timeline that may have none, text on one line, numbers in short. */
import type {SegmentLabel, Shot, Timeline} from '../timeline';

/** The shots; the whole film as one where they are not known. */
export function shotsOf({shots, video}: Timeline): readonly Shot[] {
  if (shots.length > 0) return shots;
  const {duration, frames} = video;
  return [
    {
      startFrame: 0,
      endFrame: Math.max(0, frames - 1),
      start: 0,
      end: duration,
      transition: 'start',
      confidence: 1,
    },
  ];
}

/** Line breaks and control characters, which end a record in most formats, become single spaces. */
export const oneLine = (text: string): string => text.replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ').trim();

/** A number with few digits behind the point, and none that say nothing. */
export const short = (value: number, digits: number): string => String(Number(value.toFixed(digits)));

/** `espresso 0.81`. */
export const labelText = ({label, score}: SegmentLabel): string => `${oneLine(label)} ${short(score, 2)}`;

/** How a shot begins and what the camera does, as far as it is known: `cut 0.98, pan left 0.91`; the first one begins with `start`. */
export function shotText({transition, confidence, camera}: Shot): string {
  const begins = transition === 'start' ? transition : `${transition} ${short(confidence, 2)}`;
  return camera === undefined ? begins : `${begins}, ${labelText(camera)}`;
}
