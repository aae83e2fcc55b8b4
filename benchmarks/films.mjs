/**
 * `npm run bench:films -- --film FILE`: how fast shots are found and a film is analysed, in times real time, split into decoding and
 * networks; resident memory as the film goes by; and how long a search through 100,000 feature vectors takes. One JSON object a line.
 *
 * Usage: node benchmarks/films.mjs --film FILE [--threads 1] [--parts decode,shots,analyze,search] [--every SECONDS] [--narrow]
 *
 * --narrow finds shots by a network of the same form with two filters: it says nothing of value, but passes long films quickly, for the
 * curve of memory. Times are of the clock and of the processor, of this process alone: ffmpeg is another one.
 */
import {readFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-wasm';
import * as sts from 'tfjs-sts';
import {assign, expanded, read} from 'tfjs-sts/checkpoints';
import {createNetwork} from 'tfjs-sts/networks';
import {ffmpegSource} from 'tfjs-sts/node';
import {analyze, detectShots, findSimilar} from 'tfjs-sts/timeline';
import {sizedFrames} from 'tfjs-sts/video';
import {setThreads} from 'tfjs-sts/wasm';
import {loadModel} from 'tfjs-sts/zoo';

const {values: options} = parseArgs({
  options: {
    film: {type: 'string'},
    threads: {type: 'string', default: '1'},
    parts: {type: 'string', default: 'decode,shots,analyze,search'},
    every: {type: 'string'},
    narrow: {type: 'boolean', default: false},
  },
});
const threads = Number(options.threads);
if (threads > 1) await setThreads(threads);
await tf.setBackend('wasm');

const tell = (part, facts) => console.log(JSON.stringify({part, threads, ...facts}));
const rounded = (value) => Number(value.toPrecision(4));

/** Seconds of the clock and of the processor that some work takes. */
async function timed(work) {
  const [clock, processor] = [performance.now(), process.cpuUsage()];
  const result = await work();
  return {result, seconds: (performance.now() - clock) / 1000, cpuSeconds: cpuSecondsSince(processor)};
}

/** Of all threads of this process since `process.cpuUsage()` gave `start`. */
function cpuSecondsSince(start) {
  const {user, system} = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Resident memory at every fiftieth of the film, in MB. */
function memoryCurve(duration) {
  const curve = [];
  return {
    curve,
    onProgress({seconds}) {
      if (seconds < (curve.length * duration) / 50) return;
      curve.push([Math.round(seconds), Math.round(process.memoryUsage.rss() / 1e6)]);
    },
  };
}

/** A model whose runs are timed. */
function watched(model) {
  const watch = {seconds: 0, cpuSeconds: 0, runs: 0};
  const predict = model.predict.bind(model);
  model.predict = (...given) => {
    const [clock, processor] = [performance.now(), process.cpuUsage()];
    // What the kernels of wasm give is there when the call returns.
    const answer = predict(...given);
    watch.seconds += (performance.now() - clock) / 1000;
    watch.cpuSeconds += cpuSecondsSince(processor);
    watch.runs++;
    return answer;
  };
  return watch;
}

async function shotModel() {
  const narrow = options.narrow ? {filters: 2, hidden: 8} : {weightless: true};
  const model = createNetwork('transnet_v2', narrow);
  if (!options.narrow) assign(model, expanded(read(readFileSync('models/transnet_v2.safetensors'))));
  const frozen = sts.freeze(model);
  model.dispose();
  return frozen;
}

const video = options.film === undefined ? undefined : await ffmpegSource(options.film);
const duration = video?.info.duration;

const parts = {
  async decode() {
    for (const sizes of [[[27, 48]], [[27, 48], 256]]) {
      const {seconds} = await timed(async () => {
        for await (const _ of sizedFrames(video, sizes));
      });
      tell('decode', {sizes, seconds: rounded(seconds), timesRealTime: rounded(duration / seconds)});
    }
  },
  async shots() {
    const model = await shotModel();
    const network = watched(model);
    const {curve, onProgress} = memoryCurve(duration);
    const {result, seconds, cpuSeconds} = await timed(() => detectShots(video, {model, onProgress}));
    tell('shots', {...speeds(seconds, cpuSeconds, {network}), shots: result.length, memory: curve});
    model.dispose();
  },
  async analyze() {
    const model = await shotModel();
    const loaded = await loadModel('efficientnet_lite0_sts');
    const clips = {model: sts.freeze(loaded.model), info: loaded.info};
    loaded.model.dispose();
    const [network, labels] = [watched(model), watched(clips.model)];
    const {curve, onProgress} = memoryCurve(duration);
    const every = options.every === undefined ? {} : {every: Number(options.every)};
    const {result, seconds, cpuSeconds} = await timed(() =>
      analyze(video, {model: clips, shots: {model}, onProgress, ...every}),
    );
    const found = {shots: result.shots.length, segments: result.segments.length};
    tell('analyze', {...speeds(seconds, cpuSeconds, {network, labels}), ...found, memory: curve});
  },
  async search() {
    const [rows, length] = [100_000, 432];
    const values = Float32Array.from({length: rows * length}, (_, i) => Math.sin(i * i));
    const query = values.slice(7 * length, 8 * length);
    const times = [];
    for (let run = 0; run < 15; run++)
      times.push((await timed(() => findSimilar({values, length}, query, {top: 10}))).cpuSeconds * 1000);
    times.sort((a, b) => a - b);
    tell('search', {rows, length, leastCpuMs: rounded(times[0]), medianCpuMs: rounded(times[7])});
  },
};

function speeds(seconds, cpuSeconds, watches) {
  const networks = Object.entries(watches).map(([name, {seconds, cpuSeconds, runs}]) => [
    name,
    {seconds: rounded(seconds), cpuSeconds: rounded(cpuSeconds), runs},
  ]);
  return {
    seconds: rounded(seconds),
    cpuSeconds: rounded(cpuSeconds),
    timesRealTime: rounded(duration / seconds),
    networks: Object.fromEntries(networks),
  };
}

for (const part of options.parts.split(',')) {
  if (video === undefined && part !== 'search') continue;
  await parts[part]();
}
await video?.close();
