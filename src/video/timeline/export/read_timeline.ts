/** Timelines from JSON, as `exportTimeline(timeline, 'json')` writes them. */
import {FormatError} from '../../../util/errors';
import {checkTimeline} from '../check';
import type {Timeline} from '../timeline';

/**
 * Reads a timeline that was written as JSON. Every field is checked, as such a file may come from anywhere.
 *
 * @param json the text of the file
 * @returns the timeline; features come back in single precision, everything else as it was
 * @throws FormatError for text that is no JSON, or no timeline: where and why
 *
 * ```ts
 * const timeline = readTimeline(await readFile('film.json', 'utf8'));
 * console.log(timeline.shots.length);
 * ```
 */
export function readTimeline(json: string): Timeline {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new FormatError(`readTimeline: this is not JSON: ${(error as Error).message}`, {cause: error});
  }
  const timeline = checkTimeline(value, (what) => new FormatError(`readTimeline: ${what}`));
  // The nine digits that are written of each are those of one number of 32 bits, and not yet that number.
  const segments = timeline.segments.map((segment) =>
    segment.features === undefined ? segment : {...segment, features: segment.features.map(Math.fround)},
  );
  return {...timeline, segments};
}
