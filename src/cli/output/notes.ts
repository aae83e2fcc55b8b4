/** Remarks on stderr: the work went on all the same. */
import type {CliIo} from '../io';
import {oneLine} from './one_line';
import type {Progress} from './progress';

export function writeNotes(notes: readonly string[], io: CliIo, progress: Progress): void {
  if (notes.length > 0) progress.clear();
  for (const note of notes) io.stderr.write(`tfjs-sts: note: ${oneLine(note)}\n`);
}
