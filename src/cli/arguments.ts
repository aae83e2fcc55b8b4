/** Reading of arguments that more than one command has. Throws InvalidArgumentError, which becomes one line. */
import {STORAGE_TYPES, type StorageType} from '../checkpoints';
import {InvalidArgumentError} from '../util/errors';

/** The value of an option that counts something; undefined when it was not given. */
export function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) {
    throw new InvalidArgumentError(`--${option} is '${text}'; it must be a whole number from 1 on`);
  }
  return Number(text);
}

/**
 * The one positional argument of a command.
 *
 * @param what how the usage line calls it, such as `FILE`
 */
export function onePositional(command: string, what: string, positionals: readonly string[]): string {
  const [first] = positionals;
  const see = `see tfjs-sts ${command} --help`;
  if (first === undefined)
    throw new InvalidArgumentError(`${command} needs a ${what}: tfjs-sts ${command} ${what}; ${see}`);
  if (positionals.length > 1)
    throw new InvalidArgumentError(`${command} takes one ${what}, got ${positionals.length}; ${see}`);
  return first;
}

/** The value of --dtype, how kernels are stored. */
export function storageType(text: string): StorageType {
  const type = STORAGE_TYPES.find((candidate) => candidate === text);
  if (type !== undefined) return type;
  throw new InvalidArgumentError(`--dtype is '${text}'; the known ones are ${STORAGE_TYPES.join(', ')}`);
}
