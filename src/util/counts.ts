/** How many: a check that many functions make of an option. */
import {InvalidArgumentError} from './errors';

/** @throws InvalidArgumentError for anything but a whole number of at least 1 */
export function checkCount(caller: string, name: string, value: unknown): void {
  if (Number.isInteger(value) && (value as number) >= 1) return;
  throw new InvalidArgumentError(`${caller}: ${name} is ${value}; it must be a whole number of at least 1.`);
}
