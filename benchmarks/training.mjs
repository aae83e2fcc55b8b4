/**
 * `npm run bench:training`: training steps (forward, gradients of every weight, SGD with momentum) by `train` on the backends wasm and
 * tensorflow and in PyTorch eager, in turn, on one thread and on two; on Node 24 and 26 on wasm with V8's wide vectors, too. PyTorch runs where python3 (or what `PYTHON` names) can import torch. Each
 * does a step and waits for those of the others. `-- --only WORD` runs the networks with WORD in their title, `--rounds N` other than 7, `--threads N` on
 * so many threads alone.
 * Writes benchmarks/results/training-<processor>-node<version>.json, where what was not run keeps what it has.
 */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {processor, relaxedSimd, resultsName, wideVectors} from './machine.mjs';
import {Player} from './player.mjs';
import {NETWORKS} from './training_networks.mjs';

const {values: options} = parseArgs({
  options: {
    only: {type: 'string', default: ''},
    rounds: {type: 'string', default: '7'},
    threads: {type: 'string', multiple: true, default: ['1', '2']},
  },
});
const ROUNDS = Number(options.rounds);
/** Steps that do not count, two and as many as take so long: they compile, plan and take their memory. */
const WARM_UP = {steps: 2, milliseconds: 3000};
/** Milliseconds that a rival's turn takes, or a step. */
const TURN = 400;
const python = process.env.PYTHON ?? 'python3';
const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const inNode = (backend, ...flags) => ({
  command: [process.execPath, ...flags, script('players/training.mjs')],
  backend,
});
const RIVALS = {
  wasm: inNode('wasm'),
  ...(wideVectors && {'wasm, wide vectors': inNode('wasm', wideVectors)}),
  tensorflow: inNode('tensorflow'),
  PyTorch: {command: [python, script('players/training.py')], backend: 'torch'},
};

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const rounded = (ms) => Number(ms.toFixed(ms < 100 ? 1 : 0));
const median = (numbers) => rounded(sorted(numbers)[Math.floor(numbers.length / 2)]);
const least = (numbers) => rounded(sorted(numbers)[0]);

async function warmUp(player) {
  const begun = performance.now();
  for (let i = 0; i < WARM_UP.steps || performance.now() - begun < WARM_UP.milliseconds; i++) {
    await player.ask('step');
  }
}

/** Steps of one rival in a row; the first finds caches full of what the others did, and counts only where it is the only one. */
async function turn(player) {
  const begun = performance.now();
  const steps = [];
  do steps.push(await player.ask('step'));
  while (performance.now() - begun < TURN);
  return steps.length === 1 ? steps : steps.slice(1);
}

/**
 * Milliseconds of processor time and on the clock, by rival: median and least. A rival that cannot start says why.
 *
 * @throws Error when rivals train different numbers of weights: they would not run the same network
 */
async function race({name, config, clip, batch, classes}, threads) {
  const started = [];
  const result = {};
  try {
    for (const [rival, {command, backend}] of Object.entries(RIVALS)) {
      const player = new Player(command, {backend, threads, name, config, clip, batch, classes});
      try {
        const {ready, weights} = await player.next();
        await warmUp(player);
        started.push({rival, player, steps: []});
        result[rival] = {version: ready, weights};
      } catch (error) {
        result[rival] = {missing: error.message};
        await player.end();
      }
    }
    const counts = new Set(started.map(({rival}) => result[rival].weights));
    if (counts.size > 1) throw new Error(`${name}: the rivals have ${[...counts].join(' and ')} weights.`);
    for (let round = 0; round < ROUNDS; round++) {
      for (const {player, steps} of started) steps.push(...(await turn(player)));
    }
    for (const {rival, steps} of started) {
      for (const kind of ['cpu', 'wall']) {
        const times = steps.map((step) => step[kind]);
        Object.assign(result[rival], {[kind]: {median: median(times), least: least(times)}});
      }
    }
  } finally {
    await Promise.all(started.map(({player}) => player.end()));
  }
  return result;
}

const file = new URL(`results/${resultsName('training')}`, import.meta.url);
const date = new Date().toISOString().slice(0, 10);
const chosen = NETWORKS.filter(({title}) => title.includes(options.only));
const results = [];
for (const network of chosen) {
  for (const threads of options.threads.map(Number)) {
    const loadBefore = Number(os.loadavg()[0].toFixed(1));
    const rivals = await race(network, threads);
    const loadAfter = Number(os.loadavg()[0].toFixed(1));
    results.push({network: network.title, threads, ...{date, rounds: ROUNDS, loadBefore, loadAfter}, rivals});
    const texts = Object.entries(rivals).map(([rival, {cpu, wall, missing}]) =>
      missing === undefined
        ? `${rival} ${cpu.median} ms, least ${cpu.least} (clock ${wall.median}, ${wall.least})`
        : `${rival} is missing`,
    );
    console.log(`${network.title.padEnd(42)} ${threads} threads`, texts.join(' | '));
  }
}
const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).results : [];
const isNew = (row) => results.some((one) => one.network === row.network && one.threads === row.threads);
const others = before.filter((row) => !isNew(row));
const order = ({network}) => NETWORKS.findIndex(({title}) => title === network);
const report = {
  what: `milliseconds of training steps, in turns of ${TURN} ms or one step, after ${WARM_UP.steps} and ${WARM_UP.milliseconds} ms of others, medians and least: processor time (cpu) and on the clock (wall)`,
  ...{processor, cores: os.cpus().length, node: process.version, relaxedSimd},
  results: [...others, ...results].sort((a, b) => order(a) - order(b) || a.threads - b.threads),
};
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
