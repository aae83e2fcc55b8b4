/**
 * What `npm test` and `npm run demo` need before they can start: installed packages, and programs from outside npm.
 * Uses Node's own modules only, as it runs before anything is installed.
 */
import {spawn, spawnSync} from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {delimiter, join} from 'node:path';

/** npm is a script of its own on Windows. */
export const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/**
 * Runs a program to its end with the terminal's output and no input; true if it succeeded. With `quiet` it shows its
 * complaints alone.
 */
export function runs(command, args, {env = {}, timeout, quiet = false} = {}) {
  const {status, error} = spawnSync(command, args, {
    stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'],
    env: {...process.env, ...env},
    timeout,
    killSignal: 'SIGKILL',
    shell: command.endsWith('.cmd'),
  });
  if (error?.code === 'ETIMEDOUT')
    console.error(`Ended after ${timeout / 60_000} minutes: ${args.join(' ')}`);
  return status === 0;
}

/**
 * Says what is done and shows that it goes on, a dot every other second, while `run` blocks this process. The dots are a process
 * of their own, which ends with this one.
 */
function withDots(what, run) {
  process.stderr.write(`${what} ...`);
  const drawing = `setInterval(() => {
    if (process.ppid !== ${process.pid}) process.exit();
    process.stderr.write('.');
  }, 2000)`;
  const dots = spawn(process.execPath, ['-e', drawing], {stdio: ['ignore', 'ignore', 'inherit']});
  try {
    return run();
  } finally {
    dots.kill();
    process.stderr.write('\n');
  }
}

function readLock(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
}

/** True if node_modules holds these packages of package-lock.json, as far as npm's own record of it tells. */
function areInstalled(packages) {
  const installed = readLock('node_modules/.package-lock.json');
  return Object.entries(packages).every(
    ([path, {version, optional}]) => path === '' || optional || installed[path]?.version === version,
  );
}

/** Within `npm publish --dry-run` and `npm run pack` npm hands their options down, which are not meant for what is installed. */
const CI = ['ci', '--ignore-scripts', '--no-dry-run', '--no-audit', '--no-fund', '--loglevel=error'];

/** Installs the packages of package-lock.json unless they are there; true if they are there in the end. */
export function ensurePackages() {
  return (
    areInstalled(readLock('package-lock.json')) ||
    withDots('Installing the packages of package-lock.json', () => runs(npm, CI))
  );
}

/** Of the packages that the project names, those that building and running the command line take. */
const TO_USE = [
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-layers',
  'fastest-levenshtein',
  'tsup',
  'typescript',
];

/** The part of package-lock.json's packages that `names` take, each found as Node finds it: the nearest folder upward. */
function partOfLock(packages, names) {
  const part = {};
  function find(name, from) {
    const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
    if (path in packages || from === '') return path;
    return find(name, from.slice(0, Math.max(from.lastIndexOf('/node_modules/'), 0)));
  }
  function take(name, from) {
    const path = find(name, from);
    // Not there: an optional package that nobody asked for.
    if (path in part || !(path in packages)) return;
    part[path] = packages[path];
    const {dependencies, optionalDependencies, peerDependencies} = packages[path];
    for (const needed of Object.keys({...dependencies, ...optionalDependencies})) take(needed, path);
    const optional = packages[path].peerDependenciesMeta ?? {};
    for (const peer of Object.keys(peerDependencies ?? {})) if (!optional[peer]?.optional) take(peer, path);
  }
  for (const name of names) take(name, '');
  return part;
}

/**
 * Installs what building and running the package take, unless it is there; true if it is there in the end. Where nothing is installed
 * yet that is an eighth of what the tests need, in the versions of package-lock.json all the same.
 */
export function ensurePackagesToUse() {
  const part = partOfLock(readLock('package-lock.json'), TO_USE);
  if (areInstalled(part)) return true;
  // It grew out of something else: npm knows what to do with it.
  if (existsSync('node_modules')) return ensurePackages();
  const folder = '.cache/to_use';
  const {devDependencies} = JSON.parse(readFileSync('package.json', 'utf8'));
  const project = {
    private: true,
    devDependencies: Object.fromEntries(TO_USE.map((name) => [name, devDependencies[name]])),
  };
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({lockfileVersion: 3, packages: {'': project, ...part}}),
  );
  const installed = withDots('Installing the packages that it takes', () =>
    runs(npm, [...CI, '--prefix', folder]),
  );
  if (installed) renameSync(join(folder, 'node_modules'), 'node_modules');
  return installed;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first of `names` that is a path to a program or the name of one on PATH, as a path. */
function findProgram(names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = names.flatMap((name) =>
    name.includes('/') ? [name] : folders.map((folder) => join(folder, name)),
  );
  return candidates.find(isExecutable);
}

