/**
 * `npm run bench` (ops), `npm run bench:networks` and `npm run bench:narrow`: races of this package and its rivals, case after case. Writes what it
 * finds into results/ after each case, so that it can be stopped and resumed. What is run: cases.mjs, rivals.mjs.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {narrow, networks, ops} from './cases.mjs';
import {processor, relaxedSimd, resultsName} from './machine.mjs';
import {race} from './race.mjs';
import {rivals} from './rivals.mjs';

const HELP = `usage: node benchmarks/run.mjs ops|networks|narrow [options]

  --only TEXT     cases whose name has TEXT in it; several: --only X3D --only SlowOnly
  --rivals TEXT   rivals whose name has TEXT in it; several as above
  --threads N     rivals on that many threads alone
  --rounds N      how often each rival runs a case (default: 25 for ops, 15 for networks, 5 for narrow)
  --seconds N     a rival that has used so much in a case takes no further turn (default 20)
  --quick         one round
  --resume        leave out the cases that the file of results has
  --out FILE      the file of results (default: named after the processor and Node)
`;

const lists = {ops, networks, narrow};

const {values: options, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    only: {type: 'string', multiple: true},
    rivals: {type: 'string', multiple: true},
    threads: {type: 'string'},
    rounds: {type: 'string'},
    seconds: {type: 'string', default: '20'},
    quick: {type: 'boolean', default: false},
    resume: {type: 'boolean', default: false},
    out: {type: 'string'},
    help: {type: 'boolean', short: 'h', default: false},
  },
});
const [what] = positionals;
if (options.help || !Object.hasOwn(lists, what)) {
  console.log(HELP);
  process.exit(options.help ? 0 : 1);
}

const matching = (list, texts) =>
  texts === undefined ? list : list.filter(({name}) => texts.some((text) => name.includes(text)));
const cases = matching(lists[what], options.only);
const wanted = matching(rivals, options.rivals).filter(
  ({threads}) => options.threads === undefined || threads === Number(options.threads),
);
const rounds = options.quick ? 1 : Number(options.rounds ?? {ops: 25, networks: 15, narrow: 5}[what]);

const file = options.out ?? fileURLToPath(new URL(`results/${resultsName(what)}`, import.meta.url));
const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {cases: []};

/** The file again, with one more case: in the order of cases.mjs, whichever was run last. */
function write(result, versions) {
  const order = lists[what].map(({name}) => name);
  const others = report.cases.filter(({name}) => name !== result.name);
  report.cases = [...others, result].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  Object.assign(report, {
    what: 'medians in milliseconds of interleaved turns, each rival a process; cpu: all its threads; peakMemory in MiB',
    processor,
    cores: os.cpus().length,
    system: `${os.type()} ${os.arch()}`,
    node: process.version,
    relaxedSimd,
    versions: {...report.versions, ...versions},
  });
  mkdirSync(fileURLToPath(new URL('results', import.meta.url)), {recursive: true});
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

function print({name, rivals: found, failed}) {
  console.log(name);
  for (const [rival, {cpu, wall, first, peakMemory, differs}] of Object.entries(found)) {
    const figures = `cpu ${cpu} ms, wall ${wall} ms, first ${first} ms, peak ${peakMemory} MiB`;
    console.log(`  ${rival.padEnd(30)} ${figures}${differs === undefined ? '' : ` DIFFERS by ${differs}`}`);
  }
  for (const [rival, reason] of Object.entries(failed))
    console.log(`  ${rival.padEnd(30)} FAILED: ${reason}`);
}

const here = wanted.filter(({name, missing}) => {
  const reason = missing();
  if (reason !== undefined) console.log(`left out: ${name}: ${reason}`);
  return reason === undefined;
});
let isSound = cases.length > 0;
for (const given of cases) {
  if (options.resume && report.cases.some(({name}) => name === given.name)) continue;
  const date = new Date().toISOString().slice(0, 16);
  const load = os.loadavg()[0];
  const taking = here.filter(({takes}) => takes(given));
  const {versions, ...found} = await race(given, taking, {rounds, seconds: Number(options.seconds)});
  const result = {name: given.name, date, loadBefore: Number(load.toFixed(2)), ...found};
  write(result, versions);
  print(result);
  const sound = Object.values(found.rivals).every(({differs}) => differs === undefined);
  isSound &&= sound && Object.keys(found.failed).length === 0;
}
// A rival that failed or gave another answer is no rival: figures of this run are not to be quoted.
process.exitCode = isSound ? 0 : 1;
