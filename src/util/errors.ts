/**
 * The errors of tfjs-sts. Every message names the function, what was given, what is needed and what to do; the
 * class says which kind of thing went wrong, so that callers can tell bad input from a missing tool.
 */
import {isOfKind} from './kinds';

/**
 * Base class of every error that tfjs-sts throws on purpose. `instanceof` goes by the kind, not by the class: one build
 * of the package catches what the kernels of the other throw.
 */
export class StsError extends Error {
  protected static readonly stsKind: string = 'StsError';
  override name = (this.constructor as typeof StsError).stsKind;

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is the class that is asked about, which may be one derived from this.
    return isOfKind(this, value);
  }
}

/** An argument that the named function cannot take: a wrong shape, an unknown name, a value out of range. */
export class InvalidArgumentError extends StsError {
  protected static override readonly stsKind: string = 'InvalidArgumentError';
}

/** A file that is damaged, truncated, hostile or of an unknown format. */
export class FormatError extends StsError {
  protected static override readonly stsKind: string = 'FormatError';
}

/**
 * The error with the file in front of its message, which only the caller knows. Errors that name it already, and those
 * that do not come from what was given, stay as they are.
 *
 * @param file path, address or name, as the user gave it
 * @param caller the function that was given it
 */
export function inFile(error: unknown, file: string, caller?: string): unknown {
  const isOfInput = error instanceof FormatError || error instanceof InvalidArgumentError;
  if (!isOfInput || error.message.includes(file)) return error;
  const Kind = error instanceof FormatError ? FormatError : InvalidArgumentError;
  const place = caller === undefined ? file : `${caller}: ${file}`;
  return new Kind(`${place}: ${error.message}`, {cause: error});
}

/** Something outside the package is missing: an optional peer, a program, a file, a backend. */
export class UnavailableError extends StsError {
  protected static override readonly stsKind: string = 'UnavailableError';
}

/** An error of what was given or is missing with the function that was called in front of its message, unless it is there. */
export function inCall(caller: string, error: unknown): unknown {
  const Kind = [FormatError, InvalidArgumentError, UnavailableError].find((kind) => error instanceof kind);
  const {message} = Object(error) as Error;
  if (Kind === undefined || message.startsWith(`${caller}: `)) return error;
  return new Kind(`${caller}: ${message}`, {cause: error});
}

/** A backend has no memory left for what was asked; nothing was written. */
export class OutOfMemoryError extends StsError {
  protected static override readonly stsKind: string = 'OutOfMemoryError';

  /** @param bytesAsked how many bytes there was no room for */
  constructor(
    message: string,
    readonly bytesAsked?: number,
  ) {
    super(message);
  }
}
