/**
 * How a player talks with the race: it says a line of JSON when it is ready, then one for each line that it is sent.
 * `run` runs the case once, `answer` gives values of the last output. It ends with its input.
 */
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Peak of the resident memory in MiB, over the whole life of the process; 0 where the system does not tell. */
function peakMemory() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  } catch {
    return 0;
  }
}

/** Milliseconds of the processor, all threads together. */
function cpuTime() {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * @param version of the package that plays
 * @param run computes the output, and has it when it returns
 * @param answer some values of the last output
 */
export async function serve(version, run, answer) {
  say({ready: version});
  for await (const line of createInterface({input: process.stdin})) {
    if (line === 'answer') {
      say({values: await answer(), peakMemory: peakMemory()});
      continue;
    }
    const [cpu, start] = [cpuTime(), performance.now()];
    await run();
    say({wall: performance.now() - start, cpu: cpuTime() - cpu});
  }
  // Pools of threads may keep a process alive.
  process.exit(0);
}

/** What the race says on the command line: the case, the threads, the rival's own options, and the files of the case. */
export const given = JSON.parse(process.argv[2]);

/** The version of an installed package. */
export function versionOf(name) {
  const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')).version;
}
