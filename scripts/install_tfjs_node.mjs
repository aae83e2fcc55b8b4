/**
 * Gives an installed @tensorflow/tfjs-node (or, with --gpu, @tensorflow/tfjs-node-gpu) its native half from package registries alone,
 * for machines that do not reach the place from which its own installation downloads libtensorflow. Elsewhere
 * `npm install @tensorflow/tfjs-node` does all of it.
 *
 *   node scripts/install_tfjs_node.mjs [--gpu] [--project FOLDER]
 *       in this repository: for the one that npm ci has installed
 *   node node_modules/tfjs-sts/scripts/install_tfjs_node.mjs [--gpu] [--project FOLDER]
 *       in any project, after `npm install --ignore-scripts @tensorflow/tfjs-node`
 *
 * 1. From PyPI, through pip and whatever index it is configured for: the wheel below, whose sha256 pip compares. Of it the C
 *    library and its headers are kept in a cache: .cache/tfjs-node/ of the repository, elsewhere the user's (`TFJS_NODE_CACHE` says
 *    where else). The addon finds the library there: it has to stay.
 * 2. With the C++ compiler of the machine: the addon, from the sources in the package. Kept there, too. The headers of Node's
 *    interface for addons are npm's package node-api-headers, of the repository or fetched into the cache.
 * 3. A convolution, which must give 9.
 *
 * Each step is passed over where its result is there. Needs Linux on x86-64, python3 with pip, and g++ or clang++; as root on Debian
 * it installs what is missing. The GPU build finds CUDA 11.8 and cuDNN 8.6 on the machine, and runs on the processor without.
 */
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {createRequire} from 'node:module';
import {homedir} from 'node:os';
import {basename, dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {ensureProgram, npm, runs} from './setup.mjs';
import {members} from './wheel.mjs';

const VERSION = '4.22.0';
/** A version whose wheels carry the C library, which tfjs-node 4.22 compiles against and its tests here have run on. */
const TENSORFLOW = '2.13.1';
const CPU = {
  name: '@tensorflow/tfjs-node',
  wheel: 'tensorflow-cpu',
  sha256: '87be6e61314b2c0fa062f71e26e41d6a17e162ffe4da72c820fe8f1fc94d97fe',
};
const GPU = {
  name: '@tensorflow/tfjs-node-gpu',
  wheel: 'tensorflow',
  sha256: 'c2f109daa5d0cbabb3df5fdebcde0ca895d891e18d03e08cb6742c96a6be7012',
};

/** This package: a clone of the repository, or installed. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const isInstalled = basename(dirname(root)) === 'node_modules';
/** Of Node's interface for addons: the programs of npm's package `node` come without. */
const HEADERS = 'node-api-headers';
const HEADERS_VERSION = '1.9.0';

/** What is kept must outlive an installed package, which npm empties when it installs another version. */
function cacheFolder() {
  const {TFJS_NODE_CACHE: own, XDG_CACHE_HOME: xdg} = process.env;
  if (own) return resolve(own);
  if (!isInstalled) return join(root, '.cache', 'tfjs-node');
  return join(xdg || join(homedir(), '.cache'), 'tfjs-sts', 'tfjs-node');
}

/** Which wheel: the library does not depend on the version of Python that the wheel is for. */
const WHEEL_OPTIONS = [
  ...['--no-deps', '--only-binary=:all:', '--no-cache-dir', '--disable-pip-version-check', '--quiet'],
  ...['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'],
  ...['--platform', 'manylinux_2_17_x86_64'],
];

const HEADER =
  /^tensorflow\/(include\/(tensorflow\/c\/|(.*\/)?tsl\/c\/tsl_status|(.*\/)?platform\/ctstring).*\.h)$/;
const LIBRARY = /^tensorflow\/(libtensorflow(_cc|_framework)\.so\.2)$/;

/** Takes the library and the headers of its C interface out of a wheel, whose hash pip has compared. */
function unpack(wheel, target) {
  for (const {name, read} of members(readFileSync(wheel))) {
    const header = HEADER.exec(name)?.[1];
    const library = LIBRARY.exec(name)?.[1];
    if (header === undefined && library === undefined) continue;
    const path = join(target, header ?? join('lib', library));
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(path, read());
  }
}

/** Stops with what is missing. */
class Missing extends Error {}

/** Where a project finds a package, or undefined. */
function folderOf(project, name) {
  try {
    return dirname(createRequire(join(project, 'package.json')).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

function versionIn(folder) {
  return folder && JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}

/** The folder with node_api.h. */
function ensureHeaders(cache) {
  const installed = folderOf(root, HEADERS);
  if (installed !== undefined) return join(installed, 'include');
  const include = join(cache, 'node_modules', HEADERS, 'include');
  if (existsSync(include)) return include;
  // A folder without a package.json would be taken for a part of the package above it.
  mkdirSync(cache, {recursive: true});
  writeFileSync(join(cache, 'package.json'), '{"private": true}\n');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  if (!runs(npm, ['install', '--prefix', cache, ...options, `${HEADERS}@${HEADERS_VERSION}`]))
    throw new Missing(`npm could not give ${HEADERS} ${HEADERS_VERSION}, which the addon is compiled with.`);
  return include;
}

/** The folder with lib/ and include/ of libtensorflow. */
function ensureLibrary(cache, {wheel, sha256}) {
  const folder = join(cache, `${wheel}-${TENSORFLOW}`);
  if (existsSync(folder)) return folder;
  const python = ensureProgram({
    names: ['python3'],
    debianPackages: ['python3', 'python3-pip'],
    advice:
      'python3 with pip is missing (Debian: apt-get install python3 python3-pip): libtensorflow comes from PyPI.',
  });
  if (python === undefined) throw new Missing('python3 is missing.');
  const download = join(cache, `download-${process.pid}`);
  const unpacked = join(cache, `unpacked-${process.pid}`);
  mkdirSync(download, {recursive: true});
  try {
    console.error(`Downloading ${wheel} ${TENSORFLOW} from PyPI through pip ...`);
    const requirements = join(download, 'requirements.txt');
    writeFileSync(requirements, `${wheel}==${TENSORFLOW} --hash=sha256:${sha256}\n`);
    const pip = ['-m', 'pip', 'download', ...WHEEL_OPTIONS, '--dest', download];
    if (!runs(python, [...pip, '--require-hashes', '--requirement', requirements]))
      throw new Missing(
        `pip could not give ${wheel} ${TENSORFLOW} with sha256 ${sha256}: it has to reach an index that has it ` +
          '(pip config, PIP_INDEX_URL).',
      );
    const [file] = readdirSync(download).filter((name) => name.endsWith('.whl'));
    unpack(join(download, file), unpacked);
    // The symbols for debugging are a quarter of it; without strip they stay.
    spawnSync('strip', [
      '--strip-unneeded',
      ...readdirSync(join(unpacked, 'lib')).map((file) => join(unpacked, 'lib', file)),
    ]);
    // Whole or not at all: whoever sees the folder may use it.
    if (!existsSync(folder)) renameSync(unpacked, folder);
  } finally {
    for (const path of [download, unpacked]) rmSync(path, {recursive: true, force: true});
  }
  return folder;
}

/** The compiled addon of this package for that library. */
function ensureAddon(cache, library, source) {
  const hash = createHash('sha256').update(library);
  for (const file of readdirSync(source).sort()) hash.update(readFileSync(join(source, file)));
  const addon = join(cache, `tfjs_binding-${hash.digest('hex').slice(0, 12)}.node`);
  if (existsSync(addon)) return addon;
  const compiler = ensureProgram({
    names: ['g++', 'clang++'],
    debianPackages: ['g++'],
    advice: 'A C++ compiler is missing (Debian: apt-get install g++): it makes the addon of tfjs-node.',
  });
  if (compiler === undefined) throw new Missing('g++ is missing.');
  const headers = ensureHeaders(cache);
  console.error('Compiling the addon of tfjs-node ...');
  const part = `${addon}.${process.pid}`;
  const compiled = runs(compiler, [
    ...['-O2', '-std=c++17', '-fPIC', '-shared', '-fno-exceptions', '-fno-rtti', '-w'],
    ...['-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION', '-DNODE_GYP_MODULE_NAME=tfjs_binding'],
    ...[`-I${join(library, 'include')}`, `-I${headers}`],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(source, file)),
    ...[`-L${join(library, 'lib')}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    ...[`-Wl,-rpath,${join(library, 'lib')}`, '-o', part],
  ]);
  if (!compiled) throw new Missing('The addon of tfjs-node could not be compiled; the compiler says why.');
  renameSync(part, addon);
  return addon;
}

/** Runs a convolution in a Node of its own, as any program would. */
function works(project, name) {
  const program = `
    const tf = require(${JSON.stringify(name)});
    const [sum] = tf.conv3d(tf.ones([1, 2, 3, 3, 1]), tf.ones([1, 3, 3, 1, 1]), 1, 'valid').dataSync();
    process.exit(tf.getBackend() === 'tensorflow' && sum === 9 ? 0 : 1);`;
  const options = {cwd: project, env: {...process.env, TF_CPP_MIN_LOG_LEVEL: '2'}, encoding: 'utf8'};
  const {status, stderr} = spawnSync(process.execPath, ['-e', program], options);
  return {ok: status === 0, stderr};
}

/**
 * Installs it unless it works.
 *
 * @returns true if it works in the end; else it has said what is missing
 */
export function ensureTfjsNode({gpu = false, project = root} = {}) {
  const build = gpu ? GPU : CPU;
  const folder = folderOf(project, build.name);
  const isThere = versionIn(folder) === VERSION;
  if (isThere && works(project, build.name).ok) return true;
  try {
    if (!isThere) {
      throw new Missing(
        `${build.name} ${VERSION} is not in ${project}: npm install --ignore-scripts ${build.name}@${VERSION}`,
      );
    }
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new Missing(
        `There is no wheel of libtensorflow for ${process.platform}-${process.arch} here; its own installation may have one: ` +
          `npm rebuild --ignore-scripts=false ${build.name}`,
      );
    }
    const cache = cacheFolder();
    const library = ensureLibrary(cache, build);
    const addon = ensureAddon(cache, library, join(folder, 'binding'));
    mkdirSync(join(folder, 'lib', 'napi-v8'), {recursive: true});
    copyFileSync(addon, join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'));
    const {ok, stderr} = works(project, build.name);
    if (!ok) throw new Missing(`${build.name} is installed and does not run:\n${stderr}`);
    return true;
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    console.error(`install_tfjs_node: ${error.message}`);
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const {values} = parseArgs({options: {gpu: {type: 'boolean'}, project: {type: 'string'}}});
  const project = resolve(values.project ?? (isInstalled ? '.' : root));
  if (!ensureTfjsNode({gpu: values.gpu ?? false, project})) process.exitCode = 1;
  else console.log(`${values.gpu ? GPU.name : CPU.name} ${VERSION} runs on libtensorflow ${TENSORFLOW}.`);
}
