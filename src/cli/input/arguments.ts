/** Reading of arguments that more than one command has. Throws InvalidArgumentError, which becomes one line. */
import {type ParseArgsConfig, parseArgs} from 'node:util';
import {STORAGE_TYPES, type StorageType} from '../../models/checkpoints';
import {ORIGINS, type Origin} from '../../models/convert';
import {InvalidArgumentError} from '../../util/errors';
import {knownNames} from '../../util/names';

/** What commands use when no model is named. It comes in the package. */
export const DEFAULT_MODEL = 'efficientnet_lite0_sts';

/** An option as it was given, of `tokens` of `parseArgs`. */
interface OptionToken {
  readonly name: string;
  /** With its dashes. */
  readonly rawName: string;
  readonly value?: string | undefined;
  /** Whether the value is behind an equals sign. */
  readonly inlineValue?: boolean | undefined;
}

type OptionTable = NonNullable<ParseArgsConfig['options']>;

/**
 * The options and the other arguments of a command, by the rules of `parseArgs`.
 *
 * @throws InvalidArgumentError for an option that the command does not have, with the nearest and all that it has, and for one
 *   without its value or with one too many
 */
export function parseCommand<T extends OptionTable>(command: string, given: readonly string[], options: T) {
  const args = [...given];
  try {
    return parseArgs({args, allowPositionals: true, options});
  } catch (error) {
    const {tokens} = parseArgs({args, allowPositionals: true, options, strict: false, tokens: true});
    const wrong = tokens
      .filter((token) => token.kind === 'option')
      .map((token) => mistakeOf(token, options))
      .find((mistake) => mistake !== undefined);
    if (wrong === undefined) throw error;
    throw new InvalidArgumentError(`${command} ${wrong}; see tfjs-sts ${command} --help`);
  }
}

/** What is wrong with an option as it was given; undefined if nothing is. */
function mistakeOf(
  {name, rawName, value, inlineValue}: OptionToken,
  options: OptionTable,
): string | undefined {
  if (!Object.hasOwn(options, name)) {
    const known = Object.keys(options).map((one) => `--${one}`);
    return `has no option ${rawName}${knownNames(rawName, known)}; a file name with a dash in front goes behind --`;
  }
  if (options[name]!.type === 'boolean')
    return value === undefined ? undefined : `takes no value for --${name}, got '${value}'`;
  if (value === undefined) return `needs a value behind --${name}`;
  // An option more likely than a value.
  const isOption = inlineValue === false && /^-./.test(value);
  return isOption
    ? `needs a value behind --${name}, got ${value}; if that is the value: --${name}=${value}`
    : undefined;
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
