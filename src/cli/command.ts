/** What a command of the command line is; each lives in commands/. */
import type {CliIo} from './io';

export interface Command {
  /** For the list of commands. */
  readonly summary: string;
  /** Parses the arguments behind the command's name and does the work; throws what goes wrong. */
  run(args: readonly string[], io: CliIo): Promise<void>;
}
