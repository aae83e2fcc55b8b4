/** Reading of arguments that more than one command has. Throws InvalidArgumentError, which becomes one line. */
import {type ParseArgsConfig, parseArgs} from 'node:util';
import {STORAGE_TYPES, type StorageType} from '../../models/checkpoints';
import {ORIGINS, type Origin} from '../../models/convert';
import {InvalidArgumentError} from '../../util/errors';
import {knownNames} from '../../util/names';

/** What commands use when no model is named. It comes in the package. */
export const DEFAULT_MODEL = 'efficientnet_lite0_sts';

type OptionTable = NonNullable<ParseArgsConfig['options']>;

/**
 * The options and the other arguments of a command, by the rules of `parseArgs`.
 *
 * @throws InvalidArgumentError for an option that the command does not have, with the nearest and all that it has; what
 *   `parseArgs` throws for other mistakes
 */
export function parseCommand<T extends OptionTable>(command: string, given: readonly string[], options: T) {
  const args = [...given];
  try {
    return parseArgs({args, allowPositionals: true, options});
  } catch (error) {
    const {tokens} = parseArgs({args, allowPositionals: true, options, strict: false, tokens: true});
    const unknown = tokens.find((token) => token.kind === 'option' && !Object.hasOwn(options, token.name));
    if (unknown?.kind !== 'option') throw error;
    const known = Object.keys(options).map((name) => `--${name}`);
    throw new InvalidArgumentError(
      `${command} has no option ${unknown.rawName}${knownNames(unknown.rawName, known)}; a file name with a dash in ` +
        `front goes behind --; see tfjs-sts ${command} --help`,
    );
  }
}

/** The value of an option that has few: one of `known`. */
export function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`--${option} is '${text}'${knownNames(text, known)}`);
}

/** The value of an option that counts something; undefined when it was not given. */
export function wholeNumber(option: string, text: string | undefined, least = 1): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) {
    throw new InvalidArgumentError(`--${option} is '${text}'; it must be a whole number from ${least} on`);
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

/** The value of --names, whose names tensors have; undefined when it was not given. */
export const originOf = (text: string | undefined): Origin | undefined =>
  text === undefined ? undefined : oneOf('names', text, ORIGINS);

/** The value of --dtype, how kernels are stored. */
export const storageType = (text: string): StorageType => oneOf('dtype', text, STORAGE_TYPES);
