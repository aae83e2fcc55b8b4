/**
 * Child processes end with this one: when it exits, and when a signal ends it that nobody else handles. Node would leave
 * them running, and ffmpeg looks at its pipe only when it has a frame to write. SIGKILL cannot be seen by anyone.
 */
import type {ChildProcess} from 'node:child_process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Marks listeners of this file; both builds of the package may be loaded. */
const OURS = Symbol.for('tfjs-sts.endWithProcess');

const running = new Set<ChildProcess>();

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

const onSignal = Object.assign(
  (signal: NodeJS.Signals) => {
    // Whoever else listens decides what the signal means; if the process then exits, that is heard.
    if (!process.listeners(signal).every((listener) => OURS in listener)) return;
    killAll();
    stopListening();
    process.kill(process.pid, signal);
  },
  {[OURS]: true},
);

function listen(): void {
  process.on('exit', killAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function stopListening(): void {
  process.off('exit', killAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/**
 * Starts a child process that ends no later than this one.
 *
 * @param start called once, after the signals are listened for: one that came between would end this process alone.
 * @throws what `start` throws.
 */
export function startTied<Child extends ChildProcess>(start: () => Child): Child {
  if (running.size === 0) listen();
  const stopIfLast = () => {
    if (running.size === 0) stopListening();
  };
  try {
    const child = start();
    running.add(child);
    const forget = () => {
      running.delete(child);
      stopIfLast();
    };
    child.once('close', forget);
    child.once('error', forget);
    return child;
  } catch (error) {
    stopIfLast();
    throw error;
  }
}
