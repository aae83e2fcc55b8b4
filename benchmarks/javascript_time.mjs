/**
 * `npm run bench:javascript`: where the time of one run of a frozen network goes on the wasm backend: in functions of compiled
 * modules (ours and the host's), and in JavaScript between them: shapes, tensors, calls. Every function that a module exports is
 * wrapped in a clock before the backend starts. The calls of a run are the same in every run, so that each stretch has a
 * median of its own; sums of these medians hardly move on a busy machine, where a whole run is never left alone.
 */
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';

const {values: options} = parseArgs({
  options: {
    network: {type: 'string', multiple: true, default: ['x3d_s', 'x3d_s_sts']},
    frames: {type: 'string', default: '13'},
    size: {type: 'string', default: '160'},
    runs: {type: 'string', default: '60'},
    threads: {type: 'string', default: '1'},
    functions: {type: 'boolean', default: false},
  },
});

/** What the run called so far, and the times at which each call began and ended. */
const names = [];
const times = new Float64Array(20_000);
let depth = 0;

function clocked(name, run) {
  return (...args) => {
    // Of a function that calls another through JavaScript the outer one has it all.
    if (depth > 0) return run(...args);
    depth++;
    const at = 2 * names.push(name);
    times[at - 1] = performance.now();
    try {
      return run(...args);
    } finally {
      times[at] = performance.now();
      depth--;
    }
  };
}

const clockedInstance = ({exports}) => ({
  exports: Object.fromEntries(
    Object.entries(exports).map(([name, value]) => [
      name,
      typeof value === 'function' ? clocked(name, value) : value,
    ]),
  ),
});

const {Instance, instantiate} = WebAssembly;
WebAssembly.Instance = class {
  constructor(module, imports) {
    // biome-ignore lint/correctness/noConstructorReturn: what `new` gives is to be another object.
    return clockedInstance(new Instance(module, imports));
  }
};
WebAssembly.instantiate = async (source, imports) => {
  const made = await instantiate(source, imports);
  if (made instanceof Instance) return clockedInstance(made);
  return {module: made.module, instance: clockedInstance(made.instance)};
};

await import('@tensorflow/tfjs-backend-wasm');
const sts = await import('tfjs-sts');
const {createNetwork} = 'createNetwork' in sts ? sts : await import('tfjs-sts/networks');
const {setThreads} = await import('tfjs-sts/wasm');

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const text = (milliseconds) => `${milliseconds.toFixed(2)} ms`;

function frozenNetwork(name, frames, size) {
  const model = createNetwork(name, {frames, height: size, width: size, weightless: true});
  const frozen = sts.freeze(model);
  model.dispose();
  return frozen;
}

/** Runs it once: the calls, and the lengths of all stretches; those in JavaScript have even numbers. */
function clockRun(frozen, clip) {
  names.length = 0;
  times[0] = performance.now();
  const y = frozen.predict(clip);
  const end = 2 * names.length + 1;
  times[end] = performance.now();
  const called = [...names];
  const stretches = Array.from({length: end}, (_, i) => times[i + 1] - times[i]);
  y.dispose();
  return {called, stretches};
}

/** Median of each stretch over runs that made the same calls. */
function medians(clockedRuns) {
  const {called} = clockedRuns[0];
  const alike = clockedRuns.filter((run) => String(run.called) === String(called));
  if (alike.length < clockedRuns.length)
    console.log(`${clockedRuns.length - alike.length} runs made other calls`);
  return clockedRuns[0].stretches.map((_, i) => median(alike.map(({stretches}) => stretches[i])));
}

function printFunctions(called, stretches) {
  const spent = new Map();
  for (const [i, name] of called.entries()) {
    const {time, calls} = spent.get(name) ?? {time: 0, calls: 0};
    spent.set(name, {time: time + stretches[2 * i + 1], calls: calls + 1});
  }
  for (const [name, {time, calls}] of [...spent].sort(([, a], [, b]) => b.time - a.time)) {
    console.log(`  ${name.padEnd(28)} ${text(time).padStart(10)} in ${calls} calls`);
  }
}

tf.enableProdMode();
const [frames, size, runs, threads] = [options.frames, options.size, options.runs, options.threads].map(
  Number,
);
if (threads > 1) await setThreads(threads);
await tf.setBackend('wasm');
console.log(`node ${process.version}, threads ${threads}, ${runs} runs, clips ${frames}x${size}x${size}`);
for (const name of options.network) {
  const frozen = frozenNetwork(name, frames, size);
  const clip = tf.randomUniform([1, frames, size, size, 3], -1, 1, 'float32', 1);
  for (let i = 0; i < 20; i++) clockRun(frozen, clip);
  const clockedRuns = Array.from({length: runs}, () => clockRun(frozen, clip));
  const stretches = medians(clockedRuns);
  const javascript = sum(stretches.filter((_, i) => i % 2 === 0));
  const steps = `${frozen.stepCount} steps, ${clockedRuns[0].called.length} calls`;
  console.log(`${name}: ${text(sum(stretches))}, of it JavaScript ${text(javascript)} (${steps})`);
  if (options.functions) printFunctions(clockedRuns[0].called, stretches);
  tf.dispose(clip);
  frozen.dispose();
}
if (threads > 1) await setThreads(1);