/**
 * A program from outside npm: looked for, or installed from Debian's packages where this process may do that.
 *
 * @param names names on PATH or paths, the best first
 * @param debianPackages what apt-get installs to bring it
 * @param advice what to do where it can't be installed from here
 * @returns its path, or undefined after the advice has been printed
 */
export function ensureProgram({names, debianPackages, advice}) {
  const present = findProgram(names);
  if (present !== undefined) return present;
  if (process.getuid?.() === 0 && findProgram(['apt-get']) !== undefined) {
    const apt = (...args) =>
      runs('apt-get', ['-qq', ...args], {env: {DEBIAN_FRONTEND: 'noninteractive'}, quiet: true});
    withDots(`Installing ${debianPackages.join(' and ')} from Debian's packages`, () => {
      // The lists may be old rather than missing, hence the update in any case.
      apt('update');
      apt('install', '--yes', '--no-install-recommends', ...debianPackages);
    });
    const installed = findProgram(names);
    if (installed !== undefined) return installed;
  }
  console.error(advice);
  return undefined;
}

/** Path of Chromium, or undefined after saying what to install. */
export function ensureChromium() {
  const {CHROMIUM_PATH} = process.env;
  return ensureProgram({
    names: [
      ...(CHROMIUM_PATH ? [CHROMIUM_PATH] : []),
      'chromium',
      'chromium-browser',
      'google-chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
    // Vulkan's loader besides: the tests of webgpu in Node run on the driver that Chromium brings.
    debianPackages: ['chromium', 'libvulkan1'],
    advice:
      'Chromium is missing. Install it (Debian: apt-get install chromium; macOS: brew install --cask chromium) ' +
      'or say where it is: CHROMIUM_PATH=/path/to/chromium npm test',
  });
}

/** Path of ffmpeg, or undefined after saying what to install. */
export function ensureFfmpeg() {
  return ensureProgram({
    names: ['ffmpeg'],
    debianPackages: ['ffmpeg'],
    advice:
      'ffmpeg is missing. Install it (Debian: apt-get install ffmpeg; macOS: brew install ffmpeg; ' +
      'Windows: winget install ffmpeg) and see that it is on PATH.',
  });
}

const TSUP = ['node_modules/tsup/dist/cli-default.js', '--silent'];

/** Builds dist/; true if that succeeded. */
export function build() {
  const built = runs(process.execPath, TSUP);
  if (built) writeCommonJsDeclarations();
  return built;
}

/** Declarations for `require`: those for `import`, whose files name each other by the endings of CommonJS. */
function writeCommonJsDeclarations() {
  for (const name of readdirSync('dist').filter((file) => file.endsWith('.d.ts'))) {
    const text = readFileSync(join('dist', name), 'utf8').replace(/('\.\/[^']+)\.js'/g, "$1.cjs'");
    writeFileSync(join('dist', name.replace(/ts$/, 'cts')), text);
  }
}

/** When the latest of a file or folder and all that lies in it was changed; a folder is, when something in it is removed. */
function changed(path) {
  const status = statSync(path);
  const inside = status.isDirectory() ? readdirSync(path).map((name) => changed(join(path, name))) : [];
  return Math.max(status.mtimeMs, ...inside);
}

/** True if a file of dist/ is newer than all that it is made of. */
function isUpToDate(path) {
  const sources = ['src', 'tsup.config.ts', 'package-lock.json'].map(changed);
  return existsSync(path) && statSync(path).mtimeMs > Math.max(...sources);
}

/** Builds all that is published, unless that is done: type declarations come last. */
export function buildToPack() {
  return isUpToDate('dist/index.d.cts') || withDots('Building', build);
}

/**
 * Builds what runs, without type declarations, unless dist/ is newer than all that it is made of; true if it is there in the
 * end.
 */
export function buildForUse() {
  if (isUpToDate('dist/cli.js')) return true;
  return withDots('Building', () => runs(process.execPath, [...TSUP, '--no-dts']));
}

/**
 * Another Node, from npm's packages of its programs.
 *
 * @param major version
 * @param folder where it is kept
 * @returns the path of the program, or undefined if there is no package for this platform
 */
export function ensureNode(major, folder) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const prefix = join(folder, `node-${major}`);
  const program = join(
    prefix,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (isExecutable(program)) return program;
  mkdirSync(prefix, {recursive: true});
  // A folder without a package.json would be taken for a part of the package above it.
  writeFileSync(join(prefix, 'package.json'), '{"private": true}\n');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  runs(npm, ['install', '--prefix', prefix, ...options, `${name}@${major}`]);
  return isExecutable(program) ? program : undefined;
}
