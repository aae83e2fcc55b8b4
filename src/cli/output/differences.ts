/** What does not fit between a checkpoint and a network, as lines for people. */
import type {ConvertedCheckpoint} from '../../models/convert';
import {FormatError} from '../../util/errors';
import type {CliIo} from '../io';
import {oneLine} from './one_line';

/** How many names of a kind a report lists. */
const MAX_LISTED = 20;

/** A heading with the number of names, and the names; nothing for no names. */
export function listed(what: string, names: readonly string[]): string[] {
  const more = names.length > MAX_LISTED ? [`  ... and ${names.length - MAX_LISTED} more`] : [];
  const shown = names.slice(0, MAX_LISTED).map((name) => `  ${oneLine(name)}`);
  return names.length === 0 ? [] : [`${what} (${names.length})`, ...shown, ...more];
}

/**
 * Says on stderr what does not fit before it throws.
 *
 * @param what begins the sentence of the error
 * @param hint ends it: what became of the work, or what to do
 * @throws FormatError if anything does not fit
 */
export function requireFit(
  {report, origin}: ConvertedCheckpoint,
  what: string,
  hint: string,
  io: CliIo,
): void {
  const {missing, extra, misshapen} = report;
  if (missing.length + extra.length + misshapen.length === 0) return;
  const shape = (lengths: readonly number[]) => `[${lengths.join(', ')}]`;
  const shapes = misshapen.map(
    ({name, expected, given}) => `${name}: the network has ${shape(expected)}, the file ${shape(given)}`,
  );
  const lines = [
    ...listed('weights of the network without a tensor', missing),
    ...listed('tensors of the file without a place', extra),
    ...listed('of another shape', shapes),
  ];
  io.stderr.write(`${lines.join('\n')}\n`);
  throw new FormatError(
    `${what} (names of ${origin}): ${missing.length} missing, ${extra.length} extra, ${misshapen.length} misshapen; ` +
      hint,
  );
}
