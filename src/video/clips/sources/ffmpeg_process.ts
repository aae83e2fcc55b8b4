/**
 * Runs ffmpeg and ffprobe as child processes: starting, stopping, and turning what they print on stderr into one
 * readable sentence. Node only; node:child_process is imported when a program is started, not before, so that the
 * package can be bundled for a browser. What the programs are asked to do is decided elsewhere.
 */
import type {ChildProcessByStdio} from 'node:child_process';
import type {Readable} from 'node:stream';
import {UnavailableError} from '../../../util/errors';
import {startTied} from './process_end';

const INSTALL =
  'install ffmpeg (Debian, Ubuntu: apt-get install ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg)';

/** Lines of complaint to keep: the last ones tell why a program gave up, and a damaged file prints thousands. */
const KEPT_LINES = 8;
const LONGEST_LINE = 2000;

/** A program under way. */
export interface RunningTool {
  /** Its standard output; reading slowly slows the program down. */
  readonly stdout: Readable;
  /** Exit code once it has ended and its pipes are empty; null when it was killed. Rejects when it never started. */
  readonly exit: Promise<number | null>;
  /** The last complaint that it printed so far, cleaned for a message; empty when it printed none. */
  complaint(): string;
  /** The first, which of a single picture tells what is the matter; what follows is that nothing came of it. */
  firstComplaint(): string;
  /** Ends it at once and waits until it is gone. */
  kill(): Promise<void>;
}

function startError(program: string, error: NodeJS.ErrnoException): UnavailableError {
  if (error.code === 'ENOENT')
    return new UnavailableError(`${program} was not found: ${INSTALL}, or put it on PATH`);
  return new UnavailableError(
    `${program} could not be started (${error.code ?? error.message}): ${INSTALL}, or put it on PATH`,
  );
}

/** `[mov @ 0x55d0] [error] file:clip.mp4: moov atom not found` -> `moov atom not found`. */
function cleanLine(line: string, path: string): string {
  return line
    .replace(/^(?:\[[^\]]*\]\s*)+/, '')
    .replace(`file:${path}: `, '')
    .trim();
}

/** Splits a stream of text into lines; a line without end is cut off rather than kept growing. */
function lineReader(onLine: (line: string) => void): {push(text: string): void; end(): void} {
  let rest = '';
  return {
    push(text) {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop()!.slice(0, LONGEST_LINE);
      for (const line of lines) onLine(line.slice(0, LONGEST_LINE));
    },
    end() {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}

/** Lines carry their level because the programs run with `level+...`; only these tell why something failed. */
function isComplaint(line: string): boolean {
  return /\[(?:error|fatal|panic)\]/.test(line);
}

/**
 * Starts a program with its standard input closed. It ends when the signal is aborted, and no later than this process.
 *
 * @param program name or path of ffmpeg or ffprobe.
 * @param args its arguments, handed over as they are: no shell. The log level must be given as `level+...`.
 * @param path the file in question, left out of complaints.
 * @param onLine called with every line of stderr.
 * @throws the reason of a signal that is aborted before the program is started.
 */
export async function startTool(
  program: string,
  args: readonly string[],
  path: string,
  signal?: AbortSignal,
  onLine: (line: string) => void = () => {},
): Promise<RunningTool> {
  const {spawn} = await import('node:child_process');
  signal?.throwIfAborted();
  const child: ChildProcessByStdio<null, Readable, Readable> = startTied(() =>
    spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true}),
  );
  const complaints: string[] = [];
  let first = '';
  const lines = lineReader((line) => {
    if (isComplaint(line)) complaints.push(cleanLine(line, path));
    first ||= complaints[0] ?? '';
    if (complaints.length > KEPT_LINES) complaints.shift();
    onLine(line);
  });
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => lines.push(text));
  child.stderr.on('end', () => lines.end());

  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(startError(program, error)));
    child.once('close', (code) => resolve(code));
  });
  // Whoever waits for the exit sees the rejection; the reading of stdout alone must not leave it unhandled.
  exit.catch(() => {});
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    child.stdout.destroy();
    await exit.catch(() => {});
  };
  const stop = () => void kill();
  signal?.addEventListener('abort', stop, {once: true});
  child.once('close', () => signal?.removeEventListener('abort', stop));
  return {
    stdout: child.stdout,
    exit,
    complaint: () => complaints.at(-1) ?? '',
    firstComplaint: () => first,
    kill,
  };
}

/**
 * Runs a program to its end and returns what it printed.
 *
 * @throws UnavailableError when the program is missing; the reason of the signal when that is aborted.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  path: string,
  signal?: AbortSignal,
): Promise<{code: number | null; stdout: string; complaint: string}> {
  const tool = await startTool(program, args, path, signal);
  let stdout = '';
  tool.stdout.setEncoding('utf8');
  tool.stdout.on('data', (text: string) => {
    stdout += text;
  });
  const code = await tool.exit;
  signal?.throwIfAborted();
  return {code, stdout, complaint: tool.complaint()};
}
