/**
 * `npm test`: everything, from a bare clone. Installs what is missing, then the release gate step by step; a failed
 * step does not keep the next ones from running. Each step of the gate counts as one, each vitest test as one. The
 * last line is `N passed, N failed, N skipped`.
 */
import {mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {ensureTfjsNode} from './install_tfjs_node.mjs';
import {build, ensureChromium, ensureFfmpeg, ensureNode, ensurePackages, runs} from './setup.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));

const minute = 60_000;
/**
 * Ends a step that hangs: all of this is meant to take no longer (CONTRIBUTING.md), on a machine that others use too. Tests have
 * limits of their own, of minutes.
 */
const stepLimit = 40 * minute;
const cache = '.cache/test';
/** The Node version on which the kernels are tested besides. */
const NEWER_NODE = 22;
/** The one on which they are tested with vectors of 256 bits. */
const WIDE_NODE = 24;
/** Those on which tfjs-node is tried besides, in a program of its own; Node 23 has removed what it calls. */
const TFJS_NODES = [22, 24];

const count = {passed: 0, failed: 0, skipped: 0};
/** What is repeated at the end: failures, and skips with their reason. */
const remarks = [];

function fail(what) {
  count.failed++;
  remarks.push(`failed: ${what}`);
}

/**
 * Seconds of processor time of all processes that this one has started and seen end, and of theirs, from Linux; NaN elsewhere. Those of
 * Chromium that draw end unseen: of the tests in pages the time on the clock tells more.
 */
function processorSeconds() {
  if (process.platform !== 'linux') return Number.NaN;
  const status = readFileSync('/proc/self/stat', 'latin1');
  // After the name, which may hold anything: fields 16 and 17 of proc(5), in ticks of 1/100 s.
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** Of each step its seconds on the clock and of the processor, for the end. */
const costs = [];

/** Announces a step, runs it and reports how long it took. */
function timed(name, run) {
  console.log(`\n== ${name}`);
  const [start, processorStart] = [performance.now(), processorSeconds()];
  const result = run();
  const seconds = (performance.now() - start) / 1000;
  const processor = processorSeconds() - processorStart;
  costs.push({name, seconds, processor});
  console.log(`== ${name}: ${seconds.toFixed(1)} s`);
  return result;
}

/** What the steps of more than a few seconds took, and all of them. */
function reportCosts() {
  const inAll = (key) => costs.reduce((sum, cost) => sum + cost[key], 0);
  const rows = [...costs, {name: 'all', seconds: inAll('seconds'), processor: inAll('processor')}];
  const line = ({name, seconds, processor}) =>
    `${seconds.toFixed(0).padStart(6)} s on the clock${Number.isNaN(processor) ? '' : `, ${processor.toFixed(0).padStart(5)} s of the processor`}  ${name}`;
  console.log(
    `\n${rows
      .filter(({seconds}) => seconds >= 5)
      .map(line)
      .join('\n')}`,
  );
}

/** A step of the gate: `run` returns true if it passed. */
function step(name, run) {
  if (timed(name, run)) count.passed++;
  else fail(name);
}

/** Runs a tool of node_modules by the file that its package names as its program, on this Node or another one. */
function tool(packageName, args, env = {}, node = process.execPath) {
  const folder = join('node_modules', packageName);
  const {bin} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = typeof bin === 'string' ? bin : Object.values(bin)[0];
  return runs(node, [join(folder, file), ...args], {env, timeout: stepLimit});
}

/** Packs the package as npm would publish it; true if there is a tarball in the end. */
function pack() {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  return runs(npm, ['pack', '--silent', '--pack-destination', cache], {timeout: stepLimit});
}

function tarball() {
  const name = readdirSync(cache).find((file) => file.endsWith('.tgz'));
  return name === undefined ? 'no-tarball.tgz' : join(cache, name);
}

/** Counts the tests of a vitest report. */
function countReport(project, report) {
  for (const {name, status, assertionResults, message} of report.testResults) {
    const file = relative(process.cwd(), name);
    // A file that broke before its first test.
    if (status === 'failed' && assertionResults.length === 0) fail(`${project}: ${file}: ${message}`);
    for (const test of assertionResults) {
      if (test.status === 'passed') count.passed++;
      else if (test.status === 'failed') fail(`${project}: ${file}: ${test.fullName}`);
      else {
        count.skipped++;
        remarks.push(
          `skipped: ${project}: ${file}: ${test.fullName}${test.meta?.note ? ` (${test.meta.note})` : ''}`,
        );
      }
    }
  }
}

/** Runs projects of vitest.config.ts, or of their files those under the given paths, and counts their tests. */
function vitest(projects, {env = {}, node = process.execPath, title = projects.join(', '), paths = []}) {
  timed(`tests: ${title}`, () => {
    const failedBefore = count.failed;
    const reportFile = join(cache, `${title}.json`);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
    const succeeded = tool(
      'vitest',
      ['run', ...projects.flatMap((name) => ['--project', name]), ...reporters, ...paths],
      env,
      node,
    );
    try {
      countReport(title, JSON.parse(readFileSync(reportFile, 'utf8')));
    } catch (error) {
      fail(`${title}: no report (${error.message})`);
    }
    if (!succeeded && count.failed === failedBefore) fail(`${title}: vitest ended with an error`);
  });
}

/**
 * The kernels once more on the oldest Node that runs the build with fused multiply-add, which rounds otherwise. A Node
 * that runs it has tested it already.
 */
function vitestOnNewerNode(env) {
  const [major] = process.versions.node.split('.');
  if (Number(major) >= NEWER_NODE) return;
  const title = `node ${NEWER_NODE}`;
  const node = timed(title, () => ensureNode(NEWER_NODE, '.cache'));
  if (node === undefined) fail(`${title}: npm gave no package of it for ${process.platform}-${process.arch}`);
  else {
    vitest(['node-together', 'node'], {
      env: {...env, TEST_BACKENDS: 'wasm'},
      node,
      title,
      paths: ['test/kernels/wasm', 'test/kernels/host', 'test/kernels/pooling', 'test/ops'],
    });
  }
}

/** The kernels under the flag that the command line sets there (src/cli/engine_flags.ts), every function of theirs compiled with it. */
function vitestOnWideVectors(env) {
  if (process.arch !== 'x64') return;
  const title = `node ${WIDE_NODE}, wide vectors`;
  const node = timed(title, () => ensureNode(WIDE_NODE, '.cache'));
  if (node === undefined) {
    fail(`${title}: npm gave no package of it for ${process.platform}-${process.arch}`);
    return;
  }
  const flags = '--experimental-wasm-revectorize --no-liftoff';
  const kernels = ['IndirectConv3D', 'engine_flags', 'narrow', 'winograd', 'threads/elementwise'];
  vitest(['node-together', 'node'], {
    env: {...env, TEST_BACKENDS: 'wasm', TEST_EXEC_ARGV: flags},
    node,
    title,
    paths: [
      ...kernels.map((name) => `test/kernels/wasm/${name}`),
      ...['batch_norm_train', 'fused', 'random_geometries'].map((name) => `test/ops/${name}`),
      'test/networks/golden_tiny',
    ],
  });
}

/** tfjs-node on the other Nodes that it must run on. */
function tfjsNodeOnOtherNodes() {
  const [here] = process.versions.node.split('.');
  for (const major of TFJS_NODES.filter((one) => one !== Number(here))) {
    step(`tfjs-node on node ${major}`, () => {
      const node = ensureNode(major, '.cache');
      return node !== undefined && runs(node, ['test/kernels/tensorflow/smoke.mjs'], {timeout: minute});
    });
  }
}

function gate() {
  rmSync(cache, {recursive: true, force: true});
  mkdirSync(cache, {recursive: true});
  // Which of the two is missing says the step itself; the tests that need it then fail.
  let chromium;
  step('Chromium', () => {
    chromium = ensureChromium();
    return chromium !== undefined;
  });
  step('ffmpeg', () => ensureFfmpeg() !== undefined);
  step('tfjs-node', () => ensureTfjsNode());
  const env = chromium === undefined ? {} : {CHROMIUM_PATH: chromium};

  step('build', build);
  step('types', () => tool('typescript', ['--noEmit']));
  step('lint', () => tool('@biomejs/biome', ['check', '.']));
  step('import table', () => runs(process.execPath, ['scripts/import_table.mjs']));
  step('pack', pack);
  step('publint', () => tool('publint', ['run', tarball(), '--strict']));
  // Node 10's resolution is left out: the package asks for Node 20, whose resolution knows `exports`.
  step('are the types wrong', () => tool('@arethetypeswrong/cli', [tarball(), '--profile', 'node16']));
  step('size of the entries', () => tool('size-limit', []));

  vitest(['node-together', 'node'], {env});
  vitestOnNewerNode(env);
  vitestOnWideVectors(env);
  tfjsNodeOnOtherNodes();
  vitest(['browser'], {env});
  vitest(['isolated'], {env});
  vitest(['packaging'], {env: {...env, TFJS_STS_TARBALL: tarball()}});
}

if (ensurePackages()) gate();
else fail('npm ci');

reportCosts();

if (remarks.length > 0) console.log(`\n${remarks.join('\n')}`);
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed === 0 ? 0 : 1;
