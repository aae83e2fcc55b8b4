/**
 * Names that nobody knows, of options, models, commands: the message says which known ones come nearest. Misspelt options
 * are refused with it; they would otherwise be ignored in silence.
 */
import {distance} from 'fastest-levenshtein';
import {InvalidArgumentError} from './errors';

/** Names further off than this share of their letters are other words, not slips of the pen. */
const SLIP = 0.4;

/** What tells names apart: not the dashes in front, which the options of a command line share. */
const letters = (name: string) => name.toLowerCase().replace(/^-+/, '');

/** The known names that `name` may have been meant for, the nearest first, at most three; empty if none is near. */
export function nearestNames(name: string, known: readonly string[]): string[] {
  const given = letters(name);
  return [...new Set(known)]
    .map((candidate) => {
      const other = letters(candidate);
      const off = distance(given, other) / Math.max(given.length, other.length, 1);
      // What was left unfinished is as near as a slip, but not before one.
      const isBeginning = given.length > 2 && other.startsWith(given);
      return {candidate, off: isBeginning ? Math.min(off, SLIP) : off};
    })
    .filter(({off}) => off <= SLIP)
    .sort((a, b) => a.off - b.off)
    .slice(0, 3)
    .map(({candidate}) => candidate);
}

/** `; did you mean NAME or NAME?`, or nothing if no known name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearestNames(name, known);
  return near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
}

/**
 * The end of a sentence about a name that nobody knows: which one was meant, if any is near, and which there are.
 *
 * @param others may be meant too, but are too many to be listed
 */
export function knownNames(name: string, known: readonly string[], others: readonly string[] = []): string {
  const question = didYouMean(name, [...known, ...others]);
  return `${question}${question === '' ? '; known' : ' Known'} are ${known.join(', ')}`;
}

/** The names of a type's options: the compiler refuses a table that lacks one, or has one that the type does not have. */
export function optionNames<Options extends object>(names: Record<keyof Options, true>): readonly string[] {
  return Object.keys(names);
}

/**
 * Refuses options that the function does not know.
 *
 * @param caller begins the message: the function as a user calls it
 * @param passedOver names that mean something elsewhere and may be there, unused
 * @throws InvalidArgumentError for the first unknown one, with the nearest and all known ones, and for what is no object
 */
export function checkOptions(
  caller: string,
  options: object,
  known: readonly string[],
  passedOver: readonly string[] = [],
): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError(
      `${caller}: options are ${String(options)}; an object is needed. It has ${known.join(', ') || 'no options'}.`,
    );
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key) && !passedOver.includes(key));
  if (unknown === undefined) return;
  const question = didYouMean(unknown, known) || '.';
  throw new InvalidArgumentError(
    `${caller}: unknown option ${unknown}${question} It has ${known.join(', ') || 'no options'}.`,
  );
}
