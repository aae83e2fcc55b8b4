/**
 * A progress display on stderr. On a terminal one line that rewrites itself and is gone at the end; elsewhere (a log
 * file) plain lines for each stage. Results never pass through here.
 */
import type {CliIo} from '../io';
import {oneLine} from './one_line';

export interface Progress {
  /** A new stage begins. */
  stage(text: string): void;
  /**
   * The stage has come so far: a bar on a terminal. Elsewhere a line now and then, and only of what has a label: a long stage.
   *
   * @param label behind the bar. Default `done/total`
   */
  advance(done: number, total: number, label?: string): void;
  /** All is done: leaves a closing line, if there is one. */
  finish(text?: string): void;
  /** Something went wrong: clears the line, so that an error starts at its beginning. */
  clear(): void;
}

const BAR_LENGTH = 20;
const DEFAULT_COLUMNS = 80;
/** Milliseconds, and the share of a stage, from one line to the next. */
const LINE_EVERY = 2000;
const LINE_SHARE = 0.04;
/** Back to the start of the line and erase it. */
const ERASE = '\r\u001b[2K';

function bar(done: number, total: number): string {
  const filled = total > 0 ? Math.min(BAR_LENGTH, Math.round((done / total) * BAR_LENGTH)) : BAR_LENGTH;
  return `[${'='.repeat(filled)}${' '.repeat(BAR_LENGTH - filled)}]`;
}

function terminalProgress(stderr: CliIo['stderr']): Progress {
  let current = '';
  const draw = (text: string) => {
    // Terminals that do not know their width say 0.
    const columns = stderr.columns || DEFAULT_COLUMNS;
    stderr.write(ERASE + oneLine(text).slice(0, Math.max(1, columns - 1)));
  };
  return {
    stage(text) {
      current = text;
      draw(`${text} ...`);
    },
    advance: (done, total, label = `${done}/${total}`) => draw(`${bar(done, total)} ${label} ${current}`),
    finish: (text) => void stderr.write(ERASE + (text === undefined ? '' : `${text}\n`)),
    clear: () => void stderr.write(ERASE),
  };
}

function plainProgress(stderr: CliIo['stderr']): Progress {
  let told = {time: performance.now(), share: 0};
  return {
    stage(text) {
      told = {time: performance.now(), share: 0};
      stderr.write(`${oneLine(text)}\n`);
    },
    advance(done, total, label) {
      const [time, share] = [performance.now(), done / total];
      if (label === undefined || time - told.time < LINE_EVERY || share - told.share < LINE_SHARE) return;
      told = {time, share};
      stderr.write(`${oneLine(label)}\n`);
    },
    finish: (text) => void (text !== undefined && stderr.write(`${text}\n`)),
    clear() {},
  };
}

const silent: Progress = {stage() {}, advance() {}, finish() {}, clear() {}};

/**
 * The display that suits where stderr goes.
 *
 * @param quiet show nothing unless stderr is a terminal: for output that a program reads.
 */
export function createProgress(stderr: CliIo['stderr'], quiet: boolean): Progress {
  if (stderr.isTTY) return terminalProgress(stderr);
  return quiet ? silent : plainProgress(stderr);
}
