/**
 * `npm run bench:training`: training steps (forward, gradients of every weight, SGD with momentum; batch 1) by `train` on the backends wasm
 * and tensorflow and in PyTorch eager, in turn, on one thread and on two. PyTorch runs where python3 (or what `PYTHON` names) can import torch. Each
 * does a step and waits for those of the others. Writes benchmarks/results/training-<processor>-node<version>.json.
 */
import {writeFileSync} from 'node:fs';
import os from 'node:os';
import {fileURLToPath} from 'node:url';
import {processor, relaxedSimd, resultsName} from './machine.mjs';
import {Player} from './player.mjs';

const ROUNDS = 7;
/** Steps that do not count: they compile, plan and take their memory. */
const WARM_UP = 2;
const CLASSES = 400;
const NETWORKS = [
  {title: 'ResNet3D-18, 8x56x56', name: 'resnet3d18', clip: '8x56x56'},
  {title: 'X3D-S, 13x160x160', name: 'x3d_s', clip: '13x160x160'},
];
const python = process.env.PYTHON ?? 'python3';
const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const RIVALS = {
  wasm: [process.execPath, script('training_steps.mjs'), 'wasm'],
  tensorflow: [process.execPath, script('training_steps.mjs'), 'tensorflow'],
  PyTorch: [python, script('training_torch.py'), 'torch'],
};

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const median = (numbers) => Math.round(sorted(numbers)[Math.floor(numbers.length / 2)]);
const least = (numbers) => Math.round(sorted(numbers)[0]);

/** Milliseconds of processor time and on the clock, by rival: median and least. A rival that cannot start says why. */
async function race({name, clip}, threads) {
  const started = [];
  const result = {};
  try {
    for (const [rival, [program, file, backend]] of Object.entries(RIVALS)) {
      const player = new Player([program, file], {backend, threads, name, clip, classes: CLASSES});
      try {
        const {ready, weights} = await player.next();
        for (let i = 0; i < WARM_UP; i++) await player.ask('step');
        started.push({rival, player, steps: []});
        result[rival] = {version: ready, weights};
      } catch (error) {
        result[rival] = {missing: error.message};
        await player.end();
      }
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const {player, steps} of started) steps.push(await player.ask('step'));
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

const loadBefore = os.loadavg()[0];
const results = [];
for (const network of NETWORKS) {
  for (const threads of [1, 2]) {
    const rivals = await race(network, threads);
    results.push({network: network.title, threads, rivals});
    const texts = Object.entries(rivals).map(([rival, {cpu, wall, missing}]) =>
      missing === undefined
        ? `${rival} ${cpu.median} ms, least ${cpu.least} (clock ${wall.median}, ${wall.least})`
        : `${rival} is missing`,
    );
    console.log(`${network.title.padEnd(22)} ${threads} threads`, texts.join(' | '));
  }
}
const report = {
  date: new Date().toISOString().slice(0, 10),
  what: `milliseconds of ${ROUNDS} training steps after ${WARM_UP}, batch 1, in turn: processor time (cpu) and on the clock (wall)`,
  ...{processor, cores: os.cpus().length, loadBefore, loadAfter: os.loadavg()[0]},
  ...{node: process.version, relaxedSimd, results},
};
writeFileSync(
  new URL(`results/${resultsName('training')}`, import.meta.url),
  `${JSON.stringify(report, null, 2)}\n`,
);
