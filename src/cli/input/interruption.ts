/** Signals of the process that ask it to end, as an AbortSignal for the work of a command. */
import {Interrupted, SIGNAL_NUMBERS} from '../interrupted';

/**
 * Listens from now on. The first signal aborts, with `Interrupted` as its reason; a second one ends the process as if nobody
 * listened.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const names = Object.keys(SIGNAL_NUMBERS) as (keyof typeof SIGNAL_NUMBERS)[];
  const listeners = names.map((name) => [name, () => stop(name)] as const);
  const stop = (name: (typeof names)[number]) => {
    controller.abort(new Interrupted(name));
    // Not yet: who else hears this signal goes by whether anybody will see to the end.
    setImmediate(() => {
      for (const [each, listener] of listeners) process.off(each, listener);
    });
  };
  for (const [name, listener] of listeners) process.on(name, listener);
  return controller.signal;
}
