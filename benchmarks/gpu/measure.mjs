/**
 * Layers and whole networks on the webgpu backend that is live, in a page or in Node: with the kernels of tfjs-sts/webgpu, and rivals
 * in the same program, round by round in turn: the composed form (conv2d on views), the host's own conv3d, and those that a page has
 * besides (page_rivals.mjs).
 */
import * as tf from '@tensorflow/tfjs-core';
import {freeze, restoreStockKernels} from 'tfjs-sts';
import {buildModel, clipTensor} from '../players/model.mjs';
import {measureDevice, median} from './device.mjs';

/** Kernels of this package that a rival runs without. */
const OURS = 'IndirectConv3D';

/** Calls of the backend: the dispatches and the keys of their programs, in which the tile stands. */
function watchPrograms() {
  const backend = tf.backend();
  const keys = [];
  const run = backend.runWebGPUProgram;
  backend.runWebGPUProgram = function (program, ...rest) {
    keys.push(program.shaderKey || program.constructor.name);
    return run.call(this, program, ...rest);
  };
  return {
    keys,
    end: () => {
      backend.runWebGPUProgram = run;
    },
  };
}

/** Without our kernels while `run` runs. */
async function composed(run) {
  const kernel = tf.getKernel(OURS, 'webgpu');
  tf.unregisterKernel(OURS, 'webgpu');
  try {
    return await run();
  } finally {
    if (tf.getKernel(OURS, 'webgpu') != null) tf.unregisterKernel(OURS, 'webgpu');
    tf.registerKernel(kernel);
  }
}

/** Waits for the device, without reading anything back. */
async function finished(y) {
  const backend = tf.backend();
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
  await backend.queue.onSubmittedWorkDone();
  tf.dispose(y);
}

async function millisecondsOf(call, finish) {
  const start = performance.now();
  await finish(await call());
  return performance.now() - start;
}

/** What the device says that it computed for, where it has timestamps; undefined elsewhere. */
async function gpuMillisecondsOf(call) {
  if (!tf.backend().supportTimestampQuery) return undefined;
  let y;
  const {kernelMs} = await tf.time(() => {
    y = call();
  });
  tf.dispose(y);
  return kernelMs;
}

/** Median milliseconds of each of the rivals, in turn, and of its first call. */
async function race(rivals, rounds) {
  const times = rivals.map(() => []);
  const first = [];
  const failed = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [i, {name, call, within = (run) => run(), finish = finished}] of rivals.entries()) {
      if (failed[name] !== undefined) continue;
      try {
        const time = await within(() => millisecondsOf(call, finish));
        if (round === 0) first[i] = time;
        else times[i].push(time);
      } catch (error) {
        failed[name] = error.message;
      }
    }
  }
  const here = rivals.map(({name}, i) => [name, i]).filter(([name]) => failed[name] === undefined);
  return {
    rivals: Object.fromEntries(
      here.map(([name, i]) => [name, {milliseconds: median(times[i]), first: first[i]}]),
    ),
    failed,
  };
}

/** Operations and the least bytes of a single convolution. */
function workOf(given, x, y) {
  const taps = given.kernel.reduce((product, n) => product * n, 1);
  const depth = given.depthwise ? 1 : given.channels;
  const weights = taps * depth * given.filters;
  return {operations: 2 * y.size * taps * depth, bytes: 4 * (x.size + y.size + weights)};
}

async function measureLayer(given, device, {rounds, others}) {
  const model = buildModel(given);
  const stock = given.depthwise ? undefined : buildModel(given, {stock: true});
  const x = clipTensor(given);
  const call = (one) => () => tf.tidy(() => one.layers[1].apply(x));
  const watch = watchPrograms();
  const y = call(model)();
  watch.end();
  const work = workOf(given, x, y);
  tf.dispose(y);
  const more = await others(given);
  const {rivals, failed} = await race(
    [
      {name: 'tfjs-sts', call: call(model)},
      {name: 'conv2d on views', call: call(model), within: composed},
      ...(stock === undefined ? [] : [{name: 'stock tfjs', call: call(stock)}]),
      ...more.rivals,
    ],
    rounds,
  );
  const gpu = await gpuMillisecondsOf(call(model));
  await more.dispose();
  const gflops = work.operations / rivals['tfjs-sts'].milliseconds / 1e6;
  const roof = Math.min(device.gflops, (device.gigabytes * work.operations) / work.bytes);
  const tile = /^sts_(\w+?_(?:forward|backward)(?:_\d+x\d+)?|\w+)/.exec(watch.keys[0])?.[1] ?? watch.keys[0];
  model.dispose();
  stock?.dispose();
  x.dispose();
  return {
    name: given.name,
    program: tile,
    dispatches: watch.keys.length,
    gpu,
    gflops,
    ofPeak: gflops / device.gflops,
    ofRoof: gflops / roof,
    rivals,
    failed: {...more.failed, ...failed},
  };
}

async function measureNetwork(given, {rounds, quick, others}) {
  const model = buildModel(given);
  const frozen = freeze(model);
  const x = clipTensor(given);
  const start = performance.now();
  await frozen.warmUp({shapes: x.shape});
  const compile = performance.now() - start;
  const watch = watchPrograms();
  await finished(frozen.predict(x));
  watch.end();
  const {numBytesInGPU, numBytesAllocatedInGPU} = tf.memory();
  // The composed form has a program for each shape of each stock op: minutes to compile on software.
  const views = quick ? [] : [{name: 'conv2d on views', call: () => model.predict(x), within: composed}];
  const more = await others(given);
  const {rivals, failed} = await race(
    [{name: 'tfjs-sts frozen', call: () => frozen.predict(x)}, ...views, ...more.rivals],
    rounds,
  );
  const gpu = await gpuMillisecondsOf(() => frozen.predict(x));
  await more.dispose();
  frozen.dispose();
  model.dispose();
  x.dispose();
  const memory = {used: numBytesInGPU, allocated: numBytesAllocatedInGPU};
  return {
    name: given.name,
    compile,
    dispatches: watch.keys.length,
    gpu,
    memory,
    rivals,
    failed: {...more.failed, ...failed},
  };
}

const noOthers = async () => ({rivals: [], failed: {}, dispose: () => {}});

/**
 * All of it, as JSON.
 *
 * @param tell is called with each result
 * @param others more rivals of a case: `{rivals, failed, dispose}`
 */
export async function measure({layers, networks, rounds, quick}, tell, others = noOthers) {
  // What the entry of webgpu has put in its place would else run as the stock conv3d, a rival.
  restoreStockKernels('webgpu', ['Conv3D']);
  const device = await measureDevice(tf.backend().device, {rounds, quick});
  tell(device);
  const found = {device, layers: [], networks: []};
  for (const given of layers)
    found.layers.push(await measureLayer(given, device, {rounds, others}).then(told));
  const options = {rounds, quick, others};
  for (const given of networks) found.networks.push(await measureNetwork(given, options).then(told));
  return found;

  function told(result) {
    tell(result);
    return result;
  }
}
