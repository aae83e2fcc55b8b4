/**
 * `npm run bench`: the ops of this package on the wasm backend in Node, one thread, beside stock tfjs: our kernels, and
 * the composed form that runs without the entry tfjs-sts/wasm. All competitors of a case run in turn in one process, round after round, so that a change of the machine's speed meets
 * all of them; what is compared is the median CPU time. Writes benchmarks/results/<date>-<processor>.json.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-wasm';
import * as sts from 'tfjs-sts';
import {kernelConfigs} from 'tfjs-sts/wasm';
import {cases} from './cases.mjs';

const ROUNDS = 9;

/** A module whose one function multiplies and adds in one instruction: our faster build runs where this is valid. */
const relaxedSimdProbe = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 2, 0x0b],
);

function values(shape) {
  let state = 1;
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({length: size}, () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647 - 0.5;
    }),
    shape,
  );
}

/** Takes our kernels away, so that the composed form runs, or puts them back. */
function useKernels(wanted) {
  for (const {kernelName, backendName} of kernelConfigs) {
    if (tf.getKernel(kernelName, backendName) != null) tf.unregisterKernel(kernelName, backendName);
  }
  if (wanted) for (const config of kernelConfigs) tf.registerKernel(config);
}

/** An op of ours as two competitors. */
function kernelAndComposed(name, op) {
  return {
    [`${name}, kernel`]: (x, w) => {
      useKernels(true);
      op(x, w);
    },
    [`${name}, composed`]: (x, w) => {
      useKernels(false);
      op(x, w);
    },
  };
}

/** Who runs a case, by name. */
function competitorsOf({filter, strides, depthwise}) {
  if (depthwise)
    return {
      ...kernelAndComposed('tfjs-sts', (x, w) => sts.depthwiseConv3d(x, w, strides, 'same')),
      ...kernelAndComposed('tfjs-sts, STS', (x, w) => sts.stsDepthwiseConv3d(x, w, strides, 'same')),
    };
  return {
    ...kernelAndComposed('tfjs-sts', (x, w) => sts.conv3d(x, w, strides, 'same')),
    'stock conv3d': (x, w) => tf.conv3d(x, w, strides, 'same'),
    ...(filter[1] === 1 ? kernelAndComposed('tfjs-sts, STS', (x, w) => sts.stsConv3d(x, w, strides)) : {}),
  };
}

function cpuMilliseconds(run) {
  const start = process.cpuUsage();
  tf.tidy(run);
  const {user, system} = process.cpuUsage(start);
  return (user + system) / 1000;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

function measure(given) {
  const x = values(given.x);
  const w = values(given.filter);
  const competitors = Object.entries(competitorsOf(given));
  const times = Object.fromEntries(competitors.map(([name]) => [name, []]));
  for (const [, run] of competitors) tf.tidy(() => void run(x, w));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of competitors) {
      // Stock conv3d takes seconds: three rounds of it are enough for a median.
      if (name === 'stock conv3d' && round >= 3) continue;
      times[name].push(cpuMilliseconds(() => void run(x, w)));
    }
  }
  tf.dispose([x, w]);
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, Number(median(list).toFixed(1))]),
  );
}

await tf.setBackend('wasm');
const version = (path) =>
  JSON.parse(readFileSync(new URL(`../${path}/package.json`, import.meta.url), 'utf8')).version;
const loadBefore = os.loadavg()[0];
const results = cases.map((given) => {
  const milliseconds = measure(given);
  console.log(
    given.name.padEnd(42),
    Object.entries(milliseconds)
      .map(([name, ms]) => `${name} ${ms} ms`)
      .join(' | '),
  );
  return {case: given.name, milliseconds};
});
const processor = os.cpus()[0].model.trim();
const report = {
  date: new Date().toISOString().slice(0, 10),
  what: `median CPU time of ${ROUNDS} interleaved rounds (3 of stock conv3d), wasm backend, one thread`,
  processor,
  cores: os.cpus().length,
  loadBefore,
  loadAfter: os.loadavg()[0],
  node: process.version,
  versions: {
    'tfjs-sts': version('.'),
    '@tensorflow/tfjs-backend-wasm': version('node_modules/@tensorflow/tfjs-backend-wasm'),
  },
  relaxedSimd: WebAssembly.validate(relaxedSimdProbe),
  results,
};
const file = new URL(
  `results/${report.date}-${processor.replace(/[^A-Za-z0-9]+/g, '_')}${report.relaxedSimd ? '-relaxed_simd' : ''}.json`,
  import.meta.url,
);
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
