/** What ends a command that the user, or the system, tells to end: it gives way at the next chance and leaves nothing half done. */
import {StsError} from '../util/errors';

/** Numbers of the signals that ask a process to end. */
export const SIGNAL_NUMBERS = {SIGHUP: 1, SIGINT: 2, SIGTERM: 15} as const;

export class Interrupted extends StsError {
  override name = 'Interrupted';
  /** What shells report of a process that a signal ended. */
  readonly exitCode: number;

  /** @param then what became of the work */
  constructor(
    private readonly signal: keyof typeof SIGNAL_NUMBERS,
    then = 'nothing was written',
  ) {
    super(`interrupted (${signal}); ${then}`);
    this.exitCode = 128 + SIGNAL_NUMBERS[signal];
  }

  /** The same, where something else became of the work. */
  with(then: string): Interrupted {
    return new Interrupted(this.signal, then);
  }
}
