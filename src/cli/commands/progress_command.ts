/** What commands that take a while have in common: their help, a progress display, and a clear line for an error. */
import type {Command} from '../command';
import type {CliIo} from '../io';
import {createProgress, type Progress} from '../output/progress';

export interface ProgressCommand<Options> {
  readonly summary: string;
  readonly help: string;
  /** Undefined when only help is wanted. */
  parse(args: readonly string[]): Options | undefined;
  /** Whether a program is to read the standard output. */
  isForProgram(options: Options): boolean;
  run(options: Options, io: CliIo, progress: Progress): Promise<void>;
}

export function progressCommand<Options>({
  summary,
  help,
  parse,
  isForProgram,
  run,
}: ProgressCommand<Options>): Command {
  return {
    summary,
    async run(args, io) {
      const options = parse(args);
      if (options === undefined) return void io.stdout.write(help);
      const progress = createProgress(io.stderr, isForProgram(options));
      try {
        await run(options, io, progress);
      } catch (error) {
        progress.clear();
        throw error;
      }
    },
  };
}
