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

/** Has a child process that was just started end no later than this one. */
export function endWithProcess(child: ChildProcess): void {
  if (running.size === 0) listen();
  running.add(child);
  const forget = () => {
    running.delete(child);
    if (running.size === 0) stopListening();
  };
  child.once('close', forget);
  child.once('error', forget);
}
