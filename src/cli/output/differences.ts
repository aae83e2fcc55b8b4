/** What does not fit between a checkpoint and a network, as lines for people. Decides nothing. */
import type {AssignReport} from '../../checkpoints';
import {oneLine} from './one_line';

/** How many names of a kind a report lists. */
const MAX_LISTED = 20;

/** A heading with the number of names, and the names; nothing for no names. */
export function listed(what: string, names: readonly string[]): string[] {
  const more = names.length > MAX_LISTED ? [`  ... and ${names.length - MAX_LISTED} more`] : [];
  const shown = names.slice(0, MAX_LISTED).map((name) => `  ${oneLine(name)}`);
  return names.length === 0 ? [] : [`${what} (${names.length})`, ...shown, ...more];
}

/** The lines of a report that names what does not fit. */
export function differences({
  missing,
  extra,
  misshapen,
}: Pick<AssignReport, 'missing' | 'extra' | 'misshapen'>): string[] {
  const shape = (lengths: readonly number[]) => `[${lengths.join(', ')}]`;
  const shapes = misshapen.map(
    ({name, expected, given}) => `${name}: the network has ${shape(expected)}, the file ${shape(given)}`,
  );
  return [
    ...listed('weights of the network without a tensor', missing),
    ...listed('tensors of the file without a place', extra),
    ...listed('of another shape', shapes),
  ];
}
