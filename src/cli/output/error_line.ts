/** Whatever went wrong as one line on stderr: file names may hold line breaks, and messages of other libraries do. */
import {StsError} from '../../util/errors';
import {oneLine} from './one_line';

/** Errors of the command line's own parser, which carry such a code. */
function isUsageError(error: Error & {code?: unknown}): boolean {
  return typeof error.code === 'string' && error.code.startsWith('ERR_PARSE_ARGS');
}

/**
 * Functions of the package in front of messages, or behind a file: `loadModel: `, `checkpoints.read: `. They tell a program which call
 * was wrong; here nobody called them.
 */
const CALLERS =
  /(?<=^|: )(?:[a-z][a-z\d]*[A-Z][A-Za-z\d]*|(?:checkpoints|datasets|safetensors)\.\w+|analyze|batches|eval|evaluate|freeze|inflate|info|recognize|split|summarize|teach|train): /g;

/** The line of an error. */
export function errorLine(error: unknown): string {
  const {message} = error instanceof Error ? error : new Error(String(error));
  const expected = error instanceof StsError || (error instanceof Error && isUsageError(error));
  const text = expected
    ? message.replaceAll(CALLERS, '')
    : `unexpected error: ${message} (set TFJS_STS_DEBUG=1 to see where)`;
  return `tfjs-sts: ${oneLine(text)}\n`;
}
