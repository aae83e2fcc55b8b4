/**
 * `npm run bench:gpu`: layers and networks on WebGPU, in Node on Dawn and in a headless Chromium: what the adapter is, what it reaches, and
 * what the kernels of this package reach of that beside their rivals (gpu/measure.mjs). A software adapter is refused: it says nothing
 * about a GPU.
 */
import {writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {startWebGPU} from 'tfjs-sts/node';
import 'tfjs-sts/webgpu';
import {networks, ops} from './cases.mjs';
import {measureInChromium} from './gpu/chromium.mjs';
import {measure} from './gpu/measure.mjs';

const HELP = `usage: node benchmarks/gpu.mjs [options]

  --where PLACE node or page; default: one after the other
  --only TEXT   cases whose name has TEXT in it; several: --only X3D --only depthwise
  --rounds N    how often each rival runs a case, in turn (default 25)
  --quick       two rounds of two layers and of one small network
  --anyway      on a software adapter too; its figures say nothing about a GPU
  --out FILE    the results as JSON
`;

/** Small enough for software: what --quick runs. */
const small = {
  layers: [
    {
      name: '1x3x3 16->64, 2x8x8',
      size: [2, 8, 8],
      channels: 16,
      filters: 64,
      kernel: [1, 3, 3],
      strides: [1, 1, 1],
    },
    {
      name: 'depthwise 3x3x3, 8 channels, 3x8x8',
      size: [3, 8, 8],
      channels: 8,
      filters: 8,
      kernel: [3, 3, 3],
      strides: [1, 1, 1],
      depthwise: true,
    },
  ],
  networks: [{name: 'X3D tiny 5x32x64', network: 'x3d_tiny', size: [5, 32, 64], channels: 3}],
};

const {values: options} = parseArgs({
  options: {
    where: {type: 'string', multiple: true},
    only: {type: 'string', multiple: true},
    rounds: {type: 'string', default: '25'},
    quick: {type: 'boolean', default: false},
    anyway: {type: 'boolean', default: false},
    out: {type: 'string'},
    help: {type: 'boolean', short: 'h', default: false},
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

const places = {node: measureInNode, page: measureInPage};
const chosen = options.where ?? Object.keys(places);
const unknown = chosen.find((name) => places[name] === undefined);
if (unknown !== undefined) {
  console.error(`--where takes ${Object.keys(places).join(' or ')}; got ${unknown}.`);
  process.exit(2);
}
const wanted = (list) => list.filter(({name}) => options.only?.some((text) => name.includes(text)) ?? true);
const cases = options.quick ? small : {layers: ops, networks};
const rounds = options.quick ? 2 : Number(options.rounds);
const given = {layers: wanted(cases.layers), networks: wanted(cases.networks), rounds, quick: options.quick};
const report = {node: process.version, rounds};
let failed = false;
for (const place of chosen) {
  console.log(`\n${place === 'node' ? `Node ${process.version}, Dawn` : 'Chromium, headless'}`);
  try {
    const found = await places[place]();
    if (found === undefined) failed = true;
    else {
      report[place] = found;
      // A rival may refuse a case.
      const broken = (one) => Object.keys(one.failed).some((name) => name.startsWith('tfjs-sts'));
      failed ||= [...found.layers, ...found.networks].some(broken);
    }
  } catch (error) {
    console.error(error.message);
    failed = true;
  }
}
if (options.out) writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);
process.exit(failed ? 1 : 0);

async function measureInNode() {
  tf.enableProdMode();
  const adapter = await startWebGPU();
  if (!accepts(adapter)) return undefined;
  return {adapter, ...markOf(adapter), ...(await measure(given, print))};
}

async function measureInPage() {
  const found = await measureInChromium(given, {software: options.anyway, onAdapter: accepts, tell: print});
  return found && {...found, ...markOf(found.adapter)};
}

function markOf({software}) {
  return software ? {mark: 'SOFTWARE, no GPU: these times rank nothing'} : {};
}

/** Says which adapter it is; false for one that is not to be measured. */
function accepts(adapter) {
  const {vendor, architecture, description, software} = adapter;
  console.log(`adapter   ${[vendor, architecture, description].filter((text) => text).join(', ')}`);
  if (software && !options.anyway) {
    console.error(
      'This is a program on the processor, no GPU: its times rank nothing. --anyway runs them, to test the benchmark.',
    );
    return false;
  }
  if (software) console.log(markOf(adapter).mark);
  return true;
}

function print(result) {
  if (result.features !== undefined) return printDevice(result);
  const ms = (one) => `${one.milliseconds.toPrecision(3)} ms (first ${one.first.toPrecision(3)})`;
  const gpu = result.gpu ? `, ${result.gpu.toPrecision(3)} ms by the GPU's clock` : '';
  const percent = (share) => `${(100 * share).toFixed(0)}%`;
  console.log(result.name);
  if (result.gflops !== undefined) {
    const shares = `${percent(result.ofPeak)} of the peak, ${percent(result.ofRoof)} of the roof`;
    console.log(
      `  ${result.program}, dispatches: ${result.dispatches}, ${result.gflops.toPrecision(3)} GFLOP/s, ${shares}${gpu}`,
    );
  } else {
    const {used, allocated} = result.memory;
    const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
    const memory = `memory ${megabytes(used)} in tensors, ${megabytes(allocated)} allocated`;
    console.log(
      `  compiled in ${result.compile.toFixed(0)} ms, dispatches: ${result.dispatches}, ${memory}${gpu}`,
    );
  }
  for (const [name, one] of Object.entries(result.rivals)) console.log(`  ${name.padEnd(18)} ${ms(one)}`);
  for (const [name, reason] of Object.entries(result.failed))
    console.log(`  ${name.padEnd(18)} FAILED: ${reason}`);
}

function printDevice({features, limits, gflops, gigabytes}) {
  console.log(`features  ${features.join(', ')}`);
  for (const [name, value] of Object.entries(limits)) console.log(`${name.padEnd(34)} ${value}`);
  console.log(
    `measured  ${gflops.toPrecision(3)} GFLOP/s float32 multiply-add, ${gigabytes.toPrecision(3)} GB/s copied`,
  );
}
