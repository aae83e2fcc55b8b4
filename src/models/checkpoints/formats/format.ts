/**
 * The contract of a checkpoint format and the one way file contents are quoted in errors. A format is a plain object:
 * see docs/extending/checkpoint-format.md for how to add one.
 */
import type {Checkpoint} from '../checkpoint';

/** A file format that {@link read} can try. */
export interface CheckpointFormat {
  /** How errors call the format. */
  readonly name: string;
  /** Whether the first bytes look like this format. Never throws; a damaged file may still say yes. */
  canRead(bytes: Uint8Array): boolean;
  /**
   * Reads the file. Tensors stay windows into `bytes` until they are asked for.
   *
   * @param at the keys that lead to the weights, for formats that hold other things beside them.
   * @throws FormatError for anything that is not a whole and consistent file of this format.
   */
  read(bytes: Uint8Array, at?: readonly string[]): Checkpoint;
}

/** A name or value from a file, for an error message: quoted, escaped, never longer than a line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
