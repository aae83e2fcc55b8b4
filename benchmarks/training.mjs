/**
 * `npm run bench:training`: one training step (forward, gradients of every weight, SGD) on the wasm backend, one thread:
 * with our kernels, with the composed form that runs without them, and in PyTorch where python3 (or what `PYTHON` names)
 * can import torch. Processor time, medians. Writes benchmarks/results/training-<processor>-node<version>.json.
 */
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import os from 'node:os';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-wasm';
import {createNetwork} from 'tfjs-sts/networks';
import 'tfjs-sts/wasm';
import {resnet3d18} from './networks.mjs';

const STEPS = 5;
const CLASSES = 400;
const RESNET = {frames: 8, size: 56, classes: CLASSES};
const NETWORKS = [
  {name: 'ResNet3D-18, 8x56x56', clip: [1, 8, 56, 56, 3], create: () => resnet3d18(RESNET)},
  {name: 'X3D-S, 13x160x160', clip: [1, 13, 160, 160, 3], create: () => createNetwork('x3d_s')},
  {
    name: 'X3D-S with STS, 13x160x160',
    clip: [1, 13, 160, 160, 3],
    create: () => createNetwork('x3d_s_sts'),
  },
];

/** A module whose one function multiplies and adds in one instruction: our faster build runs where this is valid. */
const relaxedSimdProbe = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 2, 0x0b],
);

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const whole = (numbers) => Math.round(median(numbers));

/** Ours, which have a composed form. */
const kernelConfigs = ['IndirectConv3D', 'IndirectConv3DBackpropInput', 'IndirectConv3DBackpropFilter']
  .concat(['BatchNormTrain', 'BatchNormTrainGrad'])
  .map((name) => tf.getKernel(name, 'wasm'));

/** Takes our kernels away, so that the composed form runs, or puts them back. */
function useKernels(wanted) {
  for (const {kernelName, backendName} of kernelConfigs) {
    if (tf.getKernel(kernelName, backendName) != null) tf.unregisterKernel(kernelName, backendName);
  }
  if (wanted) for (const config of kernelConfigs) tf.registerKernel(config);
}

/** Milliseconds of processor time of each step; the first one compiles and is left out. */
function train({clip, create}, steps) {
  const model = create();
  const x = tf.randomUniform(clip, -1, 1, 'float32', 1);
  const label = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d([3], 'int32'), CLASSES), 'float32'));
  const optimizer = tf.train.sgd(1e-4);
  const times = [];
  for (let step = 0; step <= steps; step++) {
    const start = process.cpuUsage();
    tf.tidy(() => {
      optimizer.minimize(() => tf.losses.softmaxCrossEntropy(label, model.apply(x, {training: true})));
    });
    const {user, system} = process.cpuUsage(start);
    times.push((user + system) / 1000);
  }
  tf.dispose([x, label]);
  model.dispose();
  return times.slice(1);
}

function trainInTorch() {
  const python = process.env.PYTHON ?? 'python3';
  const script = fileURLToPath(new URL('training_torch.py', import.meta.url));
  const sizes = [RESNET.frames, RESNET.size, CLASSES, STEPS].map(String);
  const {status, stdout} = spawnSync(python, [script, ...sizes], {encoding: 'utf8'});
  if (status !== 0) return undefined;
  const {version, steps} = JSON.parse(stdout);
  return {version, milliseconds: whole(steps)};
}

await tf.setBackend('wasm');
const loadBefore = os.loadavg()[0];
const results = NETWORKS.map((network) => {
  useKernels(true);
  const kernels = whole(train(network, STEPS));
  useKernels(false);
  const composed = whole(train(network, 1));
  console.log(network.name.padEnd(28), `kernels ${kernels} ms | composed ${composed} ms`);
  return {network: network.name, milliseconds: {kernels, composed}};
});
const torch = trainInTorch();
console.log(
  NETWORKS[0].name.padEnd(28),
  torch === undefined ? 'PyTorch is missing' : `PyTorch ${torch.version} ${torch.milliseconds} ms`,
);
const processor = os.cpus()[0].model.trim();
const relaxedSimd = WebAssembly.validate(relaxedSimdProbe);
const report = {
  date: new Date().toISOString().slice(0, 10),
  what: `median processor time of ${STEPS} training steps (1 of the composed form) after the first, batch 1, one thread`,
  ...{
    processor,
    cores: os.cpus().length,
    loadBefore,
    loadAfter: os.loadavg()[0],
    node: process.version,
    relaxedSimd,
  },
  results,
  torch: torch ?? 'missing',
};
const [major] = process.versions.node.split('.');
const name = `training-${processor.replace(/[^A-Za-z0-9]+/g, '_')}-node${major}${relaxedSimd ? '-relaxed_simd' : ''}.json`;
writeFileSync(new URL(`results/${name}`, import.meta.url), `${JSON.stringify(report, null, 2)}\n`);
